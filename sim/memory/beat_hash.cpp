#include "sim/memory/beat_hash.h"

namespace lutra::memory {
namespace {

// FNV-1a, 64 bits.
constexpr std::uint64_t kOffset = 0xCBF29CE484222325;
constexpr std::uint64_t kPrime = 0x100000001B3;

constexpr std::uint64_t add(std::uint64_t hash, std::uint64_t value) { return (hash ^ value) * kPrime; }

}  // namespace

std::uint64_t beat_hash(const std::uint8_t* data, int bytes) {
  std::uint64_t hash = kOffset;
  for (int i = 0; i < bytes; ++i) hash = add(hash, data[i]);
  return hash;
}

std::uint64_t beat_hash(const std::uint8_t* data, const std::uint8_t* strobe, int bytes) {
  std::uint64_t hash = kOffset;
  for (int i = 0; i < bytes; ++i) {
    if ((strobe[i / 8] >> (i % 8)) & 1U) hash = add(add(hash, static_cast<std::uint64_t>(i)), data[i]);
  }
  return hash;
}

std::uint64_t strobe_hash(const std::uint8_t* strobe, int bytes, bool last) {
  return beat_hash(strobe, bytes / 8) << 1U | static_cast<std::uint64_t>(last);
}

}  // namespace lutra::memory
