/* The compression function over a message whose padding is made on the way. */
#include "lutra_sha256.h"

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes (4.2.2). */
static const uint32_t kRound[64] = {
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
    0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u,
    0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
    0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u, 0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u,
    0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u,
    0xa2bfe8a1u, 0xa81a664bu, 0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u,
    0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
    0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u};

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

/* Byte `at` of the padded message of `padded` bytes. */
static uint32_t message_byte(const uint8_t *bytes, size_t size, size_t at, size_t padded) {
  if (at < size) return bytes[at];
  if (at == size) return 0x80;
  if (padded - at > 8) return 0;
  return (uint32_t)((uint64_t)size * 8 >> 8 * (padded - at - 1)) & 0xFFu;
}

static void compress(uint32_t state[8], uint32_t w[64]) {
  uint32_t v[8];
  int t, i;
  for (t = 16; t < 64; ++t) {
    const uint32_t s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
    const uint32_t s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  for (i = 0; i < 8; ++i) v[i] = state[i];
  for (t = 0; t < 64; ++t) {
    const uint32_t a = v[0], b = v[1], c = v[2], e = v[4];
    const uint32_t t1 =
        v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + kRound[t] + w[t];
    const uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    for (i = 7; i > 0; --i) v[i] = v[i - 1];
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (i = 0; i < 8; ++i) state[i] += v[i];
}

void lutra_sha256(const uint8_t *bytes, size_t size, uint8_t digest[32]) {
  uint32_t state[8] = {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};
  const size_t padded = (size + 9 + 63) / 64 * 64;
  uint32_t w[64];
  size_t at;
  int t, i;
  for (at = 0; at < padded; at += 64) {
    for (t = 0; t < 16; ++t)
      for (w[t] = 0, i = 0; i < 4; ++i) w[t] = w[t] << 8 | message_byte(bytes, size, at + 4 * (size_t)t + (size_t)i, padded);
    compress(state, w);
  }
  for (i = 0; i < 32; ++i) digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}
