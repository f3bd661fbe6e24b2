// The emitted floating-point units against their models: combinational and with pipeline registers.
#include "gen/float/unit.h"

#include <catch2/catch.hpp>
#include <deque>

#include "tests/gen/float/float_bench.h"
#include "tests/gen/float/operands.h"

namespace lutra::test {
namespace {

using gen::FloatUnit;
using lutra::FloatFormat;

std::vector<FloatUnit> two_operand_units(const FloatFormat& f, int registers) {
  return {gen::float_adder(f, registers), gen::float_multiplier(f, registers), gen::float_divider(f, registers),
          gen::float_maximiser(f, registers), gen::float_comparator(f, registers)};
}

void tally(const FloatBench& bench, std::uint32_t a, std::uint32_t b, std::vector<int>& wrong) {
  for (std::size_t i = 0; i < bench.size(); ++i) wrong[i] += bench.result(i) == model_result(bench.unit(i), a, b) ? 0 : 1;
}

void check(const FloatBench& bench, const std::vector<int>& wrong) {
  for (std::size_t i = 0; i < bench.size(); ++i) {
    INFO(gen::name_of(bench.unit(i)));
    CHECK(wrong[i] == 0);
  }
}

/// Border pairs, then drawn ones.
void check_pairs(const std::vector<FloatUnit>& units, const FloatFormat& f, int pairs, const std::string& optimisation) {
  FloatBench bench(units, optimisation);
  std::vector<int> wrong(units.size());
  const auto pair = [&](std::uint32_t a, std::uint32_t b) {
    bench.set(a, b);
    tally(bench, a, b, wrong);
  };
  for (const std::uint32_t a : border_operands(f))
    for (const std::uint32_t b : border_operands(f)) pair(a, b);
  Operands operands(f, 2);
  for (int i = 0; i < pairs; ++i) {
    const std::uint32_t a = operands.next();
    pair(a, operands.next());
  }
  check(bench, wrong);
}

std::vector<FloatUnit> converters_from(const FloatFormat& from) {
  std::vector<FloatUnit> units;
  for (const FloatFormat& to : lutra::float_formats())
    if (to.name != from.name) units.push_back(gen::float_converter(from, to));
  for (const int bits : {8, 16, 32}) units.push_back(gen::float_to_int_unit(from, bits));
  return units;
}

}  // namespace

TEST_CASE("FP8 units give the model's bits for all pairs of operands") {
  std::vector<FloatUnit> units;
  for (const FloatFormat* f : {&lutra::kFp8E4M3, &lutra::kFp8E5M2, &lutra::kFp8E4M3Saturating, &lutra::kFp8E5M2Saturating})
    for (const FloatUnit& u : two_operand_units(*f, 0)) units.push_back(u);
  FloatBench bench(units);
  std::vector<int> wrong(bench.size());
  for (std::uint32_t a = 0; a < 256; ++a)
    for (std::uint32_t b = 0; b < 256; ++b) {
      bench.set(a, b);
      tally(bench, a, b, wrong);
    }
  check(bench, wrong);
}

TEST_CASE("FP16 adder and multiplier give the model's bits for millions of pairs") {
  check_pairs({gen::float_adder(lutra::kFp16), gen::float_multiplier(lutra::kFp16)}, lutra::kFp16, 2'000'000, "-O3");
}

TEST_CASE("all FP16, BF16 and FP32 units give the model's bits for border and drawn pairs") {
  for (const FloatFormat* f : {&lutra::kFp16, &lutra::kBf16, &lutra::kFp32}) check_pairs(two_operand_units(*f, 0), *f, 300'000, "-O1");
}

TEST_CASE("units with pipeline registers take an operation a cycle and answer as many cycles later") {
  for (const int registers : {1, 3, 8}) {
    std::vector<FloatUnit> units = two_operand_units(lutra::kFp32, registers);
    units.push_back(gen::float_converter(lutra::kFp32, lutra::kFp16, registers));
    units.push_back(gen::int_to_float_unit(32, lutra::kFp32, registers));
    units.push_back(gen::float_to_int_unit(lutra::kFp32, 8, registers));
    FloatBench bench(units);
    std::vector<int> wrong(bench.size());
    std::deque<std::pair<std::uint32_t, std::uint32_t>> flying;
    Operands operands(lutra::kFp32, 5);
    for (int i = 0; i < 20'000; ++i) {
      const std::uint32_t a = operands.next(), b = operands.next();
      bench.clock(a, b);
      flying.emplace_back(a, b);
      if (flying.size() < static_cast<std::size_t>(registers)) continue;
      tally(bench, flying.front().first, flying.front().second, wrong);
      flying.pop_front();
    }
    check(bench, wrong);
  }
}

TEST_CASE("conversions of every narrow number give the model's bits") {
  for (const std::vector<const FloatFormat*>& equally_wide :
       {std::vector{&lutra::kFp8E4M3, &lutra::kFp8E5M2}, std::vector{&lutra::kFp16, &lutra::kBf16}}) {
    std::vector<FloatUnit> units;
    for (const FloatFormat* from : equally_wide)
      for (const FloatUnit& u : converters_from(*from)) units.push_back(u);
    FloatBench bench(units);
    std::vector<int> wrong(bench.size());
    for (std::uint32_t a = 0; a < equally_wide[0]->sign_bit() * 2; ++a) {
      bench.set(a, 0);
      tally(bench, a, 0, wrong);
    }
    check(bench, wrong);
  }
}

TEST_CASE("conversions of a dense sample of FP32 and INT32 give the model's bits") {
  std::vector<FloatUnit> units = converters_from(lutra::kFp32);
  for (const FloatFormat* to : {&lutra::kFp32, &lutra::kFp16, &lutra::kBf16, &lutra::kFp8E4M3})
    units.push_back(gen::int_to_float_unit(32, *to));
  FloatBench bench(units);
  std::vector<int> wrong(bench.size());
  const auto value = [&](std::uint32_t a) {
    bench.set(a, 0);
    tally(bench, a, 0, wrong);
  };
  for (const std::uint32_t a : border_operands(lutra::kFp32)) value(a);
  for (std::uint64_t a = 0; a < 1ULL << 32; a += 4093) value(static_cast<std::uint32_t>(a));
  for (std::uint32_t a = 0; a < 200'000; ++a) value(a);
  check(bench, wrong);
}

}  // namespace lutra::test
