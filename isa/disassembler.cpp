// Prints instructions as assembly text.
#include <fmt/format.h>

#include "isa/assembler.h"
#include "isa/error.h"

namespace lutra {
namespace {

/// "{0,3}" for a mask, "[0,1]" for a list; elements that end a list with 0 are left out.
std::string set_text(std::int64_t mask, int bits) {
  std::string text;
  for (int i = 0; i < bits; ++i)
    if ((mask >> i & 1) != 0) text += fmt::format("{}{}", text.empty() ? "" : ",", i);
  return "{" + text + "}";
}

std::string list_text(std::uint64_t value, int element_bits) {
  std::string text;
  const std::uint64_t element_mask = (std::uint64_t{1} << element_bits) - 1;
  for (; value != 0; value >>= element_bits) text += fmt::format("{}{}", text.empty() ? "" : ",", value & element_mask);
  return "[" + text + "]";
}

std::string value_text(const Field& field, std::int64_t value) {
  if (field.element_bits > 0) return list_text(static_cast<std::uint64_t>(value), field.element_bits);
  switch (field.kind) {
    case FieldKind::kRegister:
      return fmt::format("r{}", value);
    case FieldKind::kMask:
      return set_text(value, field.bits);
    case FieldKind::kEnum:
      for (const EnumName& item : field.names)
        if (item.value == value) return std::string(item.name);
      break;
    case FieldKind::kUnsigned:
    case FieldKind::kSigned:
      break;
  }
  return fmt::format("{}", value);
}

std::string instruction_text(const InstructionInfo& info, const Instruction& instruction, const std::string& suffix) {
  std::string text = std::string(info.mnemonic) + suffix;
  for (std::size_t i = 0; i < info.fields.size(); ++i) {
    const Field& field = info.fields[i];
    if (instruction.values[i] != default_value(field)) text += fmt::format(" {}={}", field.name, value_text(field, instruction.values[i]));
  }
  return text;
}

}  // namespace

std::string disassemble(std::span<const Instruction> program, const ArchConfig* arch) {
  std::string text;
  int depth = 0;
  std::int64_t planes = 1;
  for (const Instruction& instruction : program) {
    (void)encode(instruction);  // refuses what has no text
    const InstructionInfo& info = *find_instruction(static_cast<std::uint8_t>(instruction.opcode));
    if (instruction.opcode == Opcode::kEndloop && depth > 0) --depth;
    if (instruction.opcode == Opcode::kSettype) planes = instruction.get("planes");
    const bool shaped = arch != nullptr && instruction.opcode == Opcode::kLmma;
    const std::string suffix = shaped ? fmt::format(".{}.i8w{}", shape_suffix(*arch), planes) : "";
    text += fmt::format("{:{}}{}\n", "", 2 * depth, instruction_text(info, instruction, suffix));
    if (instruction.opcode == Opcode::kLoop) ++depth;
  }
  return text;
}

}  // namespace lutra
