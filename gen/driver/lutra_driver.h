/* Runs programs on one lutra core: freestanding C99, no memory of its own, no calls into a library. */
#ifndef LUTRA_DRIVER_H
#define LUTRA_DRIVER_H

#include <stdint.h>

#include "lutra_core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum lutra_status {
  LUTRA_OK = 0,          /* done */
  LUTRA_BUSY,            /* a program runs, or none was started */
  LUTRA_TRAPPED,         /* lutra_read_trap() says why */
  LUTRA_NOT_A_CORE,      /* the ID register holds something else */
  LUTRA_OTHER_GENERATOR, /* the core and lutra_core.h come from generators of different versions */
  LUTRA_NOT_A_PROGRAM,   /* no magic word, an unknown format, cut off, or contradictory */
  LUTRA_DAMAGED,         /* the checksum does not match */
  LUTRA_OTHER_MACHINE,   /* the program's program_hash is not the core's */
  LUTRA_DOES_NOT_FIT,    /* beyond the memory given, or a kernel beyond the instruction buffer */
  LUTRA_NO_SUCH_JOB
};

/* How registers are reached. lutra_at() fills it for a core in the address space; another bus brings its own two functions. */
struct lutra_core {
  void* context; /* handed to both functions */
  uint32_t (*read)(void* context, uint32_t offset);
  void (*write)(void* context, uint32_t offset, uint32_t value);
};

/* A run: where the code lies, what it may touch, its arguments. Addresses are the core's. */
struct lutra_launch {
  uint64_t code;         /* a multiple of LUTRA_AXI_DATA_BYTES */
  uint32_t instructions; /* 1 to LUTRA_INSTRUCTION_WORDS */
  uint64_t window_low;   /* first byte the program may touch */
  uint64_t window_high;  /* first byte beyond */
  uint64_t watchdog;     /* cycles, 0: no limit */
  uint64_t arguments[8]; /* r8 to r15, 40 bits each */
};

struct lutra_trap {
  uint32_t cause;   /* LUTRA_CAUSE_... */
  uint32_t pc;      /* index of the instruction */
  uint64_t address; /* in memory, 0 where there is none */
};

/* A core whose registers begin at `registers`. */
struct lutra_core lutra_at(volatile void* registers);

/* LUTRA_OK, LUTRA_NOT_A_CORE or LUTRA_OTHER_GENERATOR. */
enum lutra_status lutra_probe(const struct lutra_core* core);

/* Clears what an earlier run left and starts; LUTRA_BUSY (and nothing changed) while a program runs. The interrupt is enabled when
   `interrupt` is not 0. Memory written before the call is visible to the core on a coherent bus; elsewhere clean caches first. */
enum lutra_status lutra_start(const struct lutra_core* core, const struct lutra_launch* launch, int interrupt);

/* LUTRA_OK when the program has ended, LUTRA_TRAPPED, or LUTRA_BUSY. Changes nothing. */
enum lutra_status lutra_poll(const struct lutra_core* core);

/* Polls until the program has ended, `polls` times at most (0: for ever). */
enum lutra_status lutra_wait(const struct lutra_core* core, uint64_t polls);

/* For interrupt handlers: what lutra_poll() says, then lowers the interrupt (and with it done and trapped), so read the trap first. */
enum lutra_status lutra_acknowledge(const struct lutra_core* core);

/* Ends the running program with LUTRA_CAUSE_ABORTED. */
void lutra_abort(const struct lutra_core* core);

struct lutra_trap lutra_read_trap(const struct lutra_core* core);
/* Of the program that ended last: LUTRA_COUNTERS values, by LUTRA_COUNTER_... */
void lutra_read_counters(const struct lutra_core* core, uint64_t counters[LUTRA_COUNTERS]);

/* Text for people. */
const char* lutra_cause_text(uint32_t cause);
const char* lutra_status_text(enum lutra_status status);

#ifdef __cplusplus
}
#endif
#endif
