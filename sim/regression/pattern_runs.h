// Runs that put bit patterns where ordinary programs have zeros: high address bits, counts, registers, fields of commands.
#pragma once

#include <vector>

#include "isa/arch_config.h"
#include "sim/regression/bench.h"

namespace lutra::regression {

/// For the patterns 0101..., 1010..., all ones and all zeros: registers and watchdog; nested loops late in a long program; loads and
/// stores anywhere in the address space, most of which no memory answers; all units on random data with shifts and addresses of the
/// pattern; accesses over the whole register space.
std::vector<BenchRun> pattern_runs(const ArchConfig& config);

}  // namespace lutra::regression
