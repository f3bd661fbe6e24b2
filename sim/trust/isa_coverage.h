// Whether every instruction, field border and trap of the tables has been seen on RTL and model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/arch_config.h"

namespace lutra::trust {

struct IsaCoverage {
  std::int64_t instructions = 0, borders = 0, traps = 0;  // in the tables
  std::int64_t executed = 0, visited = 0, taken = 0;      // of these: executed; executed or refused; taken
  std::vector<std::string> missed;                        // the others
  std::vector<std::string> refused;                       // legal borders that this machine does not take
};

/// Runs the border and trap runs (sim/regression/isa_runs.h) and a matrix product in lockstep. Throws Error (check failed) where RTL
/// and model part.
IsaCoverage isa_coverage(const ArchConfig& config);

}  // namespace lutra::trust
