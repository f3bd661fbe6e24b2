#include "gen/float/model.h"

#include <algorithm>
#include <bit>

namespace lutra::gen {
namespace {

/// An operand: magnitude significand 2^(exponent - bias - mantissa_bits), exponent at least 1.
struct Unpacked {
  bool negative, nan, infinite;
  int exponent;
  std::uint64_t significand;
};

Unpacked unpack(const FloatFormat& f, std::uint32_t a) {
  const std::uint32_t magnitude = a & (f.sign_bit() - 1);
  const std::uint32_t field = magnitude >> f.mantissa_bits, mantissa = magnitude & ((1U << f.mantissa_bits) - 1);
  Unpacked u{};
  u.negative = (a & f.sign_bit()) != 0;
  u.nan = f.nan == NanEncoding::kAllOnes ? magnitude == f.sign_bit() - 1 : magnitude > f.infinity();
  u.infinite = f.infinities && magnitude == f.infinity();
  u.exponent = std::max(1, static_cast<int>(field));
  u.significand = field != 0 ? mantissa | 1U << f.mantissa_bits : mantissa;
  return u;
}

std::uint32_t signed_bits(const FloatFormat& f, bool negative, std::uint32_t magnitude) {
  return magnitude | (negative ? f.sign_bit() : 0);
}

/// A NaN that stands for an overflow is canonical: it has no sign.
std::uint32_t infinite_result(const FloatFormat& f, bool negative) {
  return f.overflow() == f.canonical_nan ? f.canonical_nan : signed_bits(f, negative, f.overflow());
}

/// value >> distance, with every bit shifted out ORed into the lowest one that stays.
std::uint64_t shift_right_sticky(std::uint64_t value, int distance) {
  if (distance <= 0) return value;
  if (distance >= 64) return value != 0 ? 1 : 0;
  return value >> distance | ((value & ((1ULL << distance) - 1)) != 0 ? 1 : 0);
}

/// Rounds significand 2^(exponent - bias - 63): bit 63 has the weight of a normal number's hidden bit at that biased exponent, and bit 0 is
/// sticky.
std::uint32_t round_and_pack(const FloatFormat& f, bool negative, int exponent, std::uint64_t significand) {
  if (significand == 0) return signed_bits(f, negative, 0);
  const int zeros = std::countl_zero(significand);
  // A result below the smallest normal number stays at exponent 1 with leading zeros.
  const int left = std::min(zeros, exponent - 1);
  significand = left >= 0 ? significand << left : shift_right_sticky(significand, -left);
  exponent -= left;
  const int dropped = 64 - f.precision();
  const std::uint64_t kept = significand >> dropped, rest = significand & ((1ULL << dropped) - 1), half = 1ULL << (dropped - 1);
  const bool up = rest > half || (rest == half && (kept & 1) != 0);
  // The hidden bit adds one to the exponent field; a carry out of the mantissa moves into it by itself.
  const std::uint64_t magnitude = (static_cast<std::uint64_t>(exponent - 1) << f.mantissa_bits) + kept + (up ? 1 : 0);
  if (magnitude > f.largest()) return infinite_result(f, negative);
  return signed_bits(f, negative, static_cast<std::uint32_t>(magnitude));
}

}  // namespace

std::uint32_t float_add(const FloatFormat& f, std::uint32_t a, std::uint32_t b) {
  Unpacked x = unpack(f, a), y = unpack(f, b);
  if (x.nan || y.nan || (x.infinite && y.infinite && x.negative != y.negative)) return f.canonical_nan;
  if (x.infinite || y.infinite) return infinite_result(f, x.infinite ? x.negative : y.negative);
  if ((a & (f.sign_bit() - 1)) < (b & (f.sign_bit() - 1))) std::swap(x, y);
  // The larger operand's hidden bit stands at bit 61: room for a carry above, and far more than three bits below.
  const int place = 61 - f.mantissa_bits;
  const std::uint64_t large = x.significand << place;
  const std::uint64_t small = shift_right_sticky(y.significand << place, x.exponent - y.exponent);
  const bool subtract = x.negative != y.negative;
  const std::uint64_t sum = subtract ? large - small : large + small;
  if (sum == 0) return signed_bits(f, x.negative && y.negative, 0);
  return round_and_pack(f, x.negative, x.exponent + 2, sum);
}

std::uint32_t float_multiply(const FloatFormat& f, std::uint32_t a, std::uint32_t b) {
  const Unpacked x = unpack(f, a), y = unpack(f, b);
  const bool negative = x.negative != y.negative;
  if (x.nan || y.nan) return f.canonical_nan;
  if (x.infinite || y.infinite) return (x.infinite ? y.significand : x.significand) == 0 ? f.canonical_nan : infinite_result(f, negative);
  // A product of two significands below 2 is below 4: bit 63 stands for 2.
  return round_and_pack(f, negative, x.exponent + y.exponent - f.bias() + 1, (x.significand * y.significand) << (64 - 2 * f.precision()));
}

std::uint32_t float_divide(const FloatFormat& f, std::uint32_t a, std::uint32_t b) {
  Unpacked x = unpack(f, a), y = unpack(f, b);
  const bool negative = x.negative != y.negative;
  if (x.nan || y.nan || (x.infinite && y.infinite)) return f.canonical_nan;
  if (x.infinite) return infinite_result(f, negative);
  if (y.infinite) return signed_bits(f, negative, 0);
  if (y.significand == 0) return x.significand == 0 ? f.canonical_nan : infinite_result(f, negative);
  if (x.significand == 0) return signed_bits(f, negative, 0);
  const auto normalise = [&](Unpacked& u) {
    const int left = std::countl_zero(u.significand) - (63 - f.mantissa_bits);
    u.significand <<= left;
    u.exponent -= left;
  };
  normalise(x);
  normalise(y);
  // precision + 2 quotient bits, then the remainder as sticky; the quotient of two normal significands lies between 1/2 and 2.
  const int digits = f.precision() + 1;
  const std::uint64_t dividend = x.significand << digits;
  const std::uint64_t quotient = dividend / y.significand << 1 | (dividend % y.significand != 0 ? 1 : 0);
  return round_and_pack(f, negative, x.exponent - y.exponent + f.bias(), quotient << (62 - digits));
}

FloatOrder float_compare(const FloatFormat& f, std::uint32_t a, std::uint32_t b) {
  if (unpack(f, a).nan || unpack(f, b).nan) return {false, false, true};
  const auto value = [&](std::uint32_t x) {
    const auto magnitude = static_cast<std::int64_t>(x & (f.sign_bit() - 1));
    return (x & f.sign_bit()) != 0 ? -magnitude : magnitude;
  };
  return {value(a) < value(b), value(a) == value(b), false};
}

std::uint32_t float_maximum(const FloatFormat& f, std::uint32_t a, std::uint32_t b) {
  const FloatOrder order = float_compare(f, a, b);
  if (order.unordered) return f.canonical_nan;
  if (order.equal) return a & b;  // equal numbers, or two zeros of which one may be negative
  return order.less ? b : a;
}

std::uint32_t float_convert(const FloatFormat& from, const FloatFormat& to, std::uint32_t a) {
  const Unpacked x = unpack(from, a);
  if (x.nan) return to.canonical_nan;
  if (x.infinite) return infinite_result(to, x.negative);
  return round_and_pack(to, x.negative, x.exponent - from.bias() + to.bias(), x.significand << (63 - from.mantissa_bits));
}

std::uint32_t int_to_float(const FloatFormat& to, std::int64_t value) {
  const std::uint64_t magnitude = value < 0 ? -static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  return round_and_pack(to, value < 0, to.bias() + 63, magnitude);
}

std::int32_t float_to_int(const FloatFormat& from, int bits, std::uint32_t a) {
  const Unpacked x = unpack(from, a);
  const std::int64_t most = (1LL << (bits - 1)) - 1, least = -most - 1;
  if (x.nan) return 0;
  // Two bits below the point: a half and a sticky one.
  const int scale = x.exponent - from.bias() - from.mantissa_bits + 2;
  if (x.infinite || scale > 32) return static_cast<std::int32_t>(x.negative ? least : most);
  const std::uint64_t quarters = scale >= 0 ? x.significand << scale : shift_right_sticky(x.significand, -scale);
  const bool up = (quarters & 2) != 0 && (quarters & 5) != 0;
  const auto rounded = static_cast<std::int64_t>(quarters >> 2) + (up ? 1 : 0);
  return static_cast<std::int32_t>(std::clamp(x.negative ? -rounded : rounded, least, most));
}

}  // namespace lutra::gen
