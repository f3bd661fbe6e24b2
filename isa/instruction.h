// LMMA, the instruction set: one table of instructions and fields from which assembler, disassembler, documentation,
// Verilog decoder and C header follow.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lutra {

/// A 128-bit instruction word; bit 0 is bit 0 of word[0].
struct Encoded {
  std::array<std::uint64_t, 2> word{};
  bool operator==(const Encoded&) const = default;
};

enum class Opcode : std::uint8_t {
  kNop = 0x01,
  kHalt = 0x02,
  kLi = 0x03,
  kAddi = 0x04,
  kAdd = 0x05,
  kLoop = 0x06,
  kEndloop = 0x07,
  kBarrier = 0x08,
  kPost = 0x09,
  kSettype = 0x0A,
  kLoad = 0x10,
  kStore = 0x11,
  kTbuild = 0x12,
  kLmma = 0x13,
};

/// Which block executes an instruction; units are numbered in order of semaphore priority.
enum class Unit : std::uint8_t { kLoad = 0, kStore = 1, kBuild = 2, kArray = 3, kControl = 4 };
inline constexpr int kUnits = 4;

enum class FieldKind : std::uint8_t { kRegister, kUnsigned, kSigned, kMask, kEnum };

/// A symbolic value of an enumerated field, as the assembler writes it.
struct EnumName {
  std::string_view name;
  std::int64_t value;
};

struct Field {
  std::string_view name;
  int lsb;
  int bits;
  FieldKind kind;
  std::int64_t min;  // checked by the assembler and by the command processor (cause: bad field)
  std::int64_t max;
  std::string_view doc;
  std::span<const EnumName> names{};  // symbolic values of a kEnum field
  int element_bits = 0;               // not 0: the field is a list of elements of that many bits, the first in the low bits
};

struct InstructionInfo {
  Opcode opcode;
  std::string_view mnemonic;
  Unit unit;
  std::span<const Field> fields;  // besides the opcode in bits 7:0; every bit outside a field must be zero
  std::string_view doc;
};

/// All instructions in opcode order.
std::span<const InstructionInfo> instructions();
/// nullptr when no instruction has that opcode / mnemonic.
const InstructionInfo* find_instruction(std::uint8_t opcode);
const InstructionInfo* find_instruction(std::string_view mnemonic);

/// A decoded instruction: opcode and the values of its fields in table order.
struct Instruction {
  Opcode opcode = Opcode::kNop;
  std::vector<std::int64_t> values;

  /// Value of the named field; throws std::out_of_range for a name the instruction does not have.
  [[nodiscard]] std::int64_t get(std::string_view field) const;
  Instruction& set(std::string_view field, std::int64_t value);
  bool operator==(const Instruction&) const = default;
};

/// The value a field has when nothing is said: min of its range when 0 is outside it, else 0.
std::int64_t default_value(const Field& field);
/// An instruction with every field at its default.
Instruction make(Opcode opcode);
/// Checks ranges; throws Error.
Encoded encode(const Instruction& instruction);
/// Throws Error on an undefined opcode, a nonzero reserved bit or a value out of range.
Instruction decode(const Encoded& encoded);

/// Why a core stopped; value of the CAUSE register. Emitted into Verilog, C header and docs from trap_causes().
enum class Trap : std::uint8_t {
  kNone = 0,
  kIllegalOpcode = 1,
  kBadField = 2,
  kLoopOverflow = 3,
  kLoopUnderflow = 4,
  kEndOfProgram = 5,
  kProgramTooLong = 6,
  kMisaligned = 7,
  kOutsideWindow = 8,
  kSemaphoreOverflow = 9,
  kReadError = 10,
  kWriteError = 11,
  kWatchdog = 12,
  kAborted = 13,
};
struct TrapInfo {
  Trap cause;
  std::string_view name;
  std::string_view doc;
};
std::span<const TrapInfo> trap_causes();

}  // namespace lutra
