// The register table.
#include "isa/register_map.h"

#include <stdexcept>
#include <string>

namespace lutra {
namespace {

using enum Access;

constexpr Register kRegisters[] = {
    {"ID", 0x000, kReadOnly, "0x4C555452 (\"LUTR\")"},
    {"VERSION", 0x004, kReadOnly, "major << 16 | minor << 8 | patch of the generator"},
    {"PROGRAM_HASH", 0x008, kReadOnly, "first 32 bits of program_hash"},
    {"CTRL", 0x010, kPulse, "bit 0 start (ignored while busy), bit 1 abort, bit 2 clear done, trap and interrupt"},
    {"STATUS", 0x014, kReadOnly, "bit 0 busy, bit 1 done, bit 2 trapped; busy and trapped: a unit does not come to rest, reset the core"},
    {"CAUSE", 0x018, kReadOnly, "why the core trapped"},
    {"TRAP_PC", 0x01C, kReadOnly, "index of the instruction at fault (found by the command processor), else of the one last executed"},
    {"TRAP_ADDR_LO", 0x020, kReadOnly, "memory address of the trap, bits 31:0 (0 where there is none)"},
    {"TRAP_ADDR_HI", 0x024, kReadOnly, "the same, bits 63:32"},
    {"IRQ_ENABLE", 0x028, kReadWrite, "bit 0: interrupt on done or trap", 1},
    {"PROG_ADDR_LO", 0x030, kReadWrite, "memory address of the program, a multiple of the bus width"},
    {"PROG_ADDR_HI", 0x034, kReadWrite, "the same, bits 63:32"},
    {"PROG_LEN", 0x038, kReadWrite, "instructions in the program"},
    {"WATCHDOG_LO", 0x040, kReadWrite, "cycles a program may run, bits 31:0; 0 in both halves: no limit"},
    {"WATCHDOG_HI", 0x044, kReadWrite, "the same, bits 63:32"},
    {"WINDOW_LO_LO", 0x048, kReadWrite, "first byte the program may touch, bits 31:0"},
    {"WINDOW_LO_HI", 0x04C, kReadWrite, "the same, bits 63:32"},
    {"WINDOW_HI_LO", 0x050, kReadWrite, "first byte beyond the window, bits 31:0"},
    {"WINDOW_HI_HI", 0x054, kReadWrite, "the same, bits 63:32"},
    {"ARG0_LO", 0x080, kReadWrite, "initial value of r8, bits 31:0"},
    {"ARG0_HI", 0x084, kReadWrite, "the same, bits 39:32", 8},
    {"ARG1_LO", 0x088, kReadWrite, "initial value of r9"},
    {"ARG1_HI", 0x08C, kReadWrite, "the same, bits 39:32", 8},
    {"ARG2_LO", 0x090, kReadWrite, "initial value of r10"},
    {"ARG2_HI", 0x094, kReadWrite, "the same, bits 39:32", 8},
    {"ARG3_LO", 0x098, kReadWrite, "initial value of r11"},
    {"ARG3_HI", 0x09C, kReadWrite, "the same, bits 39:32", 8},
    {"ARG4_LO", 0x0A0, kReadWrite, "initial value of r12"},
    {"ARG4_HI", 0x0A4, kReadWrite, "the same, bits 39:32", 8},
    {"ARG5_LO", 0x0A8, kReadWrite, "initial value of r13"},
    {"ARG5_HI", 0x0AC, kReadWrite, "the same, bits 39:32", 8},
    {"ARG6_LO", 0x0B0, kReadWrite, "initial value of r14"},
    {"ARG6_HI", 0x0B4, kReadWrite, "the same, bits 39:32", 8},
    {"ARG7_LO", 0x0B8, kReadWrite, "initial value of r15"},
    {"ARG7_HI", 0x0BC, kReadWrite, "the same, bits 39:32", 8},
    {"CYCLES_LO", 0x100, kReadOnly, "cycles from the start edge to the edge that sets done or trapped, bits 31:0"},
    {"CYCLES_HI", 0x104, kReadOnly, "the same, bits 63:32"},
    {"INSTRUCTIONS_LO", 0x108, kReadOnly, "instructions executed"},
    {"INSTRUCTIONS_HI", 0x10C, kReadOnly, "the same, bits 63:32"},
    {"ARRAY_STEPS_LO", 0x110, kReadOnly, "cycles in which the array issued a step"},
    {"ARRAY_STEPS_HI", 0x114, kReadOnly, "the same, bits 63:32"},
    {"ARRAY_WAITS_LO", 0x118, kReadOnly, "cycles in which an lmma command was present but no step issued"},
    {"ARRAY_WAITS_HI", 0x11C, kReadOnly, "the same, bits 63:32"},
    {"BUILDER_BUSY_LO", 0x120, kReadOnly, "cycles in which the table builder worked on tables"},
    {"BUILDER_BUSY_HI", 0x124, kReadOnly, "the same, bits 63:32"},
    {"READ_BEATS_LO", 0x128, kReadOnly, "AXI read beats received"},
    {"READ_BEATS_HI", 0x12C, kReadOnly, "the same, bits 63:32"},
    {"WRITE_BEATS_LO", 0x130, kReadOnly, "AXI write beats sent"},
    {"WRITE_BEATS_HI", 0x134, kReadOnly, "the same, bits 63:32"},
    {"CONTROL_STALLS_LO", 0x138, kReadOnly, "cycles in which the command processor held an instruction it could not execute"},
    {"CONTROL_STALLS_HI", 0x13C, kReadOnly, "the same, bits 63:32"},
};

}  // namespace

std::span<const Register> registers() { return kRegisters; }

std::uint32_t register_offset(std::string_view name) {
  for (const Register& r : kRegisters)
    if (r.name == name) return r.offset;
  throw std::out_of_range("no register named " + std::string(name));
}

}  // namespace lutra
