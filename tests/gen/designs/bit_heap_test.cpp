// The heap adds what it was given, with either final adder.
#include "gen/designs/bit_heap.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <random>

#include "sim/cosim/verilated_module.h"

using namespace lutra;

namespace {

/// A module that adds the bits of `input_i`, bit k with weight 2^columns[k].
std::unique_ptr<cosim::VerilatedModule> adder(const std::vector<int>& columns, int width, gen::AdderStyle style) {
  gen::BitHeap heap("h", width, style);
  for (std::size_t k = 0; k < columns.size(); ++k) heap.add(columns[k], fmt::format("input_i[{}]", k), static_cast<int>(k % 5));
  const std::string text = gen::module_text(
      "Adds bits.", "adder", {{false, static_cast<int>(columns.size()), "input_i", "bits"}, {true, width, "sum_o", "their sum"}},
      heap.sum("total") + "  assign sum_o = total;\n", gen::Clocking::kNone);
  std::vector<gen::EmittedFile> files = gen::full_adder_files(style.cell);
  files.push_back({"adder.v", text});
  return cosim::VerilatedModule::build(files, "adder");
}

}  // namespace

TEST_CASE("a heap of random bits adds up to their sum modulo its width") {
  std::mt19937 random(7);
  std::vector<int> columns;
  for (int k = 0; k < 40; ++k) columns.push_back(static_cast<int>(random() % 11));
  const auto last = GENERATE(gen::FinalAdder::kRipple, gen::FinalAdder::kPrefix);
  const auto cell = GENERATE(gen::FullAdder::kLogic, gen::FullAdder::kCell, gen::FullAdder::kInverting);
  const auto module = adder(columns, 10, {last, cell});
  for (int trial = 0; trial < 2000; ++trial) {
    const std::uint64_t bits = (static_cast<std::uint64_t>(random()) << 32 | random()) & ((1ULL << 40) - 1);
    std::uint64_t want = 0;
    for (std::size_t k = 0; k < columns.size(); ++k) want += (bits >> k & 1) << columns[k];
    module->port("input_i").set(bits);
    module->eval();
    REQUIRE(module->port("sum_o").get() == (want & 1023));
  }
}

TEST_CASE("an empty heap is zero") {
  const auto module = adder({9}, 4, {});
  module->port("input_i").set(1);
  module->eval();
  CHECK(module->port("sum_o").get() == 0);
}

TEST_CASE("a heap of n bits in a column needs no more full adders than bits it removes") {
  gen::BitHeap heap("h", 16);
  for (int k = 0; k < 31; ++k) heap.add(0, fmt::format("x{}", k));
  heap.compress();
  CHECK(heap.full_adders() <= 31 - 5);
}
