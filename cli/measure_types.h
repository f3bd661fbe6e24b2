// What the compiler promises: how long a large model takes, how small its programs are, what table building costs.
#pragma once

#include <nlohmann/json.hpp>

#include "isa/arch_config.h"

namespace lutra::cli {

/// `rows` with their bounds. `arch` is given the memory that the largest model needs. Throws Error.
nlohmann::json measure_types(ArchConfig arch);

}  // namespace lutra::cli
