// Every family and target against the references: all types, odd shapes, extreme values, misaligned operands.
#include "kernels/mpgemm.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <limits>

#include "isa/error.h"
#include "kernels/half.h"
#include "kernels/reference.h"
#include "tests/kernels/random_gemm.h"

namespace lutra::kernels {
namespace {

std::vector<std::uint32_t> bits_of(const std::vector<float>& values) {
  std::vector<std::uint32_t> bits(values.size());
  std::memcpy(bits.data(), values.data(), values.size() * 4);
  for (auto& word : bits) {
    if ((word & 0x7FFFFFFF) > 0x7F800000) word = 0x7FC00000;  // NaN is canonical
  }
  return bits;
}

std::vector<Family> families(const PlanOptions& options) {
  if (options.dense_ternary) return {Family::kMultiplyAdd};
  if (options.mode == TableMode::kFloat) return {Family::kScalar};
  if (options.mode == TableMode::kQuantised && options.table_k != 4) return {Family::kScalar};
  if (options.mode == TableMode::kQuantised) return {Family::kLookup, Family::kScalar};
  return {Family::kMultiplyAdd, Family::kLookup, Family::kScalar};
}

/// Runs the matrix on every target and family and compares FP32 (and INT32 where scales are 1) with the reference, bit by bit.
void check(const WeightMatrix& weights, PlanOptions options, int tokens, std::mt19937& random, bool floats = false, int threads = 1) {
  const auto count = static_cast<std::size_t>(tokens) * static_cast<std::size_t>(weights.depth);
  const std::vector<std::int8_t> codes = random_codes(count, random);
  const std::vector<float> values = random_values(count, random);
  std::vector<float> scales;
  if (!floats && !weights.scales.empty()) scales = random_values(static_cast<std::size_t>(tokens), random);
  const ReferenceInput input = floats ? ReferenceInput{tokens, {}, values, {}} : ReferenceInput{tokens, codes, {}, scales};
  const ReferenceOutput expected = reference_mpgemm(weights, options, input);
  const Activations activations =
      floats ? Activations{ValueType::kFp32, values.data(), tokens, 0, {}} : Activations{ValueType::kInt8, codes.data(), tokens, 0, scales};
  for (const Target target : available_targets()) {
    for (const Family family : families(options)) {
      options.target = target;
      options.family = family;
      CAPTURE(to_string(target), to_string(family), to_string(options.mode), weights.outputs, weights.depth, weights.group,
              weights.type.planes, tokens);
      const Plan plan = make_plan(weights, options, threads);
      std::vector<float> out(expected.values.size());
      mpgemm(plan, activations, {ValueType::kFp32, out.data(), 0}, threads);
      CHECK(bits_of(out) == bits_of(expected.values));
      if (options.mode != TableMode::kExact || floats || !weights.scales.empty() || !weights.real_zeros.empty()) continue;
      std::vector<std::int32_t> integers(expected.integers.size());
      mpgemm(plan, activations, {ValueType::kInt32, integers.data(), 0}, threads);
      CHECK(std::vector<std::int64_t>(integers.begin(), integers.end()) == expected.integers);
    }
  }
}

}  // namespace

TEST_CASE("every number of planes gives the reference's bits") {
  std::mt19937 random(1);
  for (int planes = 1; planes <= kMaxPlanes; ++planes) {
    for (const int depth : {1, 7, 32, 100, 259}) {
      const RandomWeights w = random_weights({35, depth, binary_planes(planes), 0, Scales::kNone}, random);
      check(w.matrix, {}, 1, random);
      check(w.matrix, {}, 5, random);
    }
  }
}

TEST_CASE("planes of any weights give the reference's bits") {
  std::mt19937 random(2);
  for (int i = 0; i < 12; ++i) {
    PlaneType type;
    type.planes = 1 + static_cast<int>(random() % kMaxPlanes);
    for (auto& shift : type.shifts) shift = static_cast<std::uint8_t>(random() % 8);
    check(random_weights({20, 77, type, 0, Scales::kTensor}, random).matrix, {}, 3, random);
  }
}

TEST_CASE("ternary weights at 2 and at 5/3 bits give the reference's bits") {
  std::mt19937 random(3);
  for (const int depth : {1, 95, 96, 97, 200, 384}) {
    for (const bool dense : {false, true}) {
      PlanOptions options;
      options.dense_ternary = dense;
      const RandomWeights w = random_weights({33, depth, ternary_planes(), 0, Scales::kTensor}, random);
      for (const int tokens : {1, 4, 9}) check(w.matrix, options, tokens, random);
      check(random_weights({33, depth, ternary_planes(), 64, Scales::kColumn}, random).matrix, options, 2, random);
    }
  }
}

TEST_CASE("scales and zero points of every group size give the reference's bits") {
  std::mt19937 random(4);
  for (const int group : {0, 8, 20, 32, 64, 128}) {
    for (const ZeroMode mode : {ZeroMode::kNone, ZeroMode::kConstant, ZeroMode::kPerColumn}) {
      for (const int planes : {1, 2, 3, 4, 8}) {
        const WeightRequest request{
            50, 300, binary_planes(planes, mode, 1), group, Scales::kColumn, mode == ZeroMode::kNone && planes == 4};
        check(random_weights(request, random).matrix, {}, 2, random);
        WeightRequest plain = request;
        plain.scales = Scales::kNone;
        plain.real_zeros = false;
        check(random_weights(plain, random).matrix, {}, 2, random);
      }
    }
  }
}

TEST_CASE("matrices of more outputs than are read side by side give the reference's bits") {
  std::mt19937 random(41);
  for (const int outputs : {256, 300, 577}) {  // four and more blocks of 64, with and without blocks left over
    for (const int planes : {1, 2, 4}) {
      check(random_weights({outputs, 217, binary_planes(planes), 0, Scales::kTensor}, random).matrix, {}, 1, random);
      check(random_weights({outputs, 192, binary_planes(planes, ZeroMode::kPerColumn), 48, Scales::kColumn}, random).matrix, {}, 2, random);
    }
  }
  // More k than bytes and words hold the sums of, every activation at its extreme.
  RandomWeights deep = random_weights({256, 13000, binary_planes(1), 0, Scales::kNone}, random);
  for (const std::int8_t extreme : {std::int8_t{-128}, std::int8_t{127}}) {
    const std::vector<std::int8_t> codes(13000, extreme);
    const ReferenceOutput expected = reference_mpgemm(deep.matrix, {}, {1, codes, {}, {}});
    for (const Target target : available_targets()) {
      PlanOptions options;
      options.target = target;
      options.family = Family::kLookup;
      std::vector<std::int32_t> integers(256);
      mpgemm(make_plan(deep.matrix, options), {ValueType::kInt8, codes.data(), 1, 0, {}}, {ValueType::kInt32, integers.data(), 0}, 1);
      CAPTURE(to_string(target), int{extreme});
      CHECK(std::vector<std::int64_t>(integers.begin(), integers.end()) == expected.integers);
    }
  }
}

TEST_CASE("every batch size up to three panels of tokens gives the reference's bits") {
  std::mt19937 random(5);
  const RandomWeights ternary = random_weights({70, 130, ternary_planes(), 0, Scales::kTensor}, random);
  const RandomWeights grouped = random_weights({70, 130, binary_planes(5, ZeroMode::kPerColumn), 32, Scales::kColumn}, random);
  for (int tokens = 1; tokens <= 24; ++tokens) {
    check(ternary.matrix, {}, tokens, random);
    check(grouped.matrix, {}, tokens, random);
  }
}

TEST_CASE("quantised tables give the reference's bits") {
  std::mt19937 random(6);
  for (const int table_k : {1, 2, 3, 4, 5, 6}) {
    for (const int table_group : {0, 60, 120}) {
      for (const int group : {0, 60, 120}) {
        PlanOptions options;
        options.mode = TableMode::kQuantised;
        options.table_k = table_k;
        options.table_group = table_group;
        if ((table_group != 0 && table_group % table_k != 0) || (group != 0 && group % table_k != 0)) continue;
        for (const bool pow2 : {false, true}) {
          options.pow2 = pow2;
          const RandomWeights w = random_weights({37, 250, binary_planes(2, ZeroMode::kConstant, 1), group, Scales::kColumn}, random);
          check(w.matrix, options, 2, random, false);
          check(w.matrix, options, 2, random, true);
        }
      }
    }
  }
}

TEST_CASE("tables quantised one by one give the reference's bits") {
  std::mt19937 random(16);
  PlanOptions options;
  options.mode = TableMode::kQuantised;
  options.table_group = 4;
  check(random_weights({37, 64, binary_planes(3), 32, Scales::kColumn}, random).matrix, options, 2, random, true);
}

TEST_CASE("float tables give the reference's bits") {
  std::mt19937 random(7);
  PlanOptions options;
  options.mode = TableMode::kFloat;
  for (const int table_k : {1, 4, 5}) {
    options.table_k = table_k;
    const RandomWeights w = random_weights({21, 120, binary_planes(3, ZeroMode::kPerColumn), 60, Scales::kColumn}, random);
    check(w.matrix, options, 2, random, true);
    check(w.matrix, options, 2, random, false);
  }
}

TEST_CASE("floating-point activations are quantised a token at a time in exact mode") {
  std::mt19937 random(8);
  check(random_weights({40, 200, binary_planes(4, ZeroMode::kConstant, 1), 64, Scales::kColumn}, random).matrix, {}, 3, random, true);
}

TEST_CASE("FP16 and BF16 activations are what their FP32 values are") {
  std::mt19937 random(9);
  const RandomWeights w = random_weights({40, 96, ternary_planes(), 0, Scales::kTensor}, random);
  const Plan plan = make_plan(w.matrix);
  for (const ValueType type : {ValueType::kFp16, ValueType::kBf16}) {
    std::vector<std::uint16_t> halves;
    std::vector<float> values;
    for (const float value : random_values(96, random)) {
      halves.push_back(type == ValueType::kFp16 ? float_to_fp16(value) : float_to_bf16(value));
      values.push_back(type == ValueType::kFp16 ? fp16_to_float(halves.back()) : bf16_to_float(halves.back()));
    }
    std::vector<float> out(40), expected(40);
    mpgemm(plan, {type, halves.data(), 1, 0, {}}, {ValueType::kFp32, out.data(), 0});
    mpgemm(plan, {ValueType::kFp32, values.data(), 1, 0, {}}, {ValueType::kFp32, expected.data(), 0});
    CHECK(bits_of(out) == bits_of(expected));
  }
}

TEST_CASE("outputs of every type are the FP32 result, rounded") {
  std::mt19937 random(10);
  const RandomWeights w = random_weights({40, 96, binary_planes(2), 0, Scales::kColumn}, random);
  const Plan plan = make_plan(w.matrix);
  const std::vector<std::int8_t> a = random_codes(96, random);
  const Activations activations{ValueType::kInt8, a.data(), 1, 0, {}};
  std::vector<float> full(40);
  std::vector<std::uint16_t> half(40), brain(40);
  std::vector<std::int8_t> bytes(40);
  mpgemm(plan, activations, {ValueType::kFp32, full.data(), 0});
  mpgemm(plan, activations, {ValueType::kFp16, half.data(), 0});
  mpgemm(plan, activations, {ValueType::kBf16, brain.data(), 0});
  mpgemm(plan, activations, {ValueType::kInt8, bytes.data(), 0});
  for (std::size_t i = 0; i < full.size(); ++i) {
    CHECK(half[i] == float_to_fp16(full[i]));
    CHECK(brain[i] == float_to_bf16(full[i]));
    CHECK(bytes[i] == std::max(-128.0F, std::min(127.0F, std::nearbyint(full[i]))));
  }
}

TEST_CASE("extreme activations and codes do not saturate anywhere") {
  std::mt19937 random(11);
  for (int planes = 1; planes <= kMaxPlanes; ++planes) {
    for (const int activation : {-128, 127}) {
      for (const int code : {0, 255}) {
        RandomWeights w = random_weights({20, 3000, binary_planes(planes), 0, Scales::kNone}, random);
        for (auto& c : w.codes) c = static_cast<std::uint8_t>(code);
        const std::vector<std::int8_t> a(3000 * 9, static_cast<std::int8_t>(activation));
        const std::int64_t expected = std::int64_t{3000} * activation * plane_value(w.matrix.type, static_cast<std::uint8_t>(code));
        for (const Target target : available_targets()) {
          for (const Family family : {Family::kMultiplyAdd, Family::kLookup, Family::kScalar}) {
            PlanOptions options;
            options.target = target;
            options.family = family;
            CAPTURE(planes, activation, code, to_string(target), to_string(family));
            std::vector<std::int32_t> out(9 * 20);
            mpgemm(make_plan(w.matrix, options), {ValueType::kInt8, a.data(), 9, 0, {}}, {ValueType::kInt32, out.data(), 0});
            CHECK(out == std::vector<std::int32_t>(9 * 20, static_cast<std::int32_t>(expected)));
          }
        }
      }
    }
  }
}

TEST_CASE("operands may lie at any address and any distance") {
  std::mt19937 random(12);
  const RandomWeights w = random_weights({19, 45, ternary_planes(), 0, Scales::kNone}, random);
  const std::vector<std::int8_t> a = random_codes(1 + 3 * 50, random);
  std::vector<std::int8_t> packed;
  for (std::ptrdiff_t t = 0; t < 3; ++t) packed.insert(packed.end(), a.begin() + 1 + 50 * t, a.begin() + 1 + 50 * t + 45);
  const ReferenceOutput expected = reference_mpgemm(w.matrix, {}, {3, packed, {}, {}});
  for (const Target target : available_targets()) {
    PlanOptions options;
    options.target = target;
    std::vector<std::uint8_t> out(1 + 3 * 25 * 4, 0xEE);
    mpgemm(make_plan(w.matrix, options), {ValueType::kInt8, a.data() + 1, 3, 50, {}}, {ValueType::kInt32, out.data() + 1, 25});
    for (std::size_t t = 0; t < 3; ++t) {
      for (std::size_t n = 0; n < 25; ++n) {
        std::uint32_t word = 0;
        std::memcpy(&word, out.data() + 1 + (t * 25 + n) * 4, 4);
        CHECK(word == (n < 19 ? static_cast<std::uint32_t>(expected.integers[t * 19 + n]) : (t == 2 && n >= 19 ? 0xEEEEEEEE : 0xEEEEEEEE)));
      }
    }
  }
}

TEST_CASE("threads do not change a bit") {
  std::mt19937 random(13);
  const RandomWeights w = random_weights({530, 200, binary_planes(4, ZeroMode::kPerColumn), 32, Scales::kColumn}, random);
  for (const int threads : {2, 3, 7}) check(w.matrix, {}, 9, random, false, threads);
}

TEST_CASE("code bits beyond the planes are ignored") {
  std::mt19937 random(14);
  check(random_weights({20, 64, binary_planes(3), 0, Scales::kNone}, random, true).matrix, {}, 1, random);
}

TEST_CASE("the golden integer GEMM and the scaled reference agree") {
  std::mt19937 random(15);
  const RandomWeights w = random_weights({17, 90, binary_planes(3, ZeroMode::kPerColumn), 30, Scales::kNone}, random);
  const std::vector<std::int8_t> a = random_codes(4 * 90, random);
  const std::vector<std::int32_t> golden = golden_mpgemm({4, 17, 90, w.matrix.type, a, w.codes, 30, w.zeros});
  CHECK(std::vector<std::int64_t>(golden.begin(), golden.end()) == reference_mpgemm(w.matrix, {}, {4, a, {}, {}}).integers);
}

}  // namespace lutra::kernels
