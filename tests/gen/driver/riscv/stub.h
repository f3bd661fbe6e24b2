/* A register file where the machine has none: accesses fault and the trap handler answers them. */
#ifndef STUB_H
#define STUB_H

#include <stdint.h>

/* Nothing of the machine lies here. */
#define STUB_AT 0x10200000u

struct stub {
  uint32_t registers[0x400];
  uint8_t* memory; /* the core's address 0 */
  uint32_t starts;
};
extern struct stub stub;
/* Interrupts that were taken. */
extern volatile uint32_t interrupts;

void stub_reset(uint8_t* memory);

#endif
