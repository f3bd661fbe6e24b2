// The instruction table.
#include "isa/instruction.h"

namespace lutra {
namespace {

using enum FieldKind;

constexpr std::int64_t kImmMax = (std::int64_t{1} << 39) - 1;

// Fields every unit instruction has: the semaphores it waits for (each is decremented at its start) and those it signals
// (each is incremented when its effects are visible).
constexpr Field kWait{"wait", 8, 8, kMask, 0, 255, "semaphores that must be nonzero; each is decremented when the command starts"};
constexpr Field kSignal{"signal", 16, 8, kMask, 0, 255, "semaphores incremented when the command's results are visible"};

constexpr Field kLiFields[] = {
    {"rd", 8, 4, kRegister, 0, 15, "destination register; r0 stays zero"},
    {"imm", 16, 40, kSigned, -kImmMax - 1, kImmMax, "value"},
};
constexpr Field kAddiFields[] = {
    {"rd", 8, 4, kRegister, 0, 15, "destination register"},
    {"rs", 12, 4, kRegister, 0, 15, "source register"},
    {"imm", 16, 40, kSigned, -kImmMax - 1, kImmMax, "addend; the sum wraps modulo 2^40"},
};
constexpr Field kAddFields[] = {
    {"rd", 8, 4, kRegister, 0, 15, "destination register"},
    {"rs", 12, 4, kRegister, 0, 15, "first source register"},
    {"rt", 16, 4, kRegister, 0, 15, "second source register; the sum wraps modulo 2^40"},
};
constexpr Field kLoopFields[] = {
    {"rs", 8, 4, kRegister, 0, 15, "register whose low 32 bits are added to count (r0: none)"},
    {"count", 16, 32, kUnsigned, 0, 0xFFFFFFFF, "iterations; the sum with rs, modulo 2^32, must not be 0 (trap: bad field)"},
};
constexpr Field kPostFields[] = {
    {"semaphores", 8, 8, kMask, 0, 255, "semaphores to add to"},
    {"count", 16, 8, kUnsigned, 0, 255, "added to each"},
};
constexpr EnumName kZmodeNames[] = {{"none", 0}, {"constant", 1}, {"column", 2}};
constexpr EnumName kBufferNames[] = {{"activation", 1}, {"weight", 2}, {"table", 3}, {"parameter", 4}, {"token_scale", 5}};

constexpr Field kSettypeFields[] = {
    {"planes", 8, 4, kUnsigned, 1, 8, "weight planes b"},
    {"shifts",
     16,
     32,
     kUnsigned,
     0,
     0xFFFFFFFF,
     "eight 4-bit log2 plane weights, plane 0 in the low bits; ternary has two equal ones",
     {},
     4},
    {"zmode", 48, 2, kEnum, 0, 2, "zero point z': 0 none, 1 the field zero, 2 a value a column from the parameter buffer", kZmodeNames},
    {"zero", 50, 10, kSigned, -512, 511, "z' when zmode is 1"},
};
constexpr Field kLoadFields[] = {
    kWait,
    kSignal,
    {"buffer", 24, 3, kEnum, 1, 5, "destination: 1 activation, 2 weight, 3 table, 4 parameter, 5 token scales, a word a tile",
     kBufferNames},
    {"dst", 28, 4, kRegister, 0, 15, "register with the destination word address, wrapped modulo the depth; first word of a beat"},
    {"mem", 32, 4, kRegister, 0, 15, "register with the memory byte address, a multiple of the bus width"},
    {"beats", 40, 16, kUnsigned, 1, 65535, "AXI beats in a row"},
    {"rows", 56, 8, kUnsigned, 1, 255, "rows"},
    {"mem_pitch", 64, 32, kUnsigned, 0, 0xFFFFFFFF, "bytes from row to row in memory, a multiple of the bus width"},
    {"dst_pitch", 96, 16, kUnsigned, 0, 65535, "words from row to row in the buffer"},
};
constexpr Field kStoreFields[] = {
    kWait,
    kSignal,
    {"src", 28, 4, kRegister, 0, 15, "register with the accumulator tile, wrapped modulo the number of tiles"},
    {"mem", 32, 4, kRegister, 0, 15, "register with the memory byte address of output (0, 0), a multiple of min(4 N, bus width)"},
    {"cols", 40, 9, kUnsigned, 1, 256, "outputs of a row to write, at most N"},
    {"rows", 56, 8, kUnsigned, 1, 255, "rows to write, at most M"},
    {"mem_pitch", 64, 32, kUnsigned, 0, 0xFFFFFFFF, "bytes from row to row in memory, a multiple of min(4 N, bus width)"},
};
constexpr Field kTbuildFields[] = {
    kWait,
    kSignal,
    {"src", 28, 4, kRegister, 0, 15, "register with the activation-buffer word of row 0, k-step 0"},
    {"dst", 32, 4, kRegister, 0, 15, "register with the table-buffer word of k-step 0"},
    {"ksteps", 40, 16, kUnsigned, 1, 65535, "k-steps"},
    {"rows", 56, 8, kUnsigned, 1, 255, "rows to build, at most M"},
    {"src_pitch", 96, 16, kUnsigned, 0, 65535, "words from row to row in the activation buffer"},
};
constexpr Field kLmmaFields[] = {
    kWait,
    kSignal,
    {"table", 28, 4, kRegister, 0, 15, "register with the table-buffer word of k-step 0"},
    {"weight", 32, 4, kRegister, 0, 15, "register with the weight-buffer word of k-step 0, first planes"},
    {"ksteps", 40, 16, kUnsigned, 1, 65535, "k-steps"},
    {"rows", 56, 8, kUnsigned, 1, 255, "rows of the tile that have work, at most M"},
    {"out", 64, 4, kRegister, 0, 15, "register with the accumulator tile"},
    {"param", 68, 4, kRegister, 0, 15, "register with the parameter-buffer word of segment 0 (zmode 2)"},
    {"segment", 72, 16, kUnsigned, 0, 65535, "k-steps a segment; 0: the whole command is one segment or a part of one"},
    {"first", 88, 1, kUnsigned, 0, 1, "a segment starts here: clear accumulators; must be 1 when segment is not 0"},
    {"last", 89, 1, kUnsigned, 0, 1, "the segment ends here: drain; must be 1 when segment is not 0"},
    {"accumulate", 90, 1, kUnsigned, 0, 1, "add the first drained segment to the tile instead of overwriting it"},
};

constexpr InstructionInfo kInstructions[] = {
    {Opcode::kNop, "nop", Unit::kControl, {}, "Does nothing."},
    {Opcode::kHalt, "halt", Unit::kControl, {}, "Waits until every unit is idle, then ends the program: done, interrupt."},
    {Opcode::kLi, "li", Unit::kControl, kLiFields, "rd = imm."},
    {Opcode::kAddi, "addi", Unit::kControl, kAddiFields, "rd = rs + imm."},
    {Opcode::kAdd, "add", Unit::kControl, kAddFields, "rd = rs + rt."},
    {Opcode::kLoop, "loop", Unit::kControl, kLoopFields, "Repeats the instructions up to the matching endloop."},
    {Opcode::kEndloop, "endloop", Unit::kControl, {}, "Ends the innermost loop."},
    {Opcode::kBarrier, "barrier", Unit::kControl, {}, "Waits until every unit is idle."},
    {Opcode::kPost, "post", Unit::kControl, kPostFields, "Adds count to the named semaphores."},
    {Opcode::kSettype, "settype", Unit::kControl, kSettypeFields, "Sets the weight type that following lmma commands carry."},
    {Opcode::kLoad, "load", Unit::kLoad, kLoadFields, "Moves beats from memory to a buffer."},
    {Opcode::kStore, "store", Unit::kStore, kStoreFields, "Writes a tile of INT32 outputs to memory, row-major."},
    {Opcode::kTbuild, "tbuild", Unit::kBuild, kTbuildFields, "Builds the lookup tables of rows x ksteps from activations."},
    {Opcode::kLmma, "lmma", Unit::kArray, kLmmaFields, "Multiplies tables by weight planes into a tile of accumulators."},
};

constexpr TrapInfo kTrapCauses[] = {
    {Trap::kNone, "none", "No trap."},
    {Trap::kIllegalOpcode, "illegal_opcode", "The opcode is not defined."},
    {Trap::kBadField, "bad_field", "A reserved bit is set, a field is out of its range, or fields contradict each other."},
    {Trap::kLoopOverflow, "loop_overflow", "More nested loops than the core has levels."},
    {Trap::kLoopUnderflow, "loop_underflow", "endloop without loop."},
    {Trap::kEndOfProgram, "end_of_program", "Execution ran past the last instruction."},
    {Trap::kProgramTooLong, "program_too_long", "PROG_LEN is 0 or larger than the instruction buffer."},
    {Trap::kMisaligned, "misaligned", "A memory address or pitch is not a multiple of its unit."},
    {Trap::kOutsideWindow, "outside_window", "An access touches bytes outside [WINDOW_LO, WINDOW_HI)."},
    {Trap::kSemaphoreOverflow, "semaphore_overflow", "A semaphore would exceed 255."},
    {Trap::kReadError, "read_error", "AXI answered a read with SLVERR or DECERR."},
    {Trap::kWriteError, "write_error", "AXI answered a write with SLVERR or DECERR."},
    {Trap::kWatchdog, "watchdog", "The program ran for WATCHDOG cycles."},
    {Trap::kAborted, "aborted", "The host wrote CTRL.abort."},
};

}  // namespace

std::span<const InstructionInfo> instructions() { return kInstructions; }
std::span<const TrapInfo> trap_causes() { return kTrapCauses; }

}  // namespace lutra
