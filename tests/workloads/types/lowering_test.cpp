// Every code of every type means the same after lowering, or the loss is stated and has to be accepted.
#include "workloads/types/lowering.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "isa/error.h"

using namespace lutra;
using namespace lutra::workloads;
using Catch::Contains;

namespace {

/// Largest |planes' value - value of the code| over all codes of a type.
double largest_difference(const Lowering& l) {
  double largest = 0;
  for (std::uint32_t code = 0; code < l.type.values.size(); ++code) {
    if (std::isnan(l.type.values[code])) continue;
    largest = std::max(largest, std::fabs(l.value(code) - l.type.values[code]));
  }
  return largest;
}

Lowering exact(const std::string& name) { return lower(find_type(name), 0, 0); }

}  // namespace

TEST_CASE("every code of a type that claims no loss decodes to exactly its value") {
  int lossless = 0;
  std::vector<std::string> lossy;
  for (const DataType& type : builtin_types()) {
    INFO(type.name);
    try {
      const Lowering l = lower(type, 0, 0);
      CHECK(l.exact);
      CHECK(l.max_error == 0);
      CHECK(largest_difference(l) == 0);
      CHECK(l.planes() <= kMaxLoweredPlanes);
      ++lossless;
    } catch (const Error& e) {
      lossy.push_back(type.name);
      CHECK_THAT(e.what(), Contains("% of the largest value") && Contains("--allow-loss"));
    }
  }
  CHECK(lossless == static_cast<int>(builtin_types().size()) - 5);
  CHECK((lossy == std::vector<std::string>{"fp8_e4m3", "fp8_e5m2", "mxfp8_e4m3", "mxfp8_e5m2", "nf4"}));
}

TEST_CASE("a lossy lowering states the error it makes") {
  for (const char* name : {"fp8_e4m3", "fp8_e5m2", "nf4", "iq4_nl", "fp4_e2m1"}) {
    for (int planes = 1; planes <= 8; ++planes) {
      const Lowering l = lower(find_type(name), 0, planes);
      double top = 0;
      for (const double v : l.type.values) top = std::isnan(v) ? top : std::max(top, std::fabs(v));
      INFO(name << " in " << planes << " planes");
      CHECK(l.max_error == Approx(largest_difference(l) / top));
      CHECK(l.mean_error <= l.max_error);
      CHECK(l.planes() == planes);
      if (planes > 1) CHECK(l.max_error <= lower(find_type(name), 0, planes - 1).max_error * 1.05);
    }
  }
  CHECK(lower(find_type("nf4"), 0, 8).max_error < 0.004);
  CHECK(lower(find_type("fp4_e2m1"), 0, 5).exact);
}

TEST_CASE("types become the planes that numerics.md names") {
  const auto format = [](const char* name) { return format_of(parse_lowering(name)); };
  CHECK(format("binary").kind == WeightKind::kBinary);
  CHECK(format("ternary_5in8").kind == WeightKind::kTernary);
  CHECK(format("tq1_0").kind == WeightKind::kTernary);
  CHECK(format("odd4").kind == WeightKind::kOddSymmetric);
  CHECK(format("odd4").bits == 4);
  CHECK(format("fp4_e2m1").kind == WeightKind::kTwosComplement);
  CHECK(format("fp4_e2m1").bits == 5);
  CHECK(format("mxfp6_e2m3").bits == 7);
  CHECK(format("iq4_nl").bits == 8);
  CHECK(format("q4_0").bits == 4);
  CHECK(format("q4_0").group == 32);
  CHECK(plane_type(format("q4_0")).zero == 1);
  CHECK(plane_type(format("q4_k")).zero == -15);
  CHECK(plane_type(format("tq2_0")).zero == -1);
  CHECK(format("q2_k").group == 16);
  CHECK(format("uint3").kind == WeightKind::kZeroPoint);
}

