/* The driver on a bare RISC-V: probe, load, start, wait for the interrupt, counters, result; a program for another machine, a trap. */
#include "driver/lutra_driver.h"
#include "driver/lutra_loader.h"
#include "stub.h"

/* Where QEMU's loader device puts the program file, and where the core's memory begins. */
static const uint8_t *const kFile = (const uint8_t *)0x84000000;
static uint8_t *const kMemory = (uint8_t *)0x85000000;

int main(void);

/* What the compiler may call in a freestanding program. */
void *memset(void *to, int value, size_t bytes) {
  volatile uint8_t *at = to;
  while (bytes-- > 0) *at++ = (uint8_t)value;
  return to;
}
void *memcpy(void *to, const void *from, size_t bytes) {
  volatile uint8_t *at = to;
  const uint8_t *source = from;
  while (bytes-- > 0) *at++ = *source++;
  return to;
}

/* Ends the machine with exit code `line` where a check fails. */
static void require(int holds, uint32_t line) {
  if (!holds) *(volatile uint32_t *)0x100000 = line << 16 | 0x3333;
}
#define REQUIRE(condition) require(condition, __LINE__)

static void enable_interrupts(void) {
  __asm__ volatile("csrs mie, %0" : : "r"(8));
  __asm__ volatile("csrs mstatus, %0" : : "r"(8));
}

static uint32_t sum_of(const struct lutra_launch *launch) {
  uint32_t sum = 0, i;
  for (i = 0; i < 8; ++i) sum += (uint32_t)launch->arguments[i] + (uint32_t)(launch->arguments[i] >> 32);
  return sum;
}

static void check_run(const struct lutra_core *core, const struct lutra_program *program) {
  struct lutra_launch launch;
  uint64_t counters[LUTRA_COUNTERS];
  REQUIRE(lutra_job(program, program->jobs, &launch) == LUTRA_NO_SUCH_JOB);
  REQUIRE(lutra_job(program, 1, &launch) == LUTRA_OK);
  REQUIRE(lutra_poll(core) == LUTRA_BUSY);
  REQUIRE(lutra_start(core, &launch, 1) == LUTRA_OK);
  while (interrupts == 0) __asm__ volatile("wfi");
  REQUIRE(lutra_acknowledge(core) == LUTRA_OK);
  REQUIRE(lutra_poll(core) == LUTRA_BUSY);
  REQUIRE(stub.starts == 1 && interrupts == 1);
  REQUIRE(*(const uint32_t *)(kMemory + launch.arguments[2]) == sum_of(&launch));
  lutra_read_counters(core, counters);
  REQUIRE(counters[LUTRA_COUNTER_INSTRUCTIONS] == launch.instructions);
}

static void check_trap(const struct lutra_core *core, const struct lutra_program *program) {
  struct lutra_launch launch;
  struct lutra_trap trap;
  REQUIRE(lutra_job(program, 0, &launch) == LUTRA_OK);
  kMemory[launch.code + 16 * 3] = 0xFF;
  REQUIRE(lutra_start(core, &launch, 0) == LUTRA_OK);
  REQUIRE(lutra_wait(core, 10) == LUTRA_TRAPPED);
  trap = lutra_read_trap(core);
  REQUIRE(trap.cause == LUTRA_CAUSE_ILLEGAL_OPCODE && trap.pc == 3);
  REQUIRE(lutra_acknowledge(core) == LUTRA_TRAPPED);
  REQUIRE(interrupts == 1);
}

int main(void) {
  const struct lutra_core core = lutra_at((volatile void *)(uintptr_t)STUB_AT);
  struct lutra_program program;
  REQUIRE(lutra_probe(&core) == LUTRA_NOT_A_CORE);
  stub_reset(kMemory);
  enable_interrupts();
  REQUIRE(lutra_probe(&core) == LUTRA_OK);
  REQUIRE(lutra_open(&program, kFile, PROGRAM_BYTES - 1) == LUTRA_NOT_A_PROGRAM);
  REQUIRE(lutra_open(&program, kFile, PROGRAM_BYTES) == LUTRA_OK);
  stub.registers[LUTRA_PROGRAM_HASH / 4] ^= 1;
  REQUIRE(lutra_load(&core, &program, kMemory, 1 << 24) == LUTRA_OTHER_MACHINE);
  REQUIRE(kMemory[program.code_base] == 0);
  stub.registers[LUTRA_PROGRAM_HASH / 4] ^= 1;
  REQUIRE(lutra_load(&core, &program, kMemory, 1 << 24) == LUTRA_OK);
  check_run(&core, &program);
  check_trap(&core, &program);
  *(volatile uint32_t *)0x100000 = 0x5555; /* exit code 0 */
  return 0;
}
