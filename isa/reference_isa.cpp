// Writes docs/isa.md from the tables of instructions, traps and registers.
#include <fmt/format.h>

#include <algorithm>

#include "isa/assembler.h"
#include "isa/instruction.h"
#include "isa/instruction_notes.h"
#include "isa/reference.h"
#include "isa/register_map.h"

namespace lutra {
namespace {

constexpr std::string_view kIntroduction = R"(# LMMA, the instruction set

*Generated from the tables in `isa/`; change those, then run the `isa` test with `LUTRA_UPDATE_DOCS=1`.*

A program is a list of 128-bit instructions. The command processor takes them in order. It executes control instructions itself and
pushes the others, with register values filled in, into the queue of their unit: load, store, build or array. Units work side by side;
what one must wait for from another is said with **semaphores**. The core's blocks and their timing are in
[microarchitecture.md](microarchitecture.md), numbers in [numerics.md](numerics.md).

**Registers.** r0 is always zero. r1 to r15 hold 40 bits; when a program starts, r1 to r7 are zero and r8 to r15 hold the arguments ARG0
to ARG7. A unit command takes register values at the time it is pushed. On-chip addresses use bits 15:0 and wrap modulo the depth of the
buffer; a memory address beyond the machine's address bits traps.

**Semaphores.** Eight counters, 0 to 255, zero at the start. A command starts when every semaphore in its `wait` set is nonzero, and takes
one from each. It adds one to each semaphore in its `signal` set when its results are visible. A unit retires its commands in order.

**Cycles** of an instruction are those of the command processor, which fetches at one edge and executes at the next; then those of its unit,
from the edge at which the command starts. Edge by edge they are in [microarchitecture.md](microarchitecture.md); the formulas that compiler and
model use are `isa/timing/`.

**Traps** of an instruction come beside those that end any: `end_of_program` where it is the last and no halt, `watchdog`, `aborted`. Words
that are no instruction trap as `illegal_opcode`.

**Encoding.** Bit 0 is the lowest bit of the first byte in memory. Bits 7:0 are the opcode. A bit that belongs to no field must be zero.
)";

constexpr std::string_view kLanguage = R"(
## Assembly language

One instruction a line: mnemonic, then `field=value` in any order, without blanks around `=`. A field that is not named has its default: 0,
or the smallest value allowed where 0 is not. `#` starts a comment.

| value | written as |
|---|---|
| register | `r0` to `r15` |
| number | `12`, `-3`, `0x1f`, or an expression of numbers and constants with `+ - *` and no blanks |
| set of semaphores | `{0,3}`, or the mask as a number |
| list (`shifts`) | `[0,1,2]`, the element of plane 0 first, or the packed number |
| named value (`buffer`, `zmode`) | its name or its number |

`.equ NAME VALUE` defines a constant for the lines below it. `lmma` may carry the shape it is written for, as in
`lmma.m2n16k32.i8w2`: rows, columns and activations of a k-step, then weight planes. The shape is checked against the machine where one is
given, the planes against the last `settype` above.

With a machine (`--arch`) the assembler also refuses what the command processor would trap: loops that do not match or nest too deeply, rows
and columns beyond the array, `lmma` segments that contradict each other, a program that is too long.
)";

constexpr std::string_view kExample =
    R"(# One tile on the machine of configs/tiny.yaml: O[2,4] = A[2,64] W[4,64]^T with two's-complement INT2 weights.
# r8: activations, 64 bytes a row; r9: weights; r10: INT32 outputs.
.equ KSTEPS 16            # 64 activations in k-steps of 4
.equ ROW_BYTES KSTEPS*4   # the bus moves 8 of them a beat
settype planes=2 shifts=[0,1] zmode=constant zero=1
load signal={0} buffer=activation mem=r8 beats=8 rows=2 mem_pitch=ROW_BYTES dst_pitch=KSTEPS
load signal={1} buffer=weight mem=r9 beats=8
tbuild wait={0} signal={2} ksteps=KSTEPS rows=2 src_pitch=KSTEPS
lmma.m2n4k4.i8w2 wait={1,2} signal={3} ksteps=KSTEPS rows=2 first=1 last=1
store wait={3} mem=r10 cols=4 rows=2 mem_pitch=16
halt
)";

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::kLoad:
      return "load unit";
    case Unit::kStore:
      return "store unit";
    case Unit::kBuild:
      return "table builder";
    case Unit::kArray:
      return "array";
    case Unit::kControl:
      break;
  }
  return "command processor";
}

