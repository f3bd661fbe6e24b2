#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "isa/error.h"
#include "sim/cosim/verilated_module.h"
#include "sim/cost/ppa.h"
#include "sim/cost/synth.h"
#include "sim/process/process.h"
#include "tests/sim/cost/test_library.h"

using namespace lutra;
using namespace lutra::cost;

namespace {

const Library& osu018() {
  static const Library library = read_library({kDefaultLiberty});
  return library;
}

/// One mapped small design for all tests of this file.
const SynthResult& mapped() {
  static const ScratchDirectory cache(std::filesystem::temp_directory_path().string());
  static const SynthResult result = synthesise({test::small_design(), "top", 100, {}, false, {}, cache.path()}, osu018());
  return result;
}

/// The RTL under Verilator on random inputs, recorded.
Stimulus record(int cycles) {
  const auto rtl = cosim::VerilatedModule::build(test::small_design(), "top");
  Stimulus stimulus;
  std::vector<cosim::PortRef> ports;
  for (const auto& [name, port] : rtl->ports()) {
    if (name == "clk_i") continue;
    const bool input = std::find(rtl->inputs().begin(), rtl->inputs().end(), name) != rtl->inputs().end();
    stimulus.add_port(name, port.bits(), !input);
    ports.push_back(port);
  }
  std::mt19937 random(7);
  for (int t = 0; t < cycles; ++t) {
    rtl->port("rst_ni").set(t >= 3);
    rtl->port("x_i").set(random() & 255);
    rtl->port("we_i").set(random() & 1);
    rtl->port("addr_i").set(random() & 15);
    rtl->eval();
    stimulus.begin_cycle();
    for (std::size_t p = 0; p < ports.size(); ++p) stimulus.write(p, ports[p].bytes());
    rtl->tick();
  }
  return stimulus;
}

const Stimulus& recorded() {
  static const Stimulus stimulus = record(400);
  return stimulus;
}

double load_of(const NetModule& m, int net, const Netlist& netlist) {
  double load = 0;
  for (const Instance& i : m.instances)
    for (const Connection& c : i.connections)
      for (const int n : c.nets) {
        if (n != net || i.cell == nullptr) continue;
        const LibraryPin* pin = i.cell->pin(c.pin);
        if (pin != nullptr && !pin->output) load += pin->capacitance;
      }
  static_cast<void>(netlist);
  return load;
}

PpaRequest small_request(const std::string& cache) {
  PpaRequest request;
  request.files = test::small_design();
  request.top = "top";
  request.cache = cache;
  return request;
}

}  // namespace

TEST_CASE("The mapped netlist keeps hierarchy and maps each distinct module once") {
  const AreaNode area = area_tree(mapped().netlist);
  CHECK(area.module == "top");
  REQUIRE(area.children.size() == 5);
  double children = 0;
  for (const AreaNode& c : area.children) children += c.area_um2;
  CHECK(area.area_um2 > children);
  CHECK(mapped().netlist.modules.size() == 3);
  CHECK(area.children[0].area_um2 == area.children[1].area_um2);
}

TEST_CASE("No data net of the repaired netlist drives more than its limit") {
  const LibraryCell& inverter = *osu018().inverters().front();
  const double unit = (inverter.pins[0].output ? inverter.pins[1] : inverter.pins[0]).capacitance;
  CHECK(mapped().buffering.buffers > 0);
  CHECK(mapped().buffering.worst_load_before > 20);
  std::map<std::string, std::vector<std::string>> clock_ports;
  for (const std::string& name : mapped().netlist.bottom_up()) {
    const NetModule& m = mapped().netlist.modules.at(name);
    const std::vector<char> clocks = clock_nets(m, mapped().netlist, clock_ports);
    for (int n = 2; n < static_cast<int>(m.net_names.size()); ++n)
      if (clocks[static_cast<std::size_t>(n)] == 0) {
        INFO(name << " net " << n << " " << m.net_names[static_cast<std::size_t>(n)]);
        // A last sink may overshoot the even share by half its load.
        CHECK(load_of(m, n, mapped().netlist) <= 22 * unit);
      }
  }
}

TEST_CASE("The mapped netlist computes what the RTL computes, and its activity is counted") {
  const FlatNetlist flat = flatten(mapped().netlist);
  const Activity activity = measure_activity(flat, recorded(), {10});
  CHECK(activity.cycles == 390);
  CHECK(activity.compared_bits == 400 * 67);
  CHECK(activity.mean_toggles_per_cycle > 0.05);
  CHECK(activity.mean_toggles_per_cycle < 1);
  for (const FlatPort& p : flat.ports)
    if (p.name == "we_i") CHECK(activity.toggles_per_cycle[p.nets[0]] == Approx(0.5).margin(0.1));
  REQUIRE(activity.srams.size() == 1);
  CHECK(activity.srams[0].reads == Approx(195).margin(40));
  CHECK(activity.srams[0].writes == Approx(146).margin(40));
}

