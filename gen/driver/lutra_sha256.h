/* SHA-256 (FIPS 180-4) for the loader. */
#ifndef LUTRA_SHA256_H
#define LUTRA_SHA256_H

#include <stddef.h>
#include <stdint.h>

void lutra_sha256(const uint8_t* bytes, size_t size, uint8_t digest[32]);

#endif
