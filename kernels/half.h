// FP32 to the narrower outputs and back: round to nearest even, overflow to infinity (INT8: clamped), canonical NaN (docs/numerics.md).
// float_code.h has one rule for every format, by way of ldexp; tables and outputs of the kernels are converted by the million, so the two
// formats they take and leave have conversions of shifts and additions, which compilers vectorise. A test holds that both agree.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace lutra::kernels {

inline float bf16_to_float(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

inline std::uint16_t float_to_bf16(float value) {
  if (std::isnan(value)) return 0x7FC0;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

inline float fp16_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1F;
  const std::uint32_t mantissa = half & 0x3FF;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | (wide << 23) | (mantissa << 13));
}

inline std::uint16_t float_to_fp16(float value) {
  if (std::isnan(value)) return 0x7E00;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000);
  const std::uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude >= 0x47800000) return static_cast<std::uint16_t>(sign | 0x7C00);  // 65536 and above
  if (magnitude < 0x38800000) {                                                   // below 2^-14: a subnormal counts units of 2^-24
    const float units = std::nearbyint(std::fabs(value) * 0x1p24F);
    return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(units));
  }
  const std::uint32_t rounded = magnitude + 0xFFF + ((magnitude >> 13) & 1);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

inline std::int8_t float_to_int8(float value) {
  return std::isnan(value) ? std::int8_t{0} : static_cast<std::int8_t>(std::clamp(std::nearbyint(value), -128.0F, 127.0F));
}

/// The bits of an FP32 output in memory, low bytes first: `type` is fp16, bf16 or int8; every other one leaves FP32.
inline std::uint32_t output_bits(std::string_view type, float value) {
  if (type == "fp16") return float_to_fp16(value);
  if (type == "bf16") return float_to_bf16(value);
  if (type == "int8") return static_cast<std::uint8_t>(float_to_int8(value));
  return std::bit_cast<std::uint32_t>(value);
}

}  // namespace lutra::kernels
