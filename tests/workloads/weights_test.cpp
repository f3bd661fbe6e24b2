// Generated values: the same whichever slice is asked for, and distributed as documented.
#include "workloads/weights.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "isa/error.h"

using namespace lutra;
using namespace lutra::workloads;

namespace {

std::vector<std::uint8_t> codes_of(const WeightSource& source, const Tensor& tensor) {
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(tensor.outputs * tensor.depth));
  source.codes(tensor, 0, tensor.outputs, codes.data());
  return codes;
}

}  // namespace

TEST_CASE("a slice of rows is what the whole tensor has there") {
  const auto source = make_generated_weights(7);
  for (const char* format : {"ternary", "binary", "int4_g32", "odd3", "uint4_g32"}) {
    const Tensor tensor{"layers.0.x", 37, 131, parse_weight_format(format)};
    const auto whole = codes_of(*source, tensor);
    for (long long row : {0LL, 5LL, 36LL}) {
      std::vector<std::uint8_t> slice(131);
      source->codes(tensor, row, row + 1, slice.data());
      CHECK(std::equal(slice.begin(), slice.end(), whole.begin() + row * 131));
    }
  }
}

TEST_CASE("seed and name change the values") {
  const Tensor a{"a", 8, 64, parse_weight_format("int4")}, b{"b", 8, 64, parse_weight_format("int4")};
  CHECK((codes_of(*make_generated_weights(1), a) == codes_of(*make_generated_weights(1), a)));
  CHECK((codes_of(*make_generated_weights(1), a) != codes_of(*make_generated_weights(2), a)));
  CHECK((codes_of(*make_generated_weights(1), a) != codes_of(*make_generated_weights(1), b)));
}

TEST_CASE("ternary weights have the stated share of zeros and equal shares of signs") {
  for (const double share : {0.0, kTernaryZeroShare, 0.5, 1.0}) {
    const Tensor tensor{"w", 500, 1000, parse_weight_format("ternary")};
    std::map<int, double> count;
    for (const std::uint8_t code : codes_of(*make_generated_weights(3, share), tensor)) count[code] += 1 / 500000.0;
    CHECK(count[1] == Approx(share).margin(0.003));
    CHECK(count[0] == Approx((1 - share) / 2).margin(0.003));
    CHECK(count[3] == Approx((1 - share) / 2).margin(0.003));
    CHECK(count[2] == 0);
  }
  CHECK_THROWS_AS(make_generated_weights(1, 1.5), Error);
}

TEST_CASE("INT8 weights are a normal distribution whose row maximum is 127") {
  const long long rows = 64, depth = 4096;
  const Tensor tensor{"w", rows, depth, parse_weight_format("int8")};
  const auto source = make_generated_weights(5);
  const auto codes = codes_of(*source, tensor);
  std::vector<float> scales(static_cast<std::size_t>(rows));
  source->scales(tensor, 0, rows, scales.data());
  double sum = 0, squares = 0, fourth = 0;
  for (long long row = 0; row < rows; ++row) {
    int largest = 0;
    for (long long k = 0; k < depth; ++k) {
      const int r = static_cast<int>(codes[static_cast<std::size_t>(row * depth + k)]) - 128;
      largest = std::max(largest, std::abs(r));
      const double weight = 2.0 * static_cast<double>(scales[static_cast<std::size_t>(row)]) * r;  // s (q - z), s = 2 s'
      sum += weight;
      squares += weight * weight;
      fourth += weight * weight * weight * weight;
    }
    CHECK(largest == 127);
  }
  const double n = static_cast<double>(rows * depth);
  CHECK(sum / n == Approx(0).margin(0.01));
  CHECK(squares / n == Approx(1).margin(0.02));
  CHECK(fourth / n == Approx(3).margin(0.1));
}

TEST_CASE("a zero-point group reaches both ends of its codes and its z' is odd and in range") {
  const Tensor tensor{"w", 20, 300, parse_weight_format("uint4_g128")};
  const auto source = make_generated_weights(9);
  const auto codes = codes_of(*source, tensor);
  std::vector<std::int16_t> zeros(60);
  source->zeros(tensor, 0, 20, zeros.data());
  for (int row = 0; row < 20; ++row) {
    for (int group = 0; group < 3; ++group) {
      const auto first = codes.begin() + row * 300 + group * 128, last = codes.begin() + row * 300 + std::min(300, (group + 1) * 128);
      CHECK(*std::min_element(first, last) <= 1);
      CHECK(*std::max_element(first, last) >= 14);
      const int zero = zeros[static_cast<std::size_t>(row * 3 + group)];
      CHECK(zero % 2 != 0);
      CHECK(std::abs(zero) <= 15);
    }
  }
}

TEST_CASE("activations fill INT8, differ from token to token and have outlier channels") {
  const auto source = make_generated_activations(11);
  const long long depth = 2560;
  std::vector<std::int8_t> codes(static_cast<std::size_t>(8 * depth)), third(static_cast<std::size_t>(depth));
  std::vector<float> scales(8);
  source->codes("x", depth, 0, 8, codes.data(), scales.data());
  source->codes("x", depth, 3, 4, third.data(), nullptr);
  CHECK(std::equal(third.begin(), third.end(), codes.begin() + 3 * depth));
  for (int t = 0; t < 8; ++t) {
    int largest = 0, small = 0;
    for (long long k = 0; k < depth; ++k) {
      const int a = std::abs(static_cast<int>(codes[static_cast<std::size_t>(t * depth + k)]));
      largest = std::max(largest, a);
      small += a < 32 ? 1 : 0;
    }
    CHECK(largest == 127);
    CHECK(small > depth * 9 / 10);  // outliers set the scale, so most codes are small
    CHECK(scales[static_cast<std::size_t>(t)] > 10.0F / 127);
  }
}
