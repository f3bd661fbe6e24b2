/* Opens a program file of `lutra compile` in memory, puts its code where it belongs and prepares its jobs. */
#ifndef LUTRA_LOADER_H
#define LUTRA_LOADER_H

#include <stddef.h>

#include "lutra_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A view into the file's bytes, which have to stay where they are. */
struct lutra_program {
  const uint8_t* header; /* JSON */
  size_t header_bytes;
  const uint8_t* code; /* the kernels, one behind the other */
  uint64_t instructions;
  uint32_t hash; /* first 32 bits of program_hash */
  uint32_t kernels;
  uint32_t jobs;
  uint64_t code_base; /* where kernel 0 belongs; kernel i is i slots further */
  uint64_t slot_bytes;
  uint64_t used_bytes; /* memory that code, weights, activations and outputs take, from address 0 */
};

/* LUTRA_OK, LUTRA_NOT_A_PROGRAM or LUTRA_DAMAGED. Reads no byte outside [bytes, bytes + size). */
enum lutra_status lutra_open(struct lutra_program* program, const void* bytes, size_t size);

/* Copies the code of all kernels. `memory` is where the processor sees the core's address 0, of `memory_bytes` bytes.
   LUTRA_OTHER_MACHINE where the core has another program_hash, LUTRA_DOES_NOT_FIT; nothing is written then. */
enum lutra_status lutra_load(const struct lutra_core* core, const struct lutra_program* program, void* memory, uint64_t memory_bytes);

/* What to start for a job. The watchdog is 0. LUTRA_NO_SUCH_JOB. */
enum lutra_status lutra_job(const struct lutra_program* program, uint32_t job, struct lutra_launch* launch);

#ifdef __cplusplus
}
#endif
#endif
