// Whole input spaces of the floating-point units: model against the CPU, and Verilog against the model.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <thread>
#include <vector>

#include "gen/float/model.h"
#include "tests/gen/float/float_bench.h"
#include "tests/gen/float/reference.h"

namespace lutra::test {
namespace {

/// Runs `count` equal parts of the 2^32 operand words, each in a thread of its own; gives the sum of what they count as wrong.
std::uint64_t over_all_words(const std::function<std::uint64_t(std::uint32_t first, std::uint32_t last)>& part) {
  const std::uint64_t threads = std::max(1U, std::thread::hardware_concurrency()), words = 1ULL << 32;
  std::vector<std::uint64_t> wrong(threads);
  std::vector<std::thread> running;
  for (std::uint64_t t = 0; t < threads; ++t)
    running.emplace_back([&, t] {
      wrong[t] = part(static_cast<std::uint32_t>(words * t / threads), static_cast<std::uint32_t>(words * (t + 1) / threads - 1));
    });
  std::uint64_t sum = 0;
  for (std::uint64_t t = 0; t < threads; ++t) {
    running[t].join();
    sum += wrong[t];
  }
  return sum;
}

/// Every encoding's number, so that the reference does not decode twice four billion times.
std::vector<double> numbers_of(const lutra::FloatFormat& f) {
  std::vector<double> numbers;
  for (std::uint32_t a = 0; a < f.sign_bit() * 2; ++a) numbers.push_back(decode(f, a));
  return numbers;
}

/// Counts the words for which a unit differs from its model.
std::uint64_t rtl_disagreements(const std::vector<gen::FloatUnit>& units, bool two_operands) {
  return over_all_words([&](std::uint32_t first, std::uint32_t last) {
    FloatBench bench(units, "-O3");
    std::uint64_t wrong = 0;
    for (std::uint64_t word = first; word <= last; ++word) {
      const auto bits = static_cast<std::uint32_t>(word);
      const std::uint32_t a = two_operands ? bits >> 16 : bits, b = two_operands ? bits & 0xFFFF : 0;
      bench.set(a, b);
      for (std::size_t i = 0; i < bench.size(); ++i) wrong += bench.result(i) == model_result(bench.unit(i), a, b) ? 0 : 1;
    }
    return wrong;
  });
}

}  // namespace

TEST_CASE("all pairs of FP16 give the CPU's sum and product") {
  const std::vector<double> numbers = numbers_of(lutra::kFp16);
  CHECK(over_all_words([&](std::uint32_t first, std::uint32_t last) {
          std::uint64_t wrong = 0;
          for (std::uint64_t word = first; word <= last; ++word) {
            const std::uint32_t a = static_cast<std::uint32_t>(word) >> 16, b = word & 0xFFFF;
            wrong += gen::float_add(lutra::kFp16, a, b) == encode(lutra::kFp16, numbers[a] + numbers[b]) ? 0 : 1;
            wrong += gen::float_multiply(lutra::kFp16, a, b) == encode(lutra::kFp16, numbers[a] * numbers[b]) ? 0 : 1;
          }
          return wrong;
        }) == 0);
}

TEST_CASE("the FP16 adder and multiplier give the model's bits for all pairs") {
  CHECK(rtl_disagreements({gen::float_adder(lutra::kFp16), gen::float_multiplier(lutra::kFp16)}, true) == 0);
}

TEST_CASE("every FP32 converts to FP16, BF16, FP8 and INT8 as the CPU rounds it") {
  CHECK(over_all_words([](std::uint32_t first, std::uint32_t last) {
          std::uint64_t wrong = 0;
          for (std::uint64_t word = first; word <= last; ++word) {
            const auto a = static_cast<std::uint32_t>(word);
            const double value = decode(lutra::kFp32, a);
            for (const lutra::FloatFormat* to : {&lutra::kFp16, &lutra::kBf16, &lutra::kFp8E4M3, &lutra::kFp8E5M2})
              wrong += gen::float_convert(lutra::kFp32, *to, a) == encode(*to, value) ? 0 : 1;
            const double whole = std::isnan(value) ? 0 : std::clamp(std::nearbyint(value), -128.0, 127.0);
            wrong += gen::float_to_int(lutra::kFp32, 8, a) == static_cast<int>(whole) ? 0 : 1;
          }
          return wrong;
        }) == 0);
}

TEST_CASE("the converters from FP32 give the model's bits for every FP32") {
  CHECK(rtl_disagreements({gen::float_converter(lutra::kFp32, lutra::kFp16), gen::float_converter(lutra::kFp32, lutra::kBf16),
                           gen::float_converter(lutra::kFp32, lutra::kFp8E4M3), gen::float_converter(lutra::kFp32, lutra::kFp8E5M2),
                           gen::float_to_int_unit(lutra::kFp32, 8)},
                          false) == 0);
}

TEST_CASE("every INT32 becomes the CPU's FP32, in the model and in Verilog") {
  CHECK(over_all_words([](std::uint32_t first, std::uint32_t last) {
          std::uint64_t wrong = 0;
          for (std::uint64_t word = first; word <= last; ++word) {
            const auto value = static_cast<std::int32_t>(static_cast<std::uint32_t>(word));
            wrong += gen::int_to_float(lutra::kFp32, value) == bits_of(static_cast<float>(value)) ? 0 : 1;
          }
          return wrong;
        }) == 0);
  CHECK(rtl_disagreements({gen::int_to_float_unit(32, lutra::kFp32)}, false) == 0);
}

}  // namespace lutra::test
