// Numbers of any width in packed words, least significant bit first.
#pragma once

#include <cstdint>

namespace lutra::model {

/// The `count` bits (at most 32) from bit `at` on.
inline std::uint32_t bits_of(const std::uint8_t* bytes, std::int64_t at, int count) {
  const std::uint8_t* from = bytes + at / 8;
  const auto skip = static_cast<int>(at % 8);
  std::uint64_t value = *from;
  for (int i = 8; i < skip + count; i += 8) value |= std::uint64_t{*++from} << i;
  return static_cast<std::uint32_t>(value >> skip & ((std::uint64_t{1} << count) - 1));
}

/// The same of a two's-complement number.
inline std::int32_t signed_bits_of(const std::uint8_t* bytes, std::int64_t at, int count) {
  const auto unused = static_cast<unsigned>(32 - count);
  return static_cast<std::int32_t>(bits_of(bytes, at, count) << unused) >> unused;
}

/// Writes the low `count` (at most 32) bits of `value` from bit `at` on.
inline void put_bits(std::uint8_t* bytes, std::int64_t at, int count, std::uint32_t value) {
  std::uint8_t* to = bytes + at / 8;
  const auto skip = static_cast<int>(at % 8);
  std::uint64_t mask = ((std::uint64_t{1} << count) - 1) << skip, bits = std::uint64_t{value} << skip & mask;
  for (; mask != 0; ++to, mask >>= 8, bits >>= 8) *to = static_cast<std::uint8_t>((*to & ~mask) | bits);
}

}  // namespace lutra::model
