// Operands that look for trouble: borders of every kind, neighbours of each other, and plain random bits.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "isa/float_format.h"

namespace lutra::test {

/// Zero, smallest and largest subnormal and normal numbers, one and its neighbours, halves, infinity, NaNs; both signs.
inline std::vector<std::uint32_t> border_operands(const lutra::FloatFormat& f) {
  const std::uint32_t smallest_normal = 1U << f.mantissa_bits, one = static_cast<std::uint32_t>(f.bias()) << f.mantissa_bits;
  const std::uint32_t mantissa = smallest_normal - 1;
  std::vector<std::uint32_t> list = {0, 1, 2, 3, mantissa / 2, mantissa - 1, mantissa, smallest_normal, smallest_normal + 1};
  for (const std::uint32_t x : {one - 1, one, one + 1, one + mantissa, one + smallest_normal, f.largest() - 1, f.largest(), f.infinity(),
                                f.infinity() + 1, f.sign_bit() - 1, f.canonical_nan})
    list.push_back(x);
  const std::size_t count = list.size();
  for (std::size_t i = 0; i < count; ++i) list.push_back(list[i] | f.sign_bit());
  return list;
}

/// Seeded; half plain random bits, half drawn near the operand given before: the same exponent give or take a few, so that sums cancel,
/// products end near the borders of the format and long runs of ones meet the rounding.
class Operands {
 public:
  Operands(const lutra::FloatFormat& format, std::uint64_t seed) : format_(format), random_(seed), borders_(border_operands(format)) {}

  std::uint32_t next() {
    const std::uint64_t r = random_();
    const std::uint32_t mask = format_.sign_bit() * 2 - 1;
    const auto bits = static_cast<std::uint32_t>(r >> 32) & mask;
    switch (r & 7) {
      case 0:
        return before_ = borders_[(r >> 8) % borders_.size()];
      case 1:
      case 2:
        return before_ = (near(r) ^ (bits & mantissa())) & mask;  // near exponent, any mantissa
      case 3:
        return before_ = near(r) & mask & ~(mantissa() >> (r >> 8) % 24);
      case 4:
        return before_ = (bits & ~mantissa()) | (mantissa() >> ((r >> 8) % 24) << ((r >> 16) % 24) & mantissa());
      default:
        return before_ = bits;
    }
  }

 private:
  [[nodiscard]] std::uint32_t mantissa() const { return (1U << format_.mantissa_bits) - 1; }
  [[nodiscard]] std::uint32_t near(std::uint64_t r) const {
    return (before_ ^ ((r >> 9 & 1) != 0 ? format_.sign_bit() : 0)) + (static_cast<std::uint32_t>((r >> 12) % 7) << format_.mantissa_bits) -
           (3U << format_.mantissa_bits);
  }

  const lutra::FloatFormat& format_;
  std::mt19937_64 random_;
  std::vector<std::uint32_t> borders_;
  std::uint32_t before_ = 0;
};

}  // namespace lutra::test
