// Names of weight formats, and the planes and zero points they stand for.
#include "workloads/weight_format.h"

#include <catch2/catch.hpp>

#include "isa/error.h"

using namespace lutra;
using namespace lutra::workloads;

TEST_CASE("a weight format survives being written and read") {
  for (const char* text : {"ternary", "binary", "int1", "int8", "int4_g128", "odd2", "odd8_g32", "uint1", "uint4_g128", "uint8"})
    CHECK(to_string(parse_weight_format(text)) == text);
}

TEST_CASE("formats that do not exist are refused") {
  for (const char* text :
       {"", "int", "int0", "int9", "int-1", "int4_g", "int4_g0", "int4_128", "int4_g128x", "Ternary", "fp4", "int99999999999999999999"})
    CHECK_THROWS_AS(parse_weight_format(text), Error);
}

TEST_CASE("ternary is two planes of equal weight and the others have powers of two") {
  const kernels::PlaneType ternary = plane_type(parse_weight_format("ternary"));
  CHECK(ternary.planes == 2);
  CHECK(ternary.shifts[1] == 0);
  CHECK(ternary.zero_mode == kernels::ZeroMode::kNone);
  const kernels::PlaneType int4 = plane_type(parse_weight_format("int4"));
  CHECK(int4.planes == 4);
  CHECK(int4.shifts[3] == 3);
  CHECK(int4.zero_mode == kernels::ZeroMode::kConstant);
  CHECK(int4.zero == 1);
  CHECK(plane_type(parse_weight_format("odd4")).zero_mode == kernels::ZeroMode::kNone);
  CHECK(plane_type(parse_weight_format("uint4")).zero_mode == kernels::ZeroMode::kPerColumn);
}

TEST_CASE("the largest magnitude bounds q' - z' of every code") {
  for (const char* text : {"ternary", "binary", "int4", "odd3", "uint3"}) {
    const WeightFormat format = parse_weight_format(text);
    const kernels::PlaneType type = plane_type(format);
    const int largest = (1 << format.bits) - 1;
    int seen = 0;
    for (int code = 0; code <= largest; ++code) {
      for (int zero = -largest; zero <= largest; zero += 2) {
        const int z = type.zero_mode == kernels::ZeroMode::kPerColumn  ? zero
                      : type.zero_mode == kernels::ZeroMode::kConstant ? type.zero
                                                                       : 0;
        seen = std::max(seen, std::abs(kernels::plane_value(type, static_cast<std::uint8_t>(code)) - z));
      }
    }
    INFO(text);
    CHECK(seen == max_magnitude(format));
  }
}

TEST_CASE("scales are counted by tensor, channel or group") {
  CHECK(scale_count(parse_weight_format("ternary"), 10, 300) == 1);
  CHECK(scale_count(parse_weight_format("int8"), 10, 300) == 10);
  CHECK(scale_count(parse_weight_format("int4_g128"), 10, 300) == 30);
  CHECK(scale_layout(parse_weight_format("int4_g128")) == "group128");
}
