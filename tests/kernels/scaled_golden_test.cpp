// The plain scaled GEMM against the reference of the kernels, and the numbers that aligned tables are made of.
#include "kernels/scaled_golden.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "isa/error.h"
#include "kernels/float_code.h"
#include "kernels/half.h"
#include "kernels/reference.h"

namespace lutra::kernels {
namespace {

constexpr FloatFormat kNarrow[] = {kFp16, kBf16, kFp8E4M3, kFp8E5M2, kFp8E4M3Saturating, kFp8E5M2Saturating};

struct Problem {
  int tokens, outputs, depth, segment;
  std::vector<std::int8_t> activations;
  std::vector<std::int32_t> integers;
  std::vector<std::uint8_t> codes;
  std::vector<float> scales, token_scales;
  std::vector<std::int16_t> zeros;

  Problem(int m, int n, int k, int s, int codes_below, unsigned seed) : tokens(m), outputs(n), depth(k), segment(s) {
    std::mt19937 random(seed);
    const int parameters = (k + s - 1) / s * n;
    for (int i = 0; i < m * k; ++i) activations.push_back(static_cast<std::int8_t>(random()));
    integers.assign(activations.begin(), activations.end());
    for (int i = 0; i < n * k; ++i) codes.push_back(static_cast<std::uint8_t>(random() % static_cast<unsigned>(codes_below)));
    for (int i = 0; i < parameters; ++i) {
      scales.push_back(static_cast<float>(random() % 1000 + 1) / 777.0F);
      zeros.push_back(static_cast<std::int16_t>(random() % 15) - 7);
    }
    for (int i = 0; i < m; ++i) token_scales.push_back(static_cast<float>(random() % 100 + 1) / 99.0F);
  }
  [[nodiscard]] ScaledGemm gemm(const PlaneType& type) const {
    ScaledGemm g;
    g.tokens = tokens;
    g.outputs = outputs;
    g.depth = depth;
    g.type = type;
    g.activations = integers;
    g.token_scales = token_scales;
    g.codes = codes;
    g.segment = segment;
    g.scales = scales;
    g.zeros = zeros;
    return g;
  }
};

}  // namespace

TEST_CASE("every narrow number is its own nearest encoding, and the known conversions agree") {
  for (const FloatFormat& format : kNarrow) {
    INFO(format.name);
    for (std::uint32_t bits = 0; bits < 1U << format.bits(); ++bits) {
      const float value = decode_float(format, bits);
      const bool lost = std::isnan(value) || (std::isinf(value) && format.saturate);
      if (!lost && encode_float(format, value) != bits) FAIL("bits " << bits);
      if (std::isnan(value) && encode_float(format, value) != format.canonical_nan) FAIL("NaN " << bits);
    }
  }
  for (std::uint32_t bits = 0; bits < 1U << 16; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float fp16 = decode_float(kFp16, bits), bf16 = decode_float(kBf16, bits);
    if (!std::isnan(fp16) && std::bit_cast<std::uint32_t>(fp16) != std::bit_cast<std::uint32_t>(fp16_to_float(half))) FAIL("FP16 " << bits);
    if (!std::isnan(bf16) && std::bit_cast<std::uint32_t>(bf16) != std::bit_cast<std::uint32_t>(bf16_to_float(half))) FAIL("BF16 " << bits);
  }
  std::mt19937 random(1);
  for (int i = 0; i < 200000; ++i) {
    const auto any = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    const float near = std::ldexp(static_cast<float>(random() % 65536), static_cast<int>(random() % 60) - 45);
    for (const float value : {any, near}) {
      if (encode_float(kFp16, value) != float_to_fp16(value)) FAIL("FP16 of " << value);
      if (encode_float(kBf16, value) != float_to_bf16(value)) FAIL("BF16 of " << value);
    }
  }
}

TEST_CASE("overflows become what the format has for them") {
  CHECK(encode_float(kFp8E4M3, 448) == 0x7E);
  CHECK(encode_float(kFp8E4M3, 463.9F) == 0x7E);
  CHECK(encode_float(kFp8E4M3, -480) == 0x7F);  // NaN: there is nothing better
  CHECK(encode_float(kFp8E4M3Saturating, -480) == 0xFE);
  CHECK(encode_float(kFp8E5M2, 61440) == 0x7C);
  CHECK(encode_float(kFp8E5M2, -INFINITY) == 0xFC);
  CHECK(encode_float(kFp8E5M2Saturating, INFINITY) == 0x7B);
}

TEST_CASE("aligned rows follow the largest exponent of their group") {
  const std::vector<float> values = {1.0F,          -0.75F,  0.0009765625F, 1.99951171875F, /* a group of small ones */ 0.0F,
                                     5.9604645e-8F, INFINITY};
  const AlignedRow row = align_row(values, kFp16, 3, 4);
  CHECK(row.scales[0] == 0.125F);
  CHECK(row.integers[0] == 8);
  CHECK(row.integers[1] == -6);
  CHECK(row.integers[2] == 0);
  CHECK(row.integers[3] == 15);  // 16 in units of 1/8, saturated
  CHECK(row.scales[1] == 0.125F);
  CHECK(std::isnan(row.scales[2]));
  CHECK(align_row(std::vector<float>{5.9604645e-8F}, kFp16, 1, 11).scales[0] == 0x1p-24F);  // subnormal numbers have the smallest exponent
}

TEST_CASE("the plain scaled GEMM is the kernels' reference where both are defined") {
  PlaneType type{3, {0, 1, 2}, ZeroMode::kPerColumn, 0};
  for (const int group : {0, 16, 32})
    for (const bool pow2 : {false, true}) {
      const Problem p(3, 5, 76, 16, 8, static_cast<unsigned>(group));
      ScaledGemm gemm = p.gemm(type);
      gemm.table_group = group;
      gemm.quantised = group != 0;
      gemm.power_of_two = pow2;
      const WeightMatrix matrix{5, 76, type, 16, p.codes, p.scales, p.zeros, {}};
      const PlanOptions options{group != 0 ? TableMode::kQuantised : TableMode::kExact, 4, group, pow2};
      CHECK(golden_scaled_gemm(gemm) == reference_mpgemm(matrix, options, {3, p.activations, {}, p.token_scales}).values);
    }
}

TEST_CASE("float tables give the bits of the kernels' reference: table by table, a table's planes one after the other") {
  PlaneType type{3, {0, 2, 5}, ZeroMode::kPerColumn, 0};
  std::mt19937 random(8);
  for (const int inputs : {1, 2, 4}) {
    const Problem p(3, 5, 76, 16, 8, static_cast<unsigned>(inputs));
    std::vector<float> values;
    // Of very different sizes, so that every order of additions has roundings of its own.
    for (int i = 0; i < 3 * 76; ++i)
      values.push_back(std::ldexp(static_cast<float>(static_cast<int>(random() % 2001) - 1000), static_cast<int>(random() % 30) - 15));
    values[80] = 3.0e38F;  // overflows on the way
    values[81] = 3.0e38F;
    ScaledGemm gemm = p.gemm(type);
    gemm.table_inputs = inputs;
    gemm.activations = {};
    gemm.values = values;
    const WeightMatrix matrix{5, 76, type, 16, p.codes, p.scales, p.zeros, {}};
    const std::vector<float> ones(3, 1.0F);
    gemm.token_scales = ones;
    const std::vector<float> ours = golden_scaled_gemm(gemm),
                             theirs = reference_mpgemm(matrix, {TableMode::kFloat, inputs, 0, false}, {3, {}, values, {}}).values;
    for (std::size_t i = 0; i < ours.size(); ++i)
      CHECK(
          (std::isnan(ours[i]) ? std::isnan(theirs[i]) : std::bit_cast<std::uint32_t>(ours[i]) == std::bit_cast<std::uint32_t>(theirs[i])));
  }
}

TEST_CASE("a float table of trits leaves out what a trit of zero multiplies, and sums from left to right") {
  const std::vector<float> values = {0x1p24F, 1.0F, INFINITY, 1.0F}, one = {1.0F};
  const std::vector<std::uint8_t> codes = {3, 3, 1, 3};  // +1, +1, 0, +1
  ScaledGemm gemm;
  gemm.tokens = gemm.outputs = 1;
  gemm.depth = gemm.segment = gemm.table_inputs = 4;
  gemm.type = {2, {0, 0}, ZeroMode::kNone, 0};
  gemm.trits = true;
  gemm.values = values;
  gemm.codes = codes;
  gemm.scales = gemm.token_scales = one;
  CHECK(std::isnan(golden_scaled_gemm(gemm)[0]));  // S is infinite, and 0 S is taken off
  const std::vector<float> finite = {0x1p24F, 1.0F, 5.0F, 1.0F};
  gemm.values = finite;
  CHECK(golden_scaled_gemm(gemm)[0] == 0x1p24F);  // each one is lost to rounding; together they would not be
}

TEST_CASE("exact tables of trits are two planes of weight one with half the scale") {
  Problem p(2, 4, 48, 24, 2, 9);
  for (std::uint8_t& code : p.codes) code = code == 0 ? 1 : 3;
  p.codes[5] = p.codes[77] = 0;
  ScaledGemm planes = p.gemm({2, {0, 0}, ZeroMode::kNone, 0});
  const std::vector<float> expected = golden_scaled_gemm(planes);
  std::vector<float> scales = p.scales;
  for (float& s : scales) s *= 2;
  planes.trits = true;
  planes.table_inputs = 3;
  planes.scales = scales;
  CHECK(golden_scaled_gemm(planes) == expected);
}

TEST_CASE("real zero points are taken off after scaling, and a NaN is canonical") {
  const Problem p(1, 1, 4, 4, 2, 3);
  ScaledGemm gemm = p.gemm({1, {0}, ZeroMode::kNone, 0});
  const std::vector<float> zeros = {0.3F};
  gemm.real_zeros = zeros;
  std::int32_t acc = 0, all = 0;
  for (int k = 0; k < 4; ++k) {
    acc += p.codes[static_cast<std::size_t>(k)] != 0 ? p.integers[static_cast<std::size_t>(k)] : -p.integers[static_cast<std::size_t>(k)];
    all += p.integers[static_cast<std::size_t>(k)];
  }
  const float scaled = static_cast<float>(acc) * (p.scales[0] * p.token_scales[0]);
  const float off = static_cast<float>(all) * (0.3F * p.token_scales[0]);
  CHECK(golden_scaled_gemm(gemm)[0] == scaled - off);
  const std::vector<float> nan = {-std::numeric_limits<float>::quiet_NaN()};
  gemm.table_group = 4;
  gemm.table_scales = nan;
  CHECK(std::bit_cast<std::uint32_t>(golden_scaled_gemm(gemm)[0]) == 0x7FC00000);
  gemm.scales = {};
  CHECK_THROWS_AS(golden_scaled_gemm(gemm), Error);
}

}  // namespace lutra::kernels
