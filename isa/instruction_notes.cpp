// The notes; tests hold the cycles to the model and the examples to the assembler.
#include "isa/instruction_notes.h"

namespace lutra {
namespace {

constexpr std::string_view kTwo = "2.";

constexpr Trap kAny[] = {Trap::kBadField};
constexpr Trap kLoopTraps[] = {Trap::kBadField, Trap::kLoopOverflow};
constexpr Trap kEndloopTraps[] = {Trap::kBadField, Trap::kLoopUnderflow};
constexpr Trap kSemaphoreTraps[] = {Trap::kBadField, Trap::kSemaphoreOverflow};
constexpr Trap kLoadTraps[] = {Trap::kBadField, Trap::kMisaligned, Trap::kOutsideWindow, Trap::kSemaphoreOverflow, Trap::kReadError};
constexpr Trap kStoreTraps[] = {Trap::kBadField, Trap::kMisaligned, Trap::kOutsideWindow, Trap::kSemaphoreOverflow, Trap::kWriteError};

constexpr InstructionNotes kNotes[] = {
    {Opcode::kNop, kTwo, kAny, "nop"},
    {Opcode::kHalt, "2, and as many as pass until every unit is idle.", kAny, "halt"},
    {Opcode::kLi, kTwo, kAny, "li rd=r1 imm=0x1000"},
    {Opcode::kAddi, kTwo, kAny, "addi rd=r9 rs=r9 imm=-64     # one row back"},
    {Opcode::kAdd, kTwo, kAny, "add rd=r2 rs=r1 rt=r9"},
    {Opcode::kLoop, "2, once; the iterations cost nothing but their instructions.", kLoopTraps,
     "loop count=16\naddi rd=r9 rs=r9 imm=64\nendloop"},
    {Opcode::kEndloop, "2 an iteration, whether it goes back or on.", kEndloopTraps,
     "loop rs=r11                  # as often as ARG3 says\nnop\nendloop"},
    {Opcode::kBarrier, "2, and as many as pass until every unit is idle.", kAny, "barrier"},
    {Opcode::kPost, "2; a unit can take what was added from the next edge on.", kSemaphoreTraps, "post semaphores={0,2} count=4"},
    {Opcode::kSettype, kTwo, kAny, "settype planes=4 shifts=[0,1,2,3] zmode=constant zero=1"},
    {Opcode::kLoad,
     "2, more while the queue is full. The unit: 3 for the check, then bursts of at most `axi.max_burst_beats` that do not cross 4 KB, one "
     "address a cycle, `axi.outstanding_reads` in flight, a beat a cycle where memory gives it; retires an edge after the last beat. "
     "Check, "
     "addresses and beats of three commands overlap.",
     kLoadTraps, "load wait={4} signal={0} buffer=weight dst=r2 mem=r9 beats=8"},
    {Opcode::kStore,
     "2, more while the queue is full. The unit: 3 for the check, then bursts as for load, `scale.outputs_per_cycle` outputs a cycle read, "
     "a "
     "beat a cycle sent; retires an edge after the last response.",
     kStoreTraps, "store wait={3} mem=r10 cols=4 rows=2 mem_pitch=16"},
    {Opcode::kTbuild,
     "2, more while the queue is full. The unit: ksteps x rows x `array.tables_per_lane` / `table.builder_tables`, and 3 until the last "
     "tables are written; the next command overlaps those 3. Tables with scales look at each row and k-step once more, and wait for each "
     "group's scale.",
     kSemaphoreTraps, "tbuild wait={0} signal={1} src=r1 dst=r2 ksteps=16 rows=2 src_pitch=16"},
    {Opcode::kLmma,
     "2, more while the queue is full, and 17 where the pair of ksteps and segment is new. The unit: ksteps x planes / "
     "`array.planes_per_cycle` (rounded up), without a gap to the next command. With W = rows x N / `scale.outputs_per_cycle` and p = "
     "`array.pipeline_registers`, a segment's end can issue 6 + p + max(0, W - 3 - p) after the one before; the command retires 7 + p + W "
     "after its last step.",
     kSemaphoreTraps, "lmma wait={1,2} signal={3} table=r2 weight=r3 ksteps=16 rows=2 out=r4 first=1 last=1"},
};

}  // namespace

std::span<const InstructionNotes> instruction_notes() { return kNotes; }

}  // namespace lutra
