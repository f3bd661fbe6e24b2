/* The register accesses of a run. */
#include "lutra_driver.h"

static uint32_t mapped_read(void *context, uint32_t offset) { return ((volatile uint32_t *)context)[offset / 4]; }

static void mapped_write(void *context, uint32_t offset, uint32_t value) { ((volatile uint32_t *)context)[offset / 4] = value; }

static uint32_t get(const struct lutra_core *core, uint32_t offset) { return core->read(core->context, offset); }

static void set(const struct lutra_core *core, uint32_t offset, uint32_t value) { core->write(core->context, offset, value); }

static uint64_t get_wide(const struct lutra_core *core, uint32_t low) { return (uint64_t)get(core, low + 4) << 32 | get(core, low); }

static void set_wide(const struct lutra_core *core, uint32_t low, uint64_t value) {
  set(core, low, (uint32_t)value);
  set(core, low + 4, (uint32_t)(value >> 32));
}

/* Nothing moves over it, neither in the compiler nor on a bus: data before the start, results behind the end. */
static void fence(void) { __sync_synchronize(); }

struct lutra_core lutra_at(volatile void *registers) {
  struct lutra_core core;
  core.context = (void *)(uintptr_t)registers;
  core.read = mapped_read;
  core.write = mapped_write;
  return core;
}

enum lutra_status lutra_probe(const struct lutra_core *core) {
  if (get(core, LUTRA_ID) != LUTRA_ID_VALUE) return LUTRA_NOT_A_CORE;
  return get(core, LUTRA_VERSION) == LUTRA_VERSION_VALUE ? LUTRA_OK : LUTRA_OTHER_GENERATOR;
}

enum lutra_status lutra_start(const struct lutra_core *core, const struct lutra_launch *launch, int interrupt) {
  uint32_t i;
  if ((get(core, LUTRA_STATUS) & LUTRA_STATUS_BUSY) != 0) return LUTRA_BUSY;
  set(core, LUTRA_CTRL, LUTRA_CTRL_CLEAR);
  set(core, LUTRA_IRQ_ENABLE, interrupt != 0 ? 1 : 0);
  set_wide(core, LUTRA_PROG_ADDR_LO, launch->code);
  set(core, LUTRA_PROG_LEN, launch->instructions);
  set_wide(core, LUTRA_WATCHDOG_LO, launch->watchdog);
  set_wide(core, LUTRA_WINDOW_LO_LO, launch->window_low);
  set_wide(core, LUTRA_WINDOW_HI_LO, launch->window_high);
  for (i = 0; i < 8; ++i) set_wide(core, LUTRA_ARG0_LO + 8 * i, launch->arguments[i]);
  fence();
  set(core, LUTRA_CTRL, LUTRA_CTRL_START);
  return LUTRA_OK;
}

enum lutra_status lutra_poll(const struct lutra_core *core) {
  const uint32_t status = get(core, LUTRA_STATUS);
  if ((status & LUTRA_STATUS_TRAPPED) != 0) return LUTRA_TRAPPED;
  if ((status & LUTRA_STATUS_DONE) == 0) return LUTRA_BUSY;
  fence();
  return LUTRA_OK;
}

enum lutra_status lutra_wait(const struct lutra_core *core, uint64_t polls) {
  uint64_t n;
  for (n = 0; polls == 0 || n < polls; ++n) {
    const enum lutra_status status = lutra_poll(core);
    if (status != LUTRA_BUSY) return status;
  }
  return LUTRA_BUSY;
}

enum lutra_status lutra_acknowledge(const struct lutra_core *core) {
  const enum lutra_status status = lutra_poll(core);
  if (status != LUTRA_BUSY) set(core, LUTRA_CTRL, LUTRA_CTRL_CLEAR);
  return status;
}

void lutra_abort(const struct lutra_core *core) { set(core, LUTRA_CTRL, LUTRA_CTRL_ABORT); }

struct lutra_trap lutra_read_trap(const struct lutra_core *core) {
  struct lutra_trap trap;
  trap.cause = get(core, LUTRA_CAUSE);
  trap.pc = get(core, LUTRA_TRAP_PC);
  trap.address = get_wide(core, LUTRA_TRAP_ADDR_LO);
  return trap;
}

void lutra_read_counters(const struct lutra_core *core, uint64_t counters[LUTRA_COUNTERS]) {
  uint32_t i;
  for (i = 0; i < LUTRA_COUNTERS; ++i) counters[i] = get_wide(core, LUTRA_CYCLES_LO + 8 * i);
}

const char *lutra_cause_text(uint32_t cause) {
  static const char *const kTexts[] = {LUTRA_CAUSE_TEXTS};
  return cause < sizeof kTexts / sizeof kTexts[0] ? kTexts[cause] : "unknown cause";
}

const char *lutra_status_text(enum lutra_status status) {
  switch (status) {
    case LUTRA_OK: return "done";
    case LUTRA_BUSY: return "busy";
    case LUTRA_TRAPPED: return "trapped";
    case LUTRA_NOT_A_CORE: return "no lutra core at this address";
    case LUTRA_OTHER_GENERATOR: return "the core comes from another version of the generator";
    case LUTRA_NOT_A_PROGRAM: return "not a lutra program, or of another format";
    case LUTRA_DAMAGED: return "the program is damaged";
    case LUTRA_OTHER_MACHINE: return "the program was compiled for another machine";
    case LUTRA_DOES_NOT_FIT: return "the program does not fit";
    case LUTRA_NO_SUCH_JOB: return "the program has no such job";
  }
  return "unknown status";
}
