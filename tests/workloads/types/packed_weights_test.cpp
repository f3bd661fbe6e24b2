// Packed tensors give the planes, scales and zero points that their bytes mean, and products within the stated bound.
#include "workloads/types/packed_weights.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "isa/error.h"
#include "tests/workloads/types/ggml_reference.h"
#include "tests/workloads/types/random_tensor.h"
#include "workloads/types/scaled_product.h"

using namespace lutra;
using namespace lutra::workloads;
using Catch::Contains;

namespace {

/// All weights of a packed tensor put together from planes, scales and offsets, in double precision.
std::vector<double> decoded(const WeightSource& source, const Tensor& whole) {
  std::vector<double> w(static_cast<std::size_t>(whole.outputs * whole.depth));
  for (const WeightFormat& format : passes_of(whole.format)) {
    const Tensor t{whole.name, whole.outputs, whole.depth, format};
    const auto groups = static_cast<std::size_t>(group_count(t)), n = static_cast<std::size_t>(t.outputs);
    const long long group = format.group > 0 ? format.group : t.depth;
    std::vector<std::uint8_t> codes(w.size());
    std::vector<float> scales(n * groups), offsets(n * groups);
    std::vector<std::int16_t> zeros(n * groups);
    source.codes(t, 0, t.outputs, codes.data());
    source.scales(t, 0, t.outputs, scales.data());
    source.offsets(t, 0, t.outputs, offsets.data());
    const kernels::PlaneType planes = plane_type(format);
    if (planes.zero_mode == kernels::ZeroMode::kPerColumn) source.zeros(t, 0, t.outputs, zeros.data());
    for (std::size_t i = 0; i < w.size(); ++i) {
      const std::size_t row = i / static_cast<std::size_t>(t.depth),
                        at = row * groups + i % static_cast<std::size_t>(t.depth) / static_cast<std::size_t>(group);
      const int zero = planes.zero_mode == kernels::ZeroMode::kPerColumn  ? zeros[at]
                       : planes.zero_mode == kernels::ZeroMode::kConstant ? planes.zero
                                                                          : 0;
      w[i] += static_cast<double>(scales[at]) * (kernels::plane_value(planes, codes[i]) - zero) + offsets[at];
    }
  }
  return w;
}

}  // namespace

TEST_CASE("GGML blocks of random bytes decode to exactly what their layout says") {
  std::mt19937 random(11);
  for (const std::string name :
       {"q2_k", "q3_k", "q4_0", "q4_1", "q4_k", "q5_0", "q5_1", "q5_k", "q6_k", "q8_0", "tq1_0", "tq2_0", "iq4_nl", "iq4_xs", "mxfp4"}) {
    const DataType type = find_type(name);
    test::RandomTensor tensor(name, 6, 2 * type.weights, random);
    PackedWeights source;
    source.add("w", tensor.packed());
    const std::vector<double> w = decoded(source, {"w", 6, 2 * type.weights, parse_weight_format(name)});
    INFO(name);
    for (std::size_t tile = 0; tile < 12; ++tile) {
      const auto block = std::span(tensor.bytes).subspan(tile * static_cast<std::size_t>(type.bytes), static_cast<std::size_t>(type.bytes));
      const std::vector<double> expected = test::dequantise_ggml(name, block);
      for (std::size_t i = 0; i < expected.size(); ++i) REQUIRE(w[tile * expected.size() + i] == expected[i]);
    }
  }
}

TEST_CASE("packed tensors of every type give products within the bound of their exact product") {
  std::mt19937 random(5);
  for (const DataType& type : builtin_types()) {
    const bool lossy = type.name == "nf4" || type.name.find("fp8") != std::string::npos;
    const std::string text = type.name + (type.scales_beside() ? "_g16" : "") + (lossy ? "~8" : "");
    const long long depth = type.scales_beside() ? 80 : 2 * type.weights, outputs = 5, tokens = 3;
    test::RandomTensor tensor(text, outputs, depth, random);
    PackedWeights source;
    source.add("w", tensor.packed());
    const auto activations = make_generated_activations(3);
    std::vector<std::int8_t> codes(static_cast<std::size_t>(tokens * depth));
    std::vector<float> scales(static_cast<std::size_t>(tokens));
    activations->codes("a", depth, 0, tokens, codes.data(), scales.data());
    const Tensor t{"w", outputs, depth, parse_weight_format(text)};
    std::vector<double> exact;
    const ScaledActivations a{tokens, codes, scales};
    const std::vector<double> bound = product_bound(source, t, a, &exact);
    const std::vector<float> out = scaled_product(source, t, a);
    const std::vector<double> w = decoded(source, t);
    INFO(text);
    for (long long m = 0; m < tokens; ++m) {
      for (long long n = 0; n < outputs; ++n) {
        double sum = 0;
        for (long long k = 0; k < depth; ++k)
          sum += static_cast<double>(scales[static_cast<std::size_t>(m)]) * codes[static_cast<std::size_t>(m * depth + k)] *
                 w[static_cast<std::size_t>(n * depth + k)];
        const auto at = static_cast<std::size_t>(m * outputs + n);
        CHECK(exact[at] == Approx(sum).margin(bound[at] * 1e-3));
        CHECK(std::fabs(static_cast<double>(out[at]) - sum) <= bound[at]);
      }
    }
  }
}

TEST_CASE("a tensor whose bytes do not fit its shape is refused") {
  PackedWeights source;
  const std::vector<std::uint8_t> bytes(35);
  CHECK_THROWS_WITH(source.add("w", {"q4_0", 2, 32, bytes, {}, {}}), Contains("36 bytes") && Contains("35"));
  const std::vector<std::uint8_t> right(36);
  source.add("w", {"q4_0", 2, 32, right, {}, {}});
  std::uint8_t out[64];
  CHECK_THROWS_WITH(source.codes({"v", 2, 32, parse_weight_format("q4_0")}, 0, 2, out), Contains("no weights for 'v'"));
  CHECK_THROWS_WITH(source.codes({"w", 2, 64, parse_weight_format("q4_0")}, 0, 2, out), Contains("2 x 32"));
  CHECK_THROWS_WITH(source.codes({"w", 2, 32, parse_weight_format("q8_0")}, 0, 2, out), Contains("asked for are q8_0"));
}
