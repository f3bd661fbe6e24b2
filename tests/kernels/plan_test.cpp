// What a plan refuses, what it chooses, and how many bits it stores.
#include <catch2/catch.hpp>
#include <limits>

#include "isa/error.h"
#include "kernels/mpgemm.h"
#include "tests/kernels/random_gemm.h"

namespace lutra::kernels {
namespace {

RandomWeights ternary(int outputs, int depth) {
  std::mt19937 random(1);
  return random_weights({outputs, depth, ternary_planes(), 0, Scales::kTensor}, random);
}

}  // namespace

TEST_CASE("a plan refuses operands whose sizes do not fit their shape") {
  const RandomWeights w = ternary(4, 32);
  WeightMatrix m = w.matrix;
  m.depth = 33;
  CHECK_THROWS_WITH(make_plan(m), Catch::Contains("plane codes hold 128 values, their shape needs 132"));
  m = w.matrix;
  m.outputs = 0;
  CHECK_THROWS_AS(make_plan(m), Error);
  m = w.matrix;
  m.type.planes = 9;
  CHECK_THROWS_WITH(make_plan(m), Catch::Contains("allowed are 1 to 8"));
  m = w.matrix;
  m.type.zero_mode = ZeroMode::kPerColumn;
  CHECK_THROWS_WITH(make_plan(m), Catch::Contains("zero points hold 0 values, their shape needs 4"));
  const std::vector<float> scales(3, 1.0F);
  m = w.matrix;
  m.scales = scales;
  CHECK_THROWS_WITH(make_plan(m), Catch::Contains("scales hold 3 values, their shape needs 4"));
}

TEST_CASE("a plan refuses tables that do not fill a group") {
  std::mt19937 random(2);
  const RandomWeights w = random_weights({4, 96, binary_planes(2), 32, Scales::kColumn}, random);
  PlanOptions options;
  options.mode = TableMode::kQuantised;
  options.table_k = 5;
  CHECK_THROWS_WITH(make_plan(w.matrix, options), Catch::Contains("tables of 5 activations do not fill groups of 32"));
  options.table_k = 4;
  options.table_group = 48;
  CHECK_THROWS_WITH(make_plan(w.matrix, options), Catch::Contains("one must divide the other"));
}

TEST_CASE("a plan refuses families that cannot do what is asked") {
  const RandomWeights w = ternary(4, 32);
  PlanOptions options;
  options.mode = TableMode::kQuantised;
  options.family = Family::kMultiplyAdd;
  CHECK_THROWS_AS(make_plan(w.matrix, options), Error);
  options.family = Family::kLookup;
  options.table_k = 3;
  CHECK_THROWS_AS(make_plan(w.matrix, options), Error);
  std::mt19937 random(3);
  options = {};
  options.dense_ternary = true;
  CHECK_THROWS_WITH(make_plan(random_weights({4, 32, binary_planes(2), 0, Scales::kNone}, random).matrix, options),
                    Catch::Contains("two planes of weight 1"));
}

TEST_CASE("a plan whose sums could leave INT32 is refused, one that only looks so is not") {
  const std::vector<std::uint8_t> largest(1 << 17, 0xFF);
  WeightMatrix w{1, 1 << 17, binary_planes(8), 0, largest, {}, {}, {}};
  CHECK_THROWS_WITH(make_plan(w), Catch::Contains("could leave INT32"));
  const std::vector<std::uint8_t> small(1 << 17, 0x80);
  w.codes = small;
  CHECK_NOTHROW(make_plan(w));
}

TEST_CASE("calls with operands that do not fit the plan are refused") {
  const RandomWeights w = ternary(4, 32);
  const Plan plan = make_plan(w.matrix);
  const std::vector<std::int8_t> a(32, 1);
  std::vector<float> out(4);
  const Output good{ValueType::kFp32, out.data(), 0};
  CHECK_THROWS_AS(mpgemm(plan, {ValueType::kInt8, nullptr, 1, 0, {}}, good), Error);
  CHECK_THROWS_AS(mpgemm(plan, {ValueType::kInt8, a.data(), 0, 0, {}}, good), Error);
  CHECK_THROWS_AS(mpgemm(plan, {ValueType::kInt32, a.data(), 1, 0, {}}, good), Error);
  CHECK_THROWS_AS(mpgemm(plan, {ValueType::kInt8, a.data(), 1, 31, {}}, good), Error);
  CHECK_THROWS_AS(mpgemm(plan, {ValueType::kInt8, a.data(), 1, 0, {}}, {ValueType::kFp32, nullptr, 0}), Error);
  CHECK_THROWS_WITH(mpgemm(plan, {ValueType::kInt8, a.data(), 1, 0, {}}, {ValueType::kInt32, out.data(), 0}),
                    Catch::Contains("all scales to be 1"));
  std::vector<float> values(32, 1.0F);
  values[7] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(mpgemm(plan, {ValueType::kFp32, values.data(), 1, 0, {}}, good), Error);
}

TEST_CASE("packed weights take the bits that their name says") {
  std::mt19937 random(4);
  const auto bits = [&random](const PlaneType& type, int group, bool dense) {
    PlanOptions options;
    options.dense_ternary = dense;
    options.family = Family::kMultiplyAdd;
    const WeightRequest request{64, 768, type, group, group == 0 ? Scales::kTensor : Scales::kColumn};
    return make_plan(random_weights(request, random).matrix, options).bits_per_weight();
  };
  for (int planes = 1; planes <= kMaxPlanes; ++planes) CHECK(bits(binary_planes(planes), 0, false) == planes);
  CHECK(bits(ternary_planes(), 0, false) == 2);
  CHECK(bits(ternary_planes(), 0, true) == Approx(5.0 / 3));
  CHECK(bits(binary_planes(4), 128, false) == 4.25);
}

}  // namespace lutra::kernels