std::string field_kind(const Field& field) {
  if (field.element_bits > 0) return fmt::format("list of {}-bit numbers", field.element_bits);
  switch (field.kind) {
    case FieldKind::kRegister:
      return "register";
    case FieldKind::kUnsigned:
      return "unsigned";
    case FieldKind::kSigned:
      return "signed";
    case FieldKind::kMask:
      return "set";
    case FieldKind::kEnum:
      break;
  }
  std::string names;
  for (const EnumName& item : field.names) names += fmt::format("{}`{}` = {}", names.empty() ? "" : ", ", item.name, item.value);
  return names;
}

std::string bit_range(int lsb, int bits) { return bits == 1 ? fmt::format("{}", lsb) : fmt::format("{}:{}", lsb + bits - 1, lsb); }

InstructionNotes notes_of(Opcode opcode) {
  const auto notes = instruction_notes();
  return *std::find_if(notes.begin(), notes.end(), [opcode](const InstructionNotes& n) { return n.opcode == opcode; });
}

std::string trap_names(std::span<const Trap> traps) {
  std::string names;
  for (const Trap cause : traps)
    for (const TrapInfo& trap : trap_causes())
      if (trap.cause == cause) names += fmt::format("{}{}", names.empty() ? "" : ", ", trap.name);
  return names;
}

std::string instruction_section(const InstructionInfo& info) {
  std::string text = fmt::format("\n### {}\n\n{} Opcode 0x{:02X}, executed by the {}.\n", info.mnemonic, info.doc,
                                 static_cast<unsigned>(info.opcode), unit_name(info.unit));
  const InstructionNotes notes = notes_of(info.opcode);
  text += fmt::format("Cycles: {}\nTraps: {}.\n\n```\n{}\n```\n", notes.cycles, trap_names(notes.traps), notes.example);
  if (info.fields.empty()) return text + "\nNo fields.\n";
  text += "\n| bits | field | kind | range | default | meaning |\n|---|---|---|---|---|---|\n";
  std::vector<Field> fields(info.fields.begin(), info.fields.end());
  std::sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return a.lsb < b.lsb; });
  for (const Field& field : fields)
    text += fmt::format("| {} | `{}` | {} | {}..{} | {} | {} |\n", bit_range(field.lsb, field.bits), field.name, field_kind(field),
                        field.min, field.max, default_value(field), field.doc);
  return text;
}

std::string_view access_name(Access access) {
  switch (access) {
    case Access::kReadWrite:
      return "read, write";
    case Access::kReadOnly:
      return "read";
    case Access::kPulse:
      break;
  }
  return "write ones";
}

}  // namespace

std::string example_program() { return std::string(kExample); }

std::string isa_reference() {
  std::string text(kIntroduction);
  text += "\n## Instructions\n\n| opcode | instruction | unit | |\n|---|---|---|---|\n";
  for (const InstructionInfo& info : instructions())
    text += fmt::format("| 0x{:02X} | [{}](#{}) | {} | {} |\n", static_cast<unsigned>(info.opcode), info.mnemonic, info.mnemonic,
                        unit_name(info.unit), info.doc);
  for (const InstructionInfo& info : instructions()) text += instruction_section(info);
  text += kLanguage;
  text += fmt::format("\n### Example\n\n```\n{}```\n", kExample);
  text += "\n## Traps\n\nA trap stops the core, sets `CAUSE` and raises the interrupt.\n\n| cause | name | |\n|---|---|---|\n";
  for (const TrapInfo& trap : trap_causes()) text += fmt::format("| {} | {} | {} |\n", static_cast<int>(trap.cause), trap.name, trap.doc);
  text += "\n## Registers of a core (AXI4-Lite, 32 bits each)\n\nReads of other offsets return 0, writes to them are ignored.\n\n";
  text += "| offset | name | access | |\n|---|---|---|---|\n";
  for (const Register& r : registers())
    text += fmt::format("| 0x{:03X} | {} | {} | {} |\n", r.offset, r.name, access_name(r.access), r.doc);
  return text;
}

}  // namespace lutra
