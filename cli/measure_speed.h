// How fast lutra is: model against Verilated RTL, generation, the main job.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "isa/arch_config.h"

namespace lutra::cli {

/// Measures on this machine. The result has `rows` of {name, value, unit, at_least or at_most, command}. `arch` is what --arch said.
nlohmann::json measure_speed(const ArchConfig& config, const std::string& arch, const std::string& model, std::uint64_t seed);

}  // namespace lutra::cli
