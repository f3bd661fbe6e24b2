/* Opens damaged copies of a program file whose checksum is right again, each in memory of exactly its size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/lutra_loader.h"
#include "driver/lutra_sha256.h"

static uint32_t state = 1;

static uint32_t draw(uint32_t below) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % below;
}

static void sign(uint8_t *file, size_t size) {
  uint8_t digest[32];
  char text[3];
  int i;
  lutra_sha256(file + 64, size - 64, digest);
  for (i = 0; i < 16; ++i) {
    snprintf(text, sizeof text, "%02x", digest[i]);
    memcpy(file + 32 + 2 * i, text, 2);
  }
}

/* One copy with up to eight bytes changed, moved or cut out of the header. Returns whether the loader took it. */
static int open_damaged(const uint8_t *file, size_t size, size_t header) {
  static const char kBytes[] = "{}[]\",:\\09 a";
  const size_t cut = draw(4) == 0 ? 1 + draw((uint32_t)header / 2) : 0;
  struct lutra_program program;
  struct lutra_launch launch;
  enum lutra_status status;
  uint8_t *copy = malloc(size - cut);
  uint32_t n, job;
  if (copy == NULL) exit(3);
  memcpy(copy, file, 64 + header - cut);
  memcpy(copy + 64 + header - cut, file + 64 + header, size - 64 - header);
  for (n = draw(8); n > 0; --n) copy[64 + draw((uint32_t)(header - cut))] = (uint8_t)kBytes[draw(sizeof kBytes - 1)];
  for (n = 0; n < 8; ++n) copy[16 + n] = (uint8_t)((uint64_t)(header - cut) >> 8 * n);
  sign(copy, size - cut);
  status = lutra_open(&program, copy, size - cut);
  if (status == LUTRA_DAMAGED) exit(4);
  for (job = 0; status == LUTRA_OK && job < program.jobs; ++job) (void)lutra_job(&program, job, &launch);
  free(copy);
  return status == LUTRA_OK;
}

int main(int argc, char **argv) {
  static uint8_t file[1 << 16];
  FILE *in = argc == 2 ? fopen(argv[1], "rb") : NULL;
  size_t size, header = 0;
  int taken = 0, n;
  if (in == NULL) return 2;
  size = fread(file, 1, sizeof file, in);
  fclose(in);
  for (n = 7; n >= 0; --n) header = header << 8 | file[16 + n];
  for (n = 0; n < 10000; ++n) taken += open_damaged(file, size, header);
  return taken > 0 && taken < 10000 ? 0 : 5;
}
