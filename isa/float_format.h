// The table of floating-point formats: all that units and their models know of a format.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lutra {

/// Which bit patterns are not a number.
enum class NanEncoding {
  kTopExponent,  // IEEE 754: exponent all ones, mantissa not zero
  kAllOnes       // OCP E4M3: exponent and mantissa all ones, and nothing else
};

/// A binary format with sign, exponent and mantissa fields, subnormals and the bias 2^(exponent_bits - 1) - 1.
struct FloatFormat {
  std::string_view name;
  int exponent_bits;
  int mantissa_bits;  // stored ones, without the hidden bit
  bool infinities;    // with kTopExponent always, with kAllOnes never
  NanEncoding nan;
  bool saturate;                // a result beyond the largest number becomes that number, infinities included (OCP)
  std::uint32_t canonical_nan;  // every NaN that a unit gives

  [[nodiscard]] constexpr int bits() const { return 1 + exponent_bits + mantissa_bits; }
  [[nodiscard]] constexpr int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  /// Significand with its hidden bit.
  [[nodiscard]] constexpr int precision() const { return mantissa_bits + 1; }
  [[nodiscard]] constexpr std::uint32_t top_exponent() const { return (1U << exponent_bits) - 1; }
  [[nodiscard]] constexpr std::uint32_t sign_bit() const { return 1U << (bits() - 1); }
  /// Encodings without the sign.
  [[nodiscard]] constexpr std::uint32_t infinity() const { return top_exponent() << mantissa_bits; }
  [[nodiscard]] constexpr std::uint32_t largest() const { return (nan == NanEncoding::kAllOnes ? sign_bit() - 1 : infinity()) - 1; }
  /// What stands for a result beyond the largest number; a NaN where there is nothing better.
  [[nodiscard]] constexpr std::uint32_t overflow() const { return saturate ? largest() : infinities ? infinity() : canonical_nan; }
};

inline constexpr FloatFormat kFp32 = {"fp32", 8, 23, true, NanEncoding::kTopExponent, false, 0x7FC00000};
inline constexpr FloatFormat kFp16 = {"fp16", 5, 10, true, NanEncoding::kTopExponent, false, 0x7E00};
inline constexpr FloatFormat kBf16 = {"bf16", 8, 7, true, NanEncoding::kTopExponent, false, 0x7FC0};
inline constexpr FloatFormat kFp8E4M3 = {"fp8_e4m3", 4, 3, false, NanEncoding::kAllOnes, false, 0x7F};
inline constexpr FloatFormat kFp8E5M2 = {"fp8_e5m2", 5, 2, true, NanEncoding::kTopExponent, false, 0x7E};
inline constexpr FloatFormat kFp8E4M3Saturating = {"fp8_e4m3_sat", 4, 3, false, NanEncoding::kAllOnes, true, 0x7F};
inline constexpr FloatFormat kFp8E5M2Saturating = {"fp8_e5m2_sat", 5, 2, true, NanEncoding::kTopExponent, true, 0x7E};

/// All of the above.
std::span<const FloatFormat> float_formats();
/// The format of that name, or nullptr.
const FloatFormat* find_float_format(std::string_view name);

}  // namespace lutra
