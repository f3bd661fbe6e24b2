// The golden GEMM and the quantiser on cases worked out by hand and against the definition r = s (q - z).
#include "kernels/golden.h"

#include <catch2/catch.hpp>
#include <limits>
#include <random>

#include "isa/error.h"

using namespace lutra;
using namespace lutra::kernels;

namespace {

PlaneType powers_of_two(int planes, ZeroMode mode = ZeroMode::kNone, int zero = 0) {
  PlaneType type;
  type.planes = planes;
  for (int p = 0; p < planes; ++p) type.shifts[static_cast<std::size_t>(p)] = static_cast<std::uint8_t>(p);
  type.zero_mode = mode;
  type.zero = zero;
  return type;
}

}  // namespace

TEST_CASE("two planes of equal weight are the ternary values") {
  PlaneType ternary;
  ternary.planes = 2;
  CHECK(plane_value(ternary, 0b00) == -2);
  CHECK(plane_value(ternary, 0b01) == 0);
  CHECK(plane_value(ternary, 0b11) == 2);
  CHECK(max_plane_value(ternary) == 2);
}

TEST_CASE("a plane code of b planes is 2 q - (2^b - 1)") {
  for (int b = 1; b <= 8; ++b)
    for (int q = 0; q < 1 << b; ++q) CHECK(plane_value(powers_of_two(b), static_cast<std::uint8_t>(q)) == 2 * q - ((1 << b) - 1));
}

TEST_CASE("a GEMM of one token worked out by hand") {
  const std::vector<std::int8_t> a{3, -128, 127};
  const std::vector<std::uint8_t> codes{0b11, 0b00, 0b01, 0b01, 0b11, 0b00};
  PlaneType ternary;
  ternary.planes = 2;
  const auto out = golden_mpgemm({1, 2, 3, ternary, a, codes, 0, {}});
  CHECK((out == std::vector<std::int32_t>{2 * 3 + 2 * 128, 2 * -128 - 2 * 127}));
}

TEST_CASE("two's complement weights come out doubled") {
  std::mt19937 random(3);
  const int m = 3, n = 5, k = 17;
  std::vector<std::int8_t> a(m * k);
  std::vector<std::uint8_t> codes(n * k);
  for (auto& x : a) x = static_cast<std::int8_t>(random());
  for (auto& x : codes) x = static_cast<std::uint8_t>(random() & 15);
  const auto out = golden_mpgemm({m, n, k, powers_of_two(4, ZeroMode::kConstant, 1), a, codes, 0, {}});
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      int sum = 0;
      for (int x = 0; x < k; ++x)
        sum += a[static_cast<std::size_t>(i * k + x)] * (static_cast<int>(codes[static_cast<std::size_t>(j * k + x)]) - 8);
      CHECK(out[static_cast<std::size_t>(i * n + j)] == 2 * sum);
    }
}

TEST_CASE("zero points change from segment to segment and from column to column") {
  const std::vector<std::int8_t> a{1, 2, 3, 4, 5};
  const std::vector<std::uint8_t> codes{3, 3, 3, 3, 3, 0, 0, 0, 0, 0};  // q' = 3 and -3
  const std::vector<std::int16_t> zeros{1, -1, 3, -3, -1, 1};           // three segments of two columns
  const auto out = golden_mpgemm({1, 2, 5, powers_of_two(2, ZeroMode::kPerColumn), a, codes, 2, zeros});
  CHECK((out == std::vector<std::int32_t>{(3 - 1) * 3 + 0 * 7 + (3 + 1) * 5, (-3 + 1) * 3 + 0 * 7 + (-3 - 1) * 5}));
}

TEST_CASE("operands of the wrong size and outputs beyond INT32 are refused") {
  const std::vector<std::int8_t> a(4);
  const std::vector<std::uint8_t> codes(3);
  CHECK_THROWS_AS(golden_mpgemm({1, 1, 4, powers_of_two(1), a, codes, 0, {}}), Error);
  CHECK_THROWS_AS(golden_mpgemm({1, 1, 0, powers_of_two(1), {}, {}, 0, {}}), Error);
  const std::vector<std::int8_t> low(70000, -128);
  const std::vector<std::uint8_t> high(70000, 255);
  CHECK_THROWS_AS(golden_mpgemm({1, 1, 70000, powers_of_two(8), low, high, 0, {}}), Error);
}

TEST_CASE("a token is scaled by its largest magnitude and rounded to nearest even") {
  const std::vector<float> token{127.0F, 0.5F, 1.5F, 2.5F, -0.5F, -126.5F, 0.0F};
  const QuantisedToken q = quantise_token(token);
  CHECK(q.scale == 1.0F);
  CHECK((q.codes == std::vector<std::int8_t>{127, 0, 2, 2, 0, -126, 0}));
}

TEST_CASE("a token of zeros has scale one, and the largest magnitude becomes 127") {
  const std::vector<float> zeros(3, 0.0F);
  CHECK(quantise_token(zeros).scale == 1.0F);
  CHECK((quantise_token(zeros).codes == std::vector<std::int8_t>{0, 0, 0}));
  const std::vector<float> small{-3e-3F, 1e-3F};
  CHECK((quantise_token(small).codes == std::vector<std::int8_t>{-127, 42}));
  const std::vector<float> tiny{std::numeric_limits<float>::denorm_min(), 0.0F};
  CHECK((quantise_token(tiny).codes == std::vector<std::int8_t>{127, 0}));
  const std::vector<float> nan{std::numeric_limits<float>::quiet_NaN()};
  CHECK_THROWS_AS(quantise_token(nan), Error);
}
