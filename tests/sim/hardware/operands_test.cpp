// The operands of a comparison and their right answers.
#include "sim/hardware/operands.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "isa/error.h"

using namespace lutra::hardware;

namespace {
constexpr lutra::gen::Quantisation kSigned{4, false};
}

TEST_CASE("every finite FP16 number survives the way to float and back") {
  for (int half = 0; half < 0x10000; ++half) {
    if ((half >> 10 & 31) == 31) continue;
    REQUIRE(to_half(from_half(static_cast<std::uint16_t>(half))) == half);
  }
}

TEST_CASE("FP16 is rounded to nearest, ties to even") {
  CHECK(to_half(1.0F + 1.0F / 2048) == 0x3C00);
  CHECK(to_half(1.0F + 3.0F / 2048) == 0x3C02);
  CHECK(to_half(2.0F - 1.0F / 4096) == 0x4000);
  CHECK(to_half(std::ldexp(3.0F, -26)) == 0x0001);
  CHECK(to_half(1e6F) == 0x7BFF);
}

TEST_CASE("wider codes stand for the same numbers") {
  const Operands narrow = layer_operands("W2", 8, 2, 4, 256, 3), wide = as_uniform(narrow, 8);
  for (std::size_t i = 0; i < narrow.codes.size(); ++i) CHECK(weight_value(narrow, narrow.codes[i]) == weight_value(wide, wide.codes[i]));
  CHECK(exact_result(narrow, 1, 3, 1) == exact_result(wide, 1, 3, 1));
}

TEST_CASE("ternary weights as uniform codes stand for 2t + 1") {
  const Operands trits = layer_operands("ternary", 8, 2, 4, 256, 3), codes = as_uniform(trits, 2);
  for (std::size_t i = 0; i < trits.codes.size(); ++i)
    CHECK(weight_value(codes, codes.codes[i]) == 2 * weight_value(trits, trits.codes[i]) + 1);
}

TEST_CASE("quantised tables lose some tens of decibels below the signal and exact ones nothing") {
  const Operands o = layer_operands("W2", 8, 2, 16, 256, 3);
  CHECK(std::isinf(sqnr_db(o, nullptr)));
  CHECK(sqnr_db(o, &kSigned) > 25);
  CHECK(sqnr_db(o, &kSigned) < 60);
}

TEST_CASE("FP16 activations aligned to 11 bits lose less than quantised tables do") {
  const Operands o = layer_operands("W1", 12, 2, 16, 256, 3);
  for (const int a : o.activations) CHECK(std::abs(a) <= 2047);
  CHECK(sqnr_db(o, nullptr) > 50);
  CHECK(sqnr_db(o, nullptr) > sqnr_db(o, &kSigned));
}

TEST_CASE("an unknown weight type is refused with those that are known") {
  CHECK_THROWS_WITH(layer_operands("W3", 8, 2, 4, 256, 1), Catch::Contains("\"W3\" is not one of W1, W2, W4, W8, ternary"));
}
