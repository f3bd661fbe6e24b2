/* Plays a core behind its registers: walks the program's opcodes up to halt, sums the arguments, counts, interrupts. */
#include "stub.h"

#include "driver/lutra_driver.h"

struct stub stub;
volatile uint32_t interrupts;

static volatile uint32_t *const kSoftwareInterrupt = (volatile uint32_t *)0x2000000; /* CLINT, hart 0 */

static uint32_t *at(uint32_t offset) { return &stub.registers[offset / 4]; }

void stub_reset(uint8_t *memory) {
  *at(LUTRA_ID) = LUTRA_ID_VALUE;
  *at(LUTRA_VERSION) = LUTRA_VERSION_VALUE;
  *at(LUTRA_PROGRAM_HASH) = LUTRA_PROGRAM_HASH_VALUE;
  stub.memory = memory;
}

static void end(uint32_t status, uint32_t cause, uint32_t pc) {
  *at(LUTRA_STATUS) = status;
  *at(LUTRA_CAUSE) = cause;
  *at(LUTRA_TRAP_PC) = pc;
  if (*at(LUTRA_IRQ_ENABLE) != 0) *kSoftwareInterrupt = 1;
}

static void run(void) {
  const uint8_t *code = stub.memory + *at(LUTRA_PROG_ADDR_LO);
  uint32_t pc, i;
  ++stub.starts;
  for (pc = 0; pc < *at(LUTRA_PROG_LEN); ++pc) {
    const uint8_t opcode = code[16 * pc];
    *at(LUTRA_INSTRUCTIONS_LO) = pc + 1;
    if (opcode == 0xFF) {
      end(LUTRA_STATUS_TRAPPED, LUTRA_CAUSE_ILLEGAL_OPCODE, pc);
      return;
    }
    if (opcode == 0x02) {
      uint32_t sum = 0;
      for (i = 0; i < 16; ++i) sum += *at(LUTRA_ARG0_LO + 4 * i);
      *(uint32_t *)(stub.memory + *at(LUTRA_ARG0_LO + 16)) = sum;
      end(LUTRA_STATUS_DONE, LUTRA_CAUSE_NONE, pc);
      return;
    }
  }
  end(LUTRA_STATUS_TRAPPED, LUTRA_CAUSE_END_OF_PROGRAM, pc);
}

static void written(uint32_t offset, uint32_t value) {
  if (offset != LUTRA_CTRL) {
    *at(offset) = value;
    return;
  }
  if ((value & LUTRA_CTRL_CLEAR) != 0) {
    *at(LUTRA_STATUS) = 0;
    *kSoftwareInterrupt = 0;
  }
  if ((value & LUTRA_CTRL_START) != 0) run();
}

/* The access at `pc` to a register: lw or sw of 32 bits. */
static void emulate(uint64_t *x, uint64_t pc, uint32_t offset) {
  const uint32_t instruction = *(const uint32_t *)pc;
  const uint32_t opcode = instruction & 0x7F, target = instruction >> 7 & 31;
  if (opcode == 0x03 && target != 0) x[target] = (uint64_t)(int64_t)(int32_t)*at(offset);
  if (opcode == 0x23) written(offset, (instruction >> 20 & 31) == 0 ? 0 : (uint32_t)x[instruction >> 20 & 31]);
}

void handle_trap(uint64_t *x);

void handle_trap(uint64_t *x) {
  uint64_t cause, pc, address;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  __asm__ volatile("csrr %0, mepc" : "=r"(pc));
  __asm__ volatile("csrr %0, mtval" : "=r"(address));
  if (cause == (1ull << 63 | 3)) { /* the line is masked by lowering it; the main program acknowledges at the core */
    ++interrupts;
    *kSoftwareInterrupt = 0;
    return;
  }
  if ((cause == 5 || cause == 7) && address >= STUB_AT && address < STUB_AT + 0x1000) {
    emulate(x, pc, (uint32_t)(address - STUB_AT));
    __asm__ volatile("csrw mepc, %0" : : "r"(pc + 4));
    return;
  }
  *(volatile uint32_t *)0x100000 = (uint32_t)(100 + (cause & 15)) << 16 | 0x3333; /* the machine ends with that exit code */
  for (;;) {
  }
}
