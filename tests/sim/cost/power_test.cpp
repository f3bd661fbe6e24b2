#include "sim/cost/power.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "isa/file.h"
#include "sim/cost/cell_tables.h"
#include "sim/process/process.h"
#include "tests/sim/cost/test_library.h"

using namespace lutra;
using namespace lutra::cost;

namespace {

struct Fixture {
  Fixture() {
    ScratchDirectory dir(std::filesystem::temp_directory_path().string());
    write_file_atomically(dir.path() + "/a.lib", test::tiny_liberty());
    library = read_library({dir.path() + "/a.lib"});
    // x_i -> INV u1 -> NAND2 u2 (both pins) -> DFFN f -> y_o
    NetModule m;
    m.name = m.source_name = "top";
    m.net_names.resize(7);
    m.ports = {{"clk_i", false, {2}}, {"x_i", false, {3}}, {"y_o", true, {6}}};
    const auto cell = [&](const char* type, const char* name, std::vector<Connection> connections) {
      m.instances.push_back({name, type, library.cell(type), std::move(connections)});
    };
    cell("INV", "u1", {{"A", {3}}, {"Y", {4}}});
    cell("NAND2", "u2", {{"A", {4}}, {"B", {4}}, {"Y", {5}}});
    cell("DFFN", "f", {{"C", {2}}, {"D", {5}}, {"QN", {6}}});
    netlist.top = "top";
    netlist.modules["top"] = m;
  }
  Library library;
  Netlist netlist;
};

}  // namespace

TEST_CASE("Power of a small netlist is what the tables say by hand") {
  const Fixture f;
  const FlatNetlist flat = flatten(f.netlist);
  const Activity activity = assumed_activity(flat, 0.5);
  const Power power = cell_power(flat, f.library, activity, 100).at("");
  // Internal: INV and NAND2 toggle 0.5 times a cycle at mean 2 fJ; the clock pin rises and falls: 2 x mean 3 fJ. 8 fJ x 100 MHz = 0.8 uW.
  CHECK(power.internal_mw == Approx(0.8e-3));
  // Switching: loads 20 fF (two NAND2 pins), 10 fF (D), 40 fF (port), each 0.5 x C V^2 / 2: 17.5 fJ x 100 MHz.
  CHECK(power.switching_mw == Approx(1.75e-3));
  CHECK(power.leakage_mw == Approx(8e-6));
}

TEST_CASE("Dynamic power is proportional to the clock and leakage is not") {
  const Fixture f;
  const FlatNetlist flat = flatten(f.netlist);
  const Activity activity = assumed_activity(flat, 0.3);
  const Power slow = cell_power(flat, f.library, activity, 100).at("");
  const Power fast = cell_power(flat, f.library, activity, 250).at("");
  CHECK(fast.internal_mw == Approx(2.5 * slow.internal_mw));
  CHECK(fast.switching_mw == Approx(2.5 * slow.switching_mw));
  CHECK(fast.leakage_mw == slow.leakage_mw);
}

TEST_CASE("Lookup tables interpolate inside, clamp below, extend above") {
  const LibertyFile file =
      parse_liberty("library (l) { t () { index_1 (\"0, 1\"); index_2 (\"0, 2\"); values (\"0, 2\", \"10, 12\"); } }", "x.lib");
  const LookupTable table(file.root.groups[0], nullptr, "x.lib");
  CHECK(table.at(0.5, 1) == Approx(6));
  CHECK(table.at(-1, -1) == Approx(0));
  CHECK(table.at(1, 4) == Approx(14));
}

TEST_CASE("Tables whose first variable is the load are turned round") {
  const LibertyFile file = parse_liberty(
      "library (l) { lu_table_template (t) { variable_1 : total_output_net_capacitance; variable_2 : input_net_transition; }"
      " t () { index_1 (\"0, 2\"); index_2 (\"0, 1\"); values (\"0, 10\", \"2, 12\"); } }",
      "x.lib");
  const LookupTable table(file.root.groups[1], &file.root.groups[0], "x.lib");
  CHECK(table.at(1, 0) == Approx(10));
  CHECK(table.at(0, 2) == Approx(2));
}

TEST_CASE("A condition is as probable as its pins make it") {
  const Condition condition{{0, 2}, {0, 0, 0, 1}};  // pin 0 and pin 2
  CHECK(condition.probability({0.25, 0.9, 0.5}, -1) == Approx(0.125));
  CHECK(condition.probability({0.25, 0.9, 0.5}, 0) == Approx(0.25));
}
