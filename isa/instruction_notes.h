// What the reference page says of each instruction beyond its table: cycles, traps, an example.
#pragma once

#include <span>
#include <string_view>

#include "isa/instruction.h"

namespace lutra {

struct InstructionNotes {
  Opcode opcode;
  std::string_view cycles;
  std::span<const Trap> traps;  // beside those that any instruction may end with: end_of_program, watchdog, aborted
  std::string_view example;     // lines that assemble for configs/tiny.yaml, the instruction among them
};

/// One for each instruction, in opcode order.
std::span<const InstructionNotes> instruction_notes();

}  // namespace lutra