TEST_CASE("E3M2 is two passes of eight and two planes, sign planes are a pass each") {
  const Lowering l = exact("fp6_e3m2");
  REQUIRE(l.passes.size() == 2);
  CHECK(l.passes[0].format.bits == 8);
  CHECK(l.passes[1].format.bits == 2);
  CHECK(l.passes[1].factor == 256 * l.passes[0].factor);
  const WeightFormat whole = parse_weight_format("bcq3_g128");
  CHECK(whole.kind == WeightKind::kPasses);
  CHECK(whole.passes == 3);
  CHECK(whole.group == 128);
  CHECK(scale_count(whole, 10, 256) == 60);
  CHECK_THROWS_WITH(plane_type(whole), Contains("3 multiplications"));
  const auto passes = passes_of(whole);
  REQUIRE(passes.size() == 3);
  CHECK(to_string(passes[2]) == "bcq3_g128#2");
  CHECK((parse_weight_format("bcq3_g128#2") == passes[2]));
}

TEST_CASE("unpacking has an inverse for every type") {
  std::mt19937 random(3);
  for (const DataType& type : builtin_types()) {
    const Chain chain = unpacking(type);
    for (int trial = 0; trial < 20; ++trial) {
      Elements codes;
      const auto limit = static_cast<std::uint32_t>(type.digits == Digits::kNone ? (1 << type.code_bits) : 3);
      for (int i = 0; i < type.weights; ++i) codes.push_back(static_cast<std::uint32_t>(random()) % limit);
      const auto bytes = chain.invert(codes);
      INFO(type.name);
      REQUIRE(bytes.has_value());
      CHECK(bytes->size() == static_cast<std::size_t>(type.bytes));
      CHECK((chain.apply(*bytes) == codes));
    }
  }
}

TEST_CASE("conversion is undone by its inverse, but for codes that mean the same") {
  for (const DataType& type : builtin_types()) {
    if (type.kind != ValueKind::kTable) continue;
    const Lowering l = lower(type, 0, type.name == "nf4" || type.name.find("fp8") != std::string::npos ? 8 : 0);
    const Chain chain = conversion(l);
    bool same = true;
    for (std::uint32_t code = 0; code < l.words.size(); ++code) {
      if (l.words[code] == kNoCode) {
        CHECK_THROWS_AS(chain.apply({code}), Error);
        continue;
      }
      const auto back = chain.invert(chain.apply({code}));
      REQUIRE(back.has_value());
      same = same && back->front() == code;
      if (l.exact) CHECK(l.type.values[back->front()] == l.type.values[code]);
    }
    INFO(type.name);
    CHECK(same == chain.invertible());
  }
}

TEST_CASE("steps and their inverses") {
  const auto pad = make_pad(2, 5, 7, "pad");
  CHECK((pad->apply({1, 2}) == Elements{1, 2, 7, 7, 7}));
  CHECK((pad->invert({1, 2, 7, 7, 7}) == Elements{1, 2}));
  const auto map = make_map({2, 0, 1}, 3, "map");
  CHECK((map->apply({5, 6, 7}) == Elements{7, 5, 6}));
  CHECK((map->invert({7, 5, 6}) == Elements{5, 6, 7}));
  const auto slice = make_slice({{2, {{0, 4, 4}, {8, 1, 1}}}}, 2, "slice");
  CHECK((slice->apply({0xA5, 0x02}) == Elements{0x05, 0x1A}));
  CHECK((slice->invert({0x05, 0x1A}) == Elements{0xA5, 0x02}));
  const auto convert = make_convert({1, 0, kNoCode}, 1, "convert");
  CHECK((convert->apply({0, 1}) == Elements{1, 0}));
  CHECK_FALSE(convert->invert({4}).has_value());
  CHECK_THROWS_AS(convert->apply({2}), Error);
  CHECK_THROWS_AS(convert->apply({3}), Error);
}

TEST_CASE("texts of lowerings that do not exist are refused with what is allowed") {
  CHECK_THROWS_WITH(parse_lowering("mxfp5"), Contains("did you mean mxfp4"));
  CHECK_THROWS_WITH(parse_lowering("q4_0_g64"), Contains("inside its tile"));
  CHECK_THROWS_WITH(parse_lowering("nf4"), Contains("nf4~8"));
  CHECK_THROWS_WITH(parse_lowering("nf4~9"), "'nf4~9': given ~9, allowed ~1 to ~8");
  CHECK_THROWS_WITH(parse_lowering("int2_g0"), Contains("given _g0, allowed _g1 to"));
  CHECK_THROWS_AS(parse_weight_format("bcq2#2"), Error);
  CHECK(to_string(parse_weight_format("nf4_g64~6")) == "nf4_g64~6");
}
