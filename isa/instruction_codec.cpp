// Looks up, encodes and decodes instructions by the instruction table.
#include <fmt/format.h>

#include <stdexcept>

#include "isa/error.h"
#include "isa/instruction.h"

namespace lutra {
namespace {

const InstructionInfo& info_of(Opcode opcode) {
  const InstructionInfo* info = find_instruction(static_cast<std::uint8_t>(opcode));
  if (info == nullptr) throw Error(fmt::format("opcode 0x{:02x} is not defined", static_cast<unsigned>(opcode)));
  return *info;
}

std::size_t field_index(const InstructionInfo& info, std::string_view name) {
  for (std::size_t i = 0; i < info.fields.size(); ++i)
    if (info.fields[i].name == name) return i;
  throw std::out_of_range(fmt::format("instruction {} has no field named {}", info.mnemonic, name));
}

void check_range(const InstructionInfo& info, const Field& field, std::int64_t value) {
  if (value >= field.min && value <= field.max) return;
  throw Error(fmt::format("{}: {} is {}, allowed {}..{}", info.mnemonic, field.name, value, field.min, field.max));
}

void insert_bits(Encoded& encoded, int lsb, int bits, std::uint64_t value) {
  for (int i = 0; i < bits; ++i) {
    const int bit = lsb + i;
    encoded.word[static_cast<std::size_t>(bit / 64)] |= ((value >> i) & 1) << (bit % 64);
  }
}

std::uint64_t extract_bits(const Encoded& encoded, int lsb, int bits) {
  std::uint64_t value = 0;
  for (int i = 0; i < bits; ++i) {
    const int bit = lsb + i;
    value |= ((encoded.word[static_cast<std::size_t>(bit / 64)] >> (bit % 64)) & 1) << i;
  }
  return value;
}

std::int64_t sign_extend(std::uint64_t value, int bits) { return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits); }

}  // namespace

const InstructionInfo* find_instruction(std::uint8_t opcode) {
  for (const InstructionInfo& info : instructions())
    if (static_cast<std::uint8_t>(info.opcode) == opcode) return &info;
  return nullptr;
}

const InstructionInfo* find_instruction(std::string_view mnemonic) {
  for (const InstructionInfo& info : instructions())
    if (info.mnemonic == mnemonic) return &info;
  return nullptr;
}

std::int64_t Instruction::get(std::string_view field) const { return values.at(field_index(info_of(opcode), field)); }

Instruction& Instruction::set(std::string_view field, std::int64_t value) {
  values.at(field_index(info_of(opcode), field)) = value;
  return *this;
}

std::int64_t default_value(const Field& field) { return field.min > 0 ? field.min : 0; }

Instruction make(Opcode opcode) {
  Instruction instruction{opcode, {}};
  for (const Field& field : info_of(opcode).fields) instruction.values.push_back(default_value(field));
  return instruction;
}

Encoded encode(const Instruction& instruction) {
  const InstructionInfo& info = info_of(instruction.opcode);
  if (instruction.values.size() != info.fields.size())
    throw Error(fmt::format("{}: {} values given for {} fields", info.mnemonic, instruction.values.size(), info.fields.size()));
  Encoded encoded;
  insert_bits(encoded, 0, 8, static_cast<std::uint64_t>(info.opcode));
  for (std::size_t i = 0; i < info.fields.size(); ++i) {
    const Field& field = info.fields[i];
    check_range(info, field, instruction.values[i]);
    insert_bits(encoded, field.lsb, field.bits, static_cast<std::uint64_t>(instruction.values[i]));
  }
  return encoded;
}

Instruction decode(const Encoded& encoded) {
  const InstructionInfo& info = info_of(static_cast<Opcode>(extract_bits(encoded, 0, 8)));
  Instruction instruction{info.opcode, {}};
  for (const Field& field : info.fields) {
    const std::uint64_t raw = extract_bits(encoded, field.lsb, field.bits);
    const std::int64_t value = field.kind == FieldKind::kSigned ? sign_extend(raw, field.bits) : static_cast<std::int64_t>(raw);
    check_range(info, field, value);
    instruction.values.push_back(value);
  }
  if (const Encoded known = encode(instruction); known != encoded)
    throw Error(fmt::format("{}: reserved bits 0x{:016x}_{:016x} are set", info.mnemonic, encoded.word[1] ^ known.word[1],
                            encoded.word[0] ^ known.word[0]));
  return instruction;
}

}  // namespace lutra
