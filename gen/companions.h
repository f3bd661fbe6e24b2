// The files that stand beside a design's Verilog and tell other tools about it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "gen/generator.h"

namespace lutra::gen {

/// NAME.f for tools' -f, NAME.core for FuseSoC (CAPI2), NAME.sdc with the configuration's clock, NAME.h with the register map in C, driver/
/// in C99, NAME_memories.json with every SRAM, and manifest.json; NAME is the top module. `design` has its files and memories.
std::vector<EmittedFile> companions_of(const Design& design, const ArchConfig& config);

/// What manifest.json holds.
nlohmann::ordered_json manifest_of(const Design& design, const ArchConfig& config);

}  // namespace lutra::gen
