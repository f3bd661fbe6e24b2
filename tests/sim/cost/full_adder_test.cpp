// The library's full-adder cell is found by what it computes and put where a design asks for it.
#include "sim/cost/full_adder.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "gen/designs/bit_heap.h"
#include "sim/cost/netlist_simulator.h"
#include "sim/cost/ppa.h"
#include "sim/cost/synth.h"
#include "sim/process/process.h"

using namespace lutra;
using namespace lutra::cost;

namespace {

const Library& osu018() {
  static const Library library = read_library({kDefaultLiberty});
  return library;
}

/// Three numbers of 4 bits, added by the operator, by cells, and by cells with inverted outputs.
std::vector<gen::EmittedFile> adders() {
  std::string body = "\n  assign operator_o = input_i[3:0] + input_i[7:4] + input_i[11:8];\n";
  std::vector<gen::EmittedFile> files;
  for (const auto& [name, cell] : {std::pair{"plain", gen::FullAdder::kCell}, std::pair{"inverting", gen::FullAdder::kInverting}}) {
    gen::BitHeap heap(name, 6, {gen::FinalAdder::kRipple, cell});
    for (int k = 0; k < 3; ++k) heap.add_vector(0, "input_i", 4 * k, 4);
    const std::string sum = std::string(name) + "_sum";
    body += heap.sum(sum) + "  assign " + name + "_o = " + sum + ";\n";
    for (const gen::EmittedFile& f : gen::full_adder_files(cell)) files.push_back(f);
  }
  files.push_back({"adders.v", gen::module_text("Adds three numbers in three ways.", "adders",
                                                {{false, 12, "input_i", "three numbers"},
                                                 {true, 6, "operator_o", "sum"},
                                                 {true, 6, "plain_o", "sum"},
                                                 {true, 6, "inverting_o", "sum"}},
                                                body, gen::Clocking::kNone)});
  return files;
}

int number(const NetlistSimulator& simulator, const FlatPort& port) {
  int value = 0;
  for (std::size_t i = 0; i < port.nets.size(); ++i) value |= simulator.get(port.nets[i]) << i;
  return value;
}

}  // namespace

TEST_CASE("the full adder of a library is found by its functions") {
  const auto cell = find_full_adder(osu018());
  REQUIRE(cell.has_value());
  CHECK(cell->name == "FAX1");
  CHECK(cell->sum == "YS");
  CHECK(cell->carry == "YC");
  CHECK(!cell->inverting);
}

TEST_CASE("adders that are mapped to full-adder cells add right, whatever their polarity") {
  const ScratchDirectory cache(std::filesystem::temp_directory_path().string());
  SynthRequest request;
  request.files = adders();
  request.top = "adders";
  request.full_adder_cells = true;
  request.cache = cache.path();
  const SynthResult result = synthesise(request, osu018());
  const std::vector<std::string> used = result.netlist.cells_used();
  CHECK(std::find(used.begin(), used.end(), "FAX1") != used.end());
  const FlatNetlist flat = flatten(result.netlist);
  NetlistSimulator simulator(flat);
  for (int x = 0; x < 4096; ++x) {
    const int want = (x & 15) + (x >> 4 & 15) + (x >> 8);
    for (const FlatPort& p : flat.ports)
      for (std::size_t i = 0; i < p.nets.size() && !p.output; ++i) simulator.set(p.nets[i], static_cast<std::uint8_t>(x >> i & 1));
    simulator.settle();
    for (const FlatPort& p : flat.ports)
      if (p.output) REQUIRE(number(simulator, p) == want);
  }
}
