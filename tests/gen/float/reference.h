// What the CPU's own arithmetic says: exact results in double, rounded into a format by the CPU's rounding of doubles to integers.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "isa/float_format.h"

namespace lutra::test {

/// The number that an encoding stands for; a double holds every number of every format.
inline double decode(const lutra::FloatFormat& f, std::uint32_t bits) {
  const std::uint32_t magnitude = bits & (f.sign_bit() - 1);
  if (magnitude > (f.infinities ? f.infinity() : f.largest())) return std::numeric_limits<double>::quiet_NaN();
  const double sign = (bits & f.sign_bit()) != 0 ? -1 : 1;
  if (f.infinities && magnitude == f.infinity()) return sign * std::numeric_limits<double>::infinity();
  const auto field = static_cast<int>(magnitude >> f.mantissa_bits);
  const double fraction = std::ldexp(magnitude & ((1U << f.mantissa_bits) - 1), -f.mantissa_bits);
  return sign * (field == 0 ? std::ldexp(fraction, 1 - f.bias()) : std::ldexp(1 + fraction, field - f.bias()));
}

/// Rounds a double to nearest even; the unit in the last place is found from the double's exponent.
inline std::uint32_t encode(const lutra::FloatFormat& f, double value) {
  if (std::isnan(value)) return f.canonical_nan;
  const std::uint32_t sign = std::signbit(value) ? f.sign_bit() : 0;
  const double largest = decode(f, f.largest());
  const auto beyond = [&] {
    if (f.saturate) return sign | f.largest();
    return f.infinities ? sign | f.infinity() : f.canonical_nan;
  };
  if (std::isinf(value)) return beyond();
  const double size = std::fabs(value);
  const int exponent = size == 0 ? 1 - f.bias() : std::max(std::ilogb(size), 1 - f.bias());
  const double units = std::nearbyint(std::ldexp(size, f.mantissa_bits - exponent));
  const double rounded = std::ldexp(units, exponent - f.mantissa_bits);
  if (rounded > largest) return beyond();
  if (rounded == 0) return sign;
  if (rounded < std::ldexp(1, 1 - f.bias())) return sign | static_cast<std::uint32_t>(units);
  const int field = std::ilogb(rounded);
  const double fraction = std::ldexp(rounded, -field) - 1;
  return sign | static_cast<std::uint32_t>(field + f.bias()) << f.mantissa_bits |
         static_cast<std::uint32_t>(std::ldexp(fraction, f.mantissa_bits));
}

/// The CPU's FP32, with the one NaN that lutra has.
inline std::uint32_t bits_of(float value) { return std::isnan(value) ? 0x7FC00000 : std::bit_cast<std::uint32_t>(value); }
inline float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }

}  // namespace lutra::test
