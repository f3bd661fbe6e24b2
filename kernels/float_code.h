// Numbers of any narrow format of isa/float_format.h as FP32 and back: round to nearest even, subnormals kept (docs/numerics.md).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "isa/float_format.h"

namespace lutra::kernels {

/// The number that `bits` encode; exact for formats that FP32 contains.
inline float decode_float(const FloatFormat& format, std::uint32_t bits) {
  const std::uint32_t magnitude = bits & (format.sign_bit() - 1);
  const float sign = (bits & format.sign_bit()) != 0 ? -1.0F : 1.0F;
  if (magnitude == format.infinity() && format.infinities) return sign * std::numeric_limits<float>::infinity();
  if (magnitude > format.largest()) return std::numeric_limits<float>::quiet_NaN();
  const std::uint32_t field = magnitude >> format.mantissa_bits, mantissa = magnitude & ((1U << format.mantissa_bits) - 1);
  const std::uint32_t significand = mantissa | (field != 0 ? 1U << format.mantissa_bits : 0);
  const int exponent = std::max<int>(1, static_cast<int>(field)) - format.bias() - format.mantissa_bits;
  return sign * std::ldexp(static_cast<float>(significand), exponent);
}

/// What stands for a finite or infinite result that is too large; a NaN has no sign.
inline std::uint32_t overflow_code(const FloatFormat& format, std::uint32_t sign) {
  return format.overflow() == format.canonical_nan ? format.canonical_nan : sign | format.overflow();
}

/// The nearest encoding; beyond the largest number what the format has for an overflow.
inline std::uint32_t encode_float(const FloatFormat& format, float value) {
  if (std::isnan(value)) return format.canonical_nan;
  const std::uint32_t sign = std::signbit(value) ? format.sign_bit() : 0;
  if (std::isinf(value)) return overflow_code(format, sign);
  const int smallest = 1 - format.bias();
  const int exponent = value == 0 ? smallest : std::max(smallest, std::ilogb(value));
  // In units of the last place; the hidden bit, and a carry out of the mantissa, count the exponent up.
  const auto units = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(std::fabs(value), format.mantissa_bits - exponent)));
  const std::uint32_t magnitude = (static_cast<std::uint32_t>(exponent - smallest) << format.mantissa_bits) + units;
  return magnitude > format.largest() ? overflow_code(format, sign) : sign | magnitude;
}

}  // namespace lutra::kernels
