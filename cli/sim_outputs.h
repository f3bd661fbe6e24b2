// Outputs of simulated jobs as NumPy files.
#pragma once

#include <string>

#include "isa/program.h"
#include "sim/system/simulate.h"

namespace lutra::cli {

/// Writes OPERATOR.npy for every job into `folder`, which is made: little-endian int32, tokens x outputs, before scales are applied.
void write_outputs(const ArchConfig& config, const Program& program, const system::SimulationResult& result, const std::string& folder);

}  // namespace lutra::cli
