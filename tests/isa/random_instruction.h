// Random legal instructions for property tests.
#pragma once

#include <random>

#include "isa/instruction.h"

namespace lutra::test {

/// Every field is often at one end of its range or at its default, else anywhere in it.
inline Instruction random_instruction(const InstructionInfo& info, std::mt19937_64& random) {
  Instruction instruction = make(info.opcode);
  for (std::size_t i = 0; i < info.fields.size(); ++i) {
    const Field& field = info.fields[i];
    switch (random() % 5) {
      case 0:
        break;
      case 1:
        instruction.values[i] = field.min;
        break;
      case 2:
        instruction.values[i] = field.max;
        break;
      default:
        instruction.values[i] = std::uniform_int_distribution<std::int64_t>(field.min, field.max)(random);
    }
  }
  return instruction;
}

}  // namespace lutra::test
