// The floating-point models against the CPU's arithmetic.
#include "gen/float/model.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "kernels/half.h"
#include "tests/gen/float/operands.h"
#include "tests/gen/float/reference.h"

namespace lutra::test {
namespace {

using lutra::FloatFormat;

constexpr int kPairs = 2'000'000;

/// Sum, product, quotient, maximum and order of one pair, as the CPU computes them in double: exact, or (for quotients, and for sums of
/// BF16) rounded to so many more bits that rounding twice is rounding once.
bool pair_agrees(const FloatFormat& f, std::uint32_t a, std::uint32_t b) {
  const double x = decode(f, a), y = decode(f, b);
  const gen::FloatOrder order = gen::float_compare(f, a, b);
  const double larger = std::isnan(x) || std::isnan(y) ? std::nan("") : x == 0 && y == 0 ? (std::signbit(x) ? y : x) : std::max(x, y);
  // Here an infinite operand is not an overflow.
  const std::uint32_t maximum = std::isnan(larger)                                                 ? f.canonical_nan
                                : a == b || larger != y || std::signbit(larger) != std::signbit(y) ? a
                                                                                                   : b;
  return gen::float_add(f, a, b) == encode(f, x + y) && gen::float_multiply(f, a, b) == encode(f, x * y) &&
         gen::float_divide(f, a, b) == encode(f, x / y) && gen::float_maximum(f, a, b) == maximum && order.less == (x < y) &&
         order.equal == (x == y) && order.unordered == (std::isnan(x) || std::isnan(y));
}

bool fp32_agrees(std::uint32_t a, std::uint32_t b) {
  const float x = float_of(a), y = float_of(b);
  return gen::float_add(lutra::kFp32, a, b) == bits_of(x + y) && gen::float_multiply(lutra::kFp32, a, b) == bits_of(x * y) &&
         gen::float_divide(lutra::kFp32, a, b) == bits_of(x / y);
}

/// Calls `agrees` with every pair of border operands, then with `pairs` drawn ones; gives the number of pairs for which it said no.
template <typename Agrees>
int disagreements(const FloatFormat& f, int pairs, Agrees agrees) {
  int wrong = 0;
  for (const std::uint32_t a : border_operands(f))
    for (const std::uint32_t b : border_operands(f)) wrong += agrees(a, b) ? 0 : 1;
  Operands operands(f, 1);
  for (int i = 0; i < pairs; ++i) {
    const std::uint32_t a = operands.next(), b = operands.next();
    wrong += agrees(a, b) ? 0 : 1;
  }
  return wrong;
}

}  // namespace

TEST_CASE("encoding undoes decoding, and NaN is canonical") {
  for (const FloatFormat& f : lutra::float_formats()) {
    if (f.bits() > 16) continue;
    int wrong = 0;
    for (std::uint32_t a = 0; a < f.sign_bit() * 2; ++a) {
      const double value = decode(f, a);
      wrong += (std::isnan(value) ? f.canonical_nan : f.saturate && std::isinf(value) ? a - 1 : a) == encode(f, value) ? 0 : 1;
    }
    INFO(f.name);
    CHECK(wrong == 0);
  }
}

TEST_CASE("the model has the largest numbers, overflows and NaNs that the formats' definitions name") {
  CHECK(decode(lutra::kFp32, lutra::kFp32.largest()) == 0x1.fffffep127);
  CHECK(decode(lutra::kFp16, lutra::kFp16.largest()) == 65504);
  CHECK(decode(lutra::kFp8E4M3, lutra::kFp8E4M3.largest()) == 448);
  CHECK(decode(lutra::kFp8E5M2, lutra::kFp8E5M2.largest()) == 57344);
  CHECK(lutra::kFp16.overflow() == 0x7C00);
  CHECK(lutra::kFp8E4M3.overflow() == 0x7F);
  CHECK(lutra::kFp8E4M3Saturating.overflow() == 0x7E);
  CHECK(lutra::kFp8E5M2Saturating.overflow() == 0x7B);
}

TEST_CASE("all pairs of FP8 give the CPU's sum, product, quotient, maximum and order") {
  for (const FloatFormat* f : {&lutra::kFp8E4M3, &lutra::kFp8E5M2, &lutra::kFp8E4M3Saturating, &lutra::kFp8E5M2Saturating}) {
    int wrong = 0;
    for (std::uint32_t a = 0; a < 256; ++a)
      for (std::uint32_t b = 0; b < 256; ++b) wrong += pair_agrees(*f, a, b) ? 0 : 1;
    INFO(f->name);
    CHECK(wrong == 0);
  }
}

TEST_CASE("millions of pairs of FP16 and BF16 give the CPU's results") {
  for (const FloatFormat* f : {&lutra::kFp16, &lutra::kBf16}) {
    INFO(f->name);
    CHECK(disagreements(*f, kPairs, [&](std::uint32_t a, std::uint32_t b) { return pair_agrees(*f, a, b); }) == 0);
  }
}

TEST_CASE("millions of pairs of FP32 give the CPU's sum, product and quotient") {
  CHECK(disagreements(lutra::kFp32, 5 * kPairs, fp32_agrees) == 0);
}

TEST_CASE("every number of a narrow format converts to every format as the CPU rounds it") {
  for (const FloatFormat& from : lutra::float_formats()) {
    if (from.bits() > 16) continue;
    for (const FloatFormat& to : lutra::float_formats()) {
      int wrong = 0;
      for (std::uint32_t a = 0; a < from.sign_bit() * 2; ++a)
        wrong += gen::float_convert(from, to, a) == encode(to, decode(from, a)) ? 0 : 1;
      INFO(from.name << " to " << to.name);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("a dense sample of FP32 converts to the narrow formats and to INT8 as the CPU rounds it") {
  int wrong = 0;
  for (std::uint64_t a = 0; a < 1ULL << 32; a += 1021) {  // a prime: all low bits come up
    const auto bits = static_cast<std::uint32_t>(a);
    const double value = decode(lutra::kFp32, bits);
    for (const FloatFormat& to : lutra::float_formats())
      if (to.bits() <= 16) wrong += gen::float_convert(lutra::kFp32, to, bits) == encode(to, value) ? 0 : 1;
    const double whole = std::isnan(value) ? 0 : std::clamp(std::nearbyint(value), -128.0, 127.0);
    wrong += gen::float_to_int(lutra::kFp32, 8, bits) == static_cast<int>(whole) ? 0 : 1;
    wrong += gen::float_convert(lutra::kFp32, lutra::kFp16, bits) == kernels::float_to_fp16(float_of(bits)) ? 0 : 1;
    wrong += gen::float_convert(lutra::kFp32, lutra::kBf16, bits) == kernels::float_to_bf16(float_of(bits)) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("integers become the CPU's FP32, and come back clamped") {
  std::mt19937_64 random(3);
  int wrong = 0;
  const auto check = [&](std::int32_t value) {
    wrong += gen::int_to_float(lutra::kFp32, value) == bits_of(static_cast<float>(value)) ? 0 : 1;
    wrong += gen::int_to_float(lutra::kFp16, value) == encode(lutra::kFp16, value) ? 0 : 1;
    const std::uint32_t bits = bits_of(static_cast<float>(value));
    const double back = std::clamp(static_cast<double>(float_of(bits)), -2147483648.0, 2147483647.0);
    wrong += gen::float_to_int(lutra::kFp32, 32, bits) == static_cast<std::int32_t>(back) ? 0 : 1;
  };
  for (int shift = 0; shift < 32; ++shift)
    for (int near = -2; near <= 2; ++near) {
      check(static_cast<std::int32_t>((1U << shift) + static_cast<unsigned>(near)));
      check(static_cast<std::int32_t>(0U - (1U << shift) + static_cast<unsigned>(near)));
    }
  for (int i = 0; i < kPairs; ++i) {
    const std::uint64_t r = random();
    check(static_cast<std::int32_t>(r >> 32) >> (r & 31));
  }
  CHECK(wrong == 0);
}

}  // namespace lutra::test
