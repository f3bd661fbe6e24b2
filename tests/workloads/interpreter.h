// Runs an LMMA kernel on a byte memory without any notion of time: units take their commands in order, but between units every
// interleaving that the semaphores allow may happen, and a seed chooses one. What is right for every seed has no race.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/arch_config.h"
#include "isa/instruction.h"

namespace lutra::test {

struct RunCounts {
  std::int64_t instructions = 0;
  std::int64_t read_bytes = 0;
  std::int64_t written_bytes = 0;
};

/// Executes `code` with r8... = `arguments`. Throws std::runtime_error for a trap, a deadlock, an access outside `memory` or an
/// accumulator that overflows.
RunCounts interpret(const ArchConfig& arch, std::span<const Instruction> code, std::span<const std::uint64_t> arguments,
                    std::vector<std::uint8_t>& memory, std::uint64_t seed);

}  // namespace lutra::test
