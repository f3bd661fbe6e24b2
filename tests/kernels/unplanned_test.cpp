// The unplanned integer GEMM against the golden one.
#include <catch2/catch.hpp>

#include "isa/error.h"
#include "kernels/mpgemm.h"
#include "tests/kernels/random_gemm.h"

namespace lutra::kernels {

TEST_CASE("the unplanned GEMM is the golden one on every target, for all planes and zero points") {
  std::mt19937 random(1);
  for (int i = 0; i < 120; ++i) {
    PlaneType type = binary_planes(1 + i % kMaxPlanes, static_cast<ZeroMode>(i % 3), 3);
    if (i % 5 == 0) type = ternary_planes();
    if (i % 7 == 0) type.shifts[0] = 5;
    const int depth = 1 + static_cast<int>(random() % 300), segment = i % 4 == 0 ? 0 : 1 + static_cast<int>(random() % 64);
    const RandomWeights w = random_weights({1 + static_cast<int>(random() % 20), depth, type, segment, Scales::kNone}, random, i % 2 == 0);
    const std::vector<std::int8_t> a = random_codes(3 * static_cast<std::size_t>(depth), random);
    const GemmOperands operands{3, w.matrix.outputs, depth, type, a, w.codes, segment, w.zeros};
    const std::vector<std::int32_t> expected = golden_mpgemm(operands);
    for (const Target target : available_targets()) {
      CAPTURE(to_string(target), type.planes, depth, segment);
      CHECK(mpgemm_unplanned(operands, target) == expected);
    }
  }
}

TEST_CASE("extreme operands of the unplanned GEMM stay exact") {
  for (const int activation : {-128, 127}) {
    const std::vector<std::int8_t> a(60000, static_cast<std::int8_t>(activation));
    const std::vector<std::uint8_t> codes(60000, 0xFF);
    const GemmOperands operands{1, 1, 60000, binary_planes(8), a, codes, 0, {}};
    for (const Target target : available_targets()) CHECK(mpgemm_unplanned(operands, target) == golden_mpgemm(operands));
  }
}

TEST_CASE("the unplanned GEMM refuses what the golden one refuses") {
  const std::vector<std::int8_t> a(8, 1);
  const std::vector<std::uint8_t> codes(15, 1);
  CHECK_THROWS_AS(mpgemm_unplanned({1, 2, 8, binary_planes(1), a, codes, 0, {}}), Error);
  CHECK_THROWS_AS(mpgemm_unplanned({0, 2, 8, binary_planes(1), a, codes, 0, {}}), Error);
}

}  // namespace lutra::kernels
