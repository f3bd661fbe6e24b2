// Quantisers do what their names say, and report the error they make.
#include "workloads/quantise/quantiser.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "isa/error.h"

using namespace lutra;
using namespace lutra::workloads;

namespace {

class Rows final : public FloatSource {
 public:
  explicit Rows(std::vector<float> values) : values_(std::move(values)) {}
  void rows(const std::string&, long long, long long depth, long long begin, long long end, float* out) const override {
    std::copy(values_.begin() + begin * depth, values_.begin() + end * depth, out);
  }

 private:
  std::vector<float> values_;
};

std::vector<float> normal(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> distribution;
  std::vector<float> values(count);
  for (float& v : values) v = distribution(random);
  return values;
}

double error_of(const std::string& type, const std::vector<float>& values, long long outputs) {
  const Rows rows(values);
  return quantisation_error(rows, {"w", outputs, static_cast<long long>(values.size()) / outputs, parse_weight_format(type)}).relative_rms;
}

}  // namespace

TEST_CASE("absmean ternary divides by the tensor's mean magnitude, rounds and clamps") {
  const std::vector<float> w{0.1F, -0.2F, 2.0F, -3.0F, 0.6F, -0.7F, 0.4F, 1.0F};  // mean magnitude 1
  const Rows rows(w);
  const auto source = make_quantised_weights(rows);
  const Tensor t{"w", 2, 4, parse_weight_format("ternary")};
  std::vector<std::uint8_t> codes(8);
  source->codes(t, 0, 2, codes.data());
  CHECK((codes == std::vector<std::uint8_t>{1, 1, 3, 0, 3, 0, 1, 3}));
  float scales[2];
  source->scales(t, 0, 2, scales);
  CHECK(scales[0] == Approx(0.5));
  CHECK(scales[1] == Approx(0.5));
}

TEST_CASE("round to nearest keeps every weight within half a step") {
  const std::vector<float> w = normal(64, 3);
  for (const char* type : {"int4_g16", "uint4_g16", "int8", "fp4_e2m1_g16", "q4_0"}) {
    const WeightFormat format = parse_weight_format(type);
    const Rows rows(w);
    const auto source = make_quantised_weights(rows);
    const Tensor t{"w", 1, 64, format};
    const auto groups = static_cast<std::size_t>(group_count(t)), group = 64 / groups;
    std::vector<std::uint8_t> codes(64);
    std::vector<float> scales(groups);
    std::vector<std::int16_t> zeros(groups, static_cast<std::int16_t>(plane_type(format).zero));
    source->codes(t, 0, 1, codes.data());
    source->scales(t, 0, 1, scales.data());
    if (format.kind == WeightKind::kZeroPoint) source->zeros(t, 0, 1, zeros.data());
    INFO(type);
    for (std::size_t i = 0; i < 64; ++i) {
      const std::size_t g = i / group;
      const double value = static_cast<double>(scales[g]) * (kernels::plane_value(plane_type(format), codes[i]) - zeros[g]);
      // Steps are 2 s'; a minifloat's largest step is four of its smallest.
      const double half = static_cast<double>(scales[g]) * (std::string(type).rfind("fp4", 0) == 0 ? 4 : 1);
      CHECK(std::fabs(value - static_cast<double>(w[i])) <= half * 1.01);
    }
  }
}

TEST_CASE("binary coding finds the planes that weights were made of") {
  std::mt19937 random(5);
  std::vector<float> w(64);
  for (float& v : w) v = (random() % 2 != 0 ? 1.0F : -1.0F) + (random() % 2 != 0 ? 0.25F : -0.25F);
  CHECK(error_of("bcq2", w, 1) < 1e-6);
  CHECK(error_of("bcq1", w, 1) == Approx(0.25 / std::sqrt(1.0625)).margin(0.01));
}

TEST_CASE("more bits and smaller groups lose less; least squares beats rounding to nearest") {
  const std::vector<float> w = normal(4096, 9);
  CHECK(error_of("int8_g64", w, 8) < 0.01);
  CHECK(error_of("int4_g64", w, 8) < error_of("int3_g64", w, 8));
  CHECK(error_of("int4_g32", w, 8) < error_of("int4", w, 8));
  CHECK(error_of("bcq3_g64", w, 8) < error_of("odd3_g64", w, 8));
  CHECK(error_of("bcq3_g64", w, 8) < error_of("bcq2_g64", w, 8));
  CHECK(error_of("q4_k", w, 8) < error_of("q2_k", w, 8));
  CHECK(error_of("ternary", w, 8) == Approx(0.513).margin(0.02));
}

TEST_CASE("a group of zeros stays zero, and what is no number is refused") {
  const std::vector<float> zeros(32);
  for (const char* type : {"ternary", "int4", "uint4", "bcq2", "mxfp4", "q4_k"}) CHECK(error_of(type, zeros, 1) == 0);
  std::vector<float> broken(32, 1);
  broken[7] = NAN;
  CHECK_THROWS_AS(error_of("int4", broken, 1), Error);
}
