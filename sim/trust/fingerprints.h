// SHA-256 of what lutra makes from fixed inputs: equal for every compiler, build type, machine and number of threads.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "isa/arch_config.h"

namespace lutra::trust {

/// {name, digest}: Verilog with its companions, the registers and random legal cores; trace and program of BitNet 2B4T's decode step; every
/// event of a simulated matrix product and of random programs; outputs of the kernels. With `threads` > 1 that many are made at once.
std::vector<std::pair<std::string, std::string>> fingerprints(const std::vector<ArchConfig>& configs, int threads);

}  // namespace lutra::trust