TEST_CASE("A wrong gate in the netlist is found") {
  Netlist broken = mapped().netlist;
  int tried = 0;
  for (auto& [name, m] : broken.modules)
    for (Instance& i : m.instances)
      if (i.cell != nullptr && i.type == "XNOR2X1" && tried == 0) {
        i.type = "XOR2X1";
        i.cell = osu018().cell("XOR2X1");
        ++tried;
      }
  REQUIRE(tried == 1);
  try {
    measure_activity(flatten(broken), recorded());
    FAIL("the wrong gate went unnoticed");
  } catch (const Error& e) {
    CHECK(e.exit_code() == 1);
    CHECK_THAT(e.what(), Catch::Contains("differs from the RTL in cycle"));
  }
}

TEST_CASE("A stimulus that lacks a port or has another width is refused") {
  Stimulus stimulus;
  stimulus.add_port("x_i", 8, false);
  stimulus.begin_cycle();
  CHECK_THROWS_WITH(measure_activity(flatten(mapped().netlist), stimulus), Catch::Contains("no port"));
  CHECK_THROWS_AS(measure_activity(flatten(mapped().netlist), recorded(), {400}), Error);
}

TEST_CASE("A whole measurement says what it counted, and a repeat comes from the cache") {
  const ScratchDirectory cache(std::filesystem::temp_directory_path().string());
  PpaRequest request = small_request(cache.path());
  request.stimulus = &recorded();
  request.stimulus_skip = 10;
  const Ppa ppa = measure(request);
  CHECK(!ppa.synthesis_cached);
  CHECK(ppa.timing_met());
  CHECK(ppa.timing.best_clock_mhz > 100);
  CHECK(ppa.timing.critical.steps.size() > 3);
  CHECK(ppa.timing.critical.delay_ps < 10000);
  CHECK(ppa.area_um2 == Approx(ppa.tree.area_um2));
  CHECK(ppa.power.total_mw() > 0);
  CHECK(ppa.energy_pj_per_cycle() == Approx(ppa.power.total_mw() / 100 * 1000));
  CHECK(ppa.sram_extrapolated);
  CHECK(!ppa.ratios_include_sram);
  const nlohmann::json json = to_json(ppa);
  CHECK(json["layout"] == "none");
  CHECK(json["library"] == "OSU 0.18 um");
  CHECK(json["activity"]["source"] == "measured");
  CHECK(json["sram"]["extrapolated"] == true);

  request.boundary = Boundary::kCoreSram;
  request.stimulus = nullptr;
  const Ppa again = measure(request);
  CHECK(again.synthesis_cached);
  CHECK(again.timing.worst_slack_ps == ppa.timing.worst_slack_ps);
  CHECK(again.area_um2 == Approx(ppa.area_um2 + ppa.sram_area_um2));
  CHECK(again.tops_per_mm2 == Approx(ppa.tops_per_mm2));
  CHECK(to_json(again)["activity"]["source"] == "assumed");
}

TEST_CASE("A clock that is missed is reported, with the one that would be met") {
  const ScratchDirectory cache(std::filesystem::temp_directory_path().string());
  PpaRequest request = small_request(cache.path());
  request.clock_mhz = 2000;
  const Ppa fast = measure(request);
  CHECK(!fast.timing_met());
  CHECK(fast.timing.best_clock_mhz < 2000);
  CHECK(std::find(fast.fast_modules.begin(), fast.fast_modules.end(), "lane") != fast.fast_modules.end());
  request.clock_mhz = fast.timing.best_clock_mhz * 0.5;
  CHECK(measure(request).timing_met());
}

TEST_CASE("A module mapped for delay is another netlist than the same module mapped for area") {
  const ScratchDirectory cache(std::filesystem::temp_directory_path().string());
  const SynthResult fast = synthesise({test::small_design(), "top", 100, {"lane"}, false, {}, cache.path()}, osu018());
  CHECK(!fast.from_cache);
  CHECK(area_tree(fast.netlist).area_um2 > area_tree(mapped().netlist).area_um2);
  const StaResult by_area = analyse_timing(mapped().netlist, mapped().verilog, osu018(), {100, 180, cache.path()});
  CHECK(analyse_timing(fast.netlist, fast.verilog, osu018(), {100, 180, cache.path()}).best_clock_mhz > by_area.best_clock_mhz);
}

TEST_CASE("Verilog that Yosys refuses is reported with its last lines") {
  const ScratchDirectory cache(std::filesystem::temp_directory_path().string());
  const SynthRequest request{{{"bad.v", "module top (input a);\n  wire b = ;\nendmodule\n"}}, "top", 100, {}, false, {}, cache.path()};
  CHECK_THROWS_WITH(synthesise(request, osu018()), Catch::Contains("bad.v:2"));
  CHECK(!std::filesystem::exists(cache.path() + "/synth") == false);
  CHECK(std::filesystem::is_empty(cache.path() + "/synth"));
}

TEST_CASE("Boundaries have names, and a misspelt one is answered with the nearest") {
  CHECK(parse_boundary("core+sram") == Boundary::kCoreSram);
  CHECK(boundary_name(Boundary::kArray) == "array");
  CHECK_THROWS_WITH(parse_boundary("datapth"), Catch::Contains("datapath"));
}
