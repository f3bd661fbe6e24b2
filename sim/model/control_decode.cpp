// Decoding and checking of instructions, from the instruction table.
#include <string_view>

#include "sim/model/control.h"

namespace lutra::model {
namespace {

std::int64_t extract(const Encoded& e, const Field& f) {
  std::uint64_t value = f.lsb < 64 ? e.word[0] >> f.lsb : e.word[1] >> (f.lsb - 64);
  if (f.lsb < 64 && f.lsb + f.bits > 64) value |= e.word[1] << (64 - f.lsb);
  value &= (std::uint64_t{1} << f.bits) - 1;
  if (f.kind == FieldKind::kSigned && (value >> (f.bits - 1)) != 0)
    return static_cast<std::int64_t>(value | ~((std::uint64_t{1} << f.bits) - 1));
  return static_cast<std::int64_t>(value);
}

// The instruction's reserved bits are zero and its fields in range.
bool fields_fit(const Encoded& e, const InstructionInfo& info) {
  Encoded rest = e;
  rest.word[0] &= ~std::uint64_t{0xFF};
  for (const Field& f : info.fields) {
    const std::int64_t v = extract(e, f);
    if (v < f.min || v > f.max) return false;
    for (int b = f.lsb; b < f.lsb + f.bits; ++b) rest.word[static_cast<std::size_t>(b / 64)] &= ~(std::uint64_t{1} << (b % 64));
  }
  return rest == Encoded{};
}

// Checks beyond single fields.
bool machine_fits(const DecodedInstruction& i, const ArchConfig& config) {
  const bool memory = config.table.source == "memory";
  switch (i.opcode) {
    case Opcode::kLoad:
      return i.a != static_cast<int>(memory ? Buffer::kActivation : Buffer::kTable) &&
             (i.a != static_cast<int>(Buffer::kTokenScale) || config.scale.unit == "float");
    case Opcode::kStore:
      return i.a <= config.array.columns && i.b <= config.array.rows;
    case Opcode::kTbuild:
      return !memory && i.b <= config.array.rows;
    case Opcode::kLmma:
      return i.b <= config.array.rows && (i.c == 0 || (i.first && i.last));
    default:
      return true;
  }
}

// Puts the fields where the command processor looks for them: source registers in order; rd; wait and signal; the wide ones; the
// flags; all others into a, b, c, d in order (load: buffer, beats, rows, dst_pitch; store: cols, rows; tbuild: ksteps, rows,
// src_pitch; lmma: ksteps, rows, segment; post: semaphores, count; settype: planes, zmode, zero).
void place(DecodedInstruction& i, const Encoded& e, const InstructionInfo& info) {
  std::size_t source = 0, plain = 0;
  int* const slots[] = {&i.a, &i.b, &i.c, &i.d};
  for (const Field& f : info.fields) {
    const std::int64_t v = extract(e, f);
    if (f.kind == FieldKind::kRegister && f.name == "rd")
      i.rd = static_cast<std::uint8_t>(v);
    else if (f.kind == FieldKind::kRegister)
      i.sources[source++] = static_cast<std::uint8_t>(v);
    else if (f.name == "wait")
      i.wait = static_cast<std::uint8_t>(v);
    else if (f.name == "signal")
      i.signal = static_cast<std::uint8_t>(v);
    else if (f.name == "imm" || (info.opcode == Opcode::kLoop && f.name == "count"))
      i.imm = v;
    else if (f.name == "mem_pitch" || f.name == "shifts")
      i.word = static_cast<std::uint32_t>(v);
    else if (f.name == "first")
      i.first = v != 0;
    else if (f.name == "last")
      i.last = v != 0;
    else if (f.name == "accumulate")
      i.accumulate = v != 0;
    else
      *slots[plain++] = static_cast<int>(v);
  }
}

}  // namespace

DecodedInstruction decode_instruction(const Encoded& encoded, const ArchConfig& config) {
  DecodedInstruction i;
  const auto opcode = static_cast<std::uint8_t>(encoded.word[0] & 0xFF);
  i.opcode = static_cast<Opcode>(opcode);
  const InstructionInfo* info = find_instruction(opcode);
  if (info == nullptr) {
    i.fault = Trap::kIllegalOpcode;
    return i;
  }
  place(i, encoded, *info);
  if (!fields_fit(encoded, *info) || !machine_fits(i, config)) i.fault = Trap::kBadField;
  return i;
}

}  // namespace lutra::model
