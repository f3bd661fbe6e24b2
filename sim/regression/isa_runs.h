// Runs that visit the instruction set from end to end: every field at its borders, every cause of a trap.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "isa/arch_config.h"
#include "isa/instruction.h"
#include "sim/regression/bench.h"

namespace lutra::regression {

/// A program whose first instruction has one field at a border; the values that it reads are STATUS, CAUSE, TRAP_PC.
struct BorderRun {
  std::string_view instruction, field;
  std::int64_t value = 0;
  bool legal = true;  // within the range of the instruction table
  BenchRun run;
};

/// For every field of every instruction: the ends of its range, the values beyond them that its bits can hold, and for rows and
/// columns the machine's own limit and the one beyond. What else a border needs to make sense is set with it.
std::vector<BorderRun> border_runs(const ArchConfig& config);

/// A program, or a host, that ends in that trap; it reads the same values.
struct TrapRun {
  Trap cause = Trap::kNone;
  BenchRun run;
};
/// One for every cause in the table of traps. Throws std::logic_error for a cause that it does not know how to reach.
std::vector<TrapRun> trap_runs(const ArchConfig& config);

}  // namespace lutra::regression
