// Targets are computed from measurements, and only from those that count.
#include <catch2/catch.hpp>

#include "sim/hardware/campaign.h"

using namespace lutra::hardware;

namespace {

Measurement made(const std::string& design, const std::string& family, const std::string& mode, double area_um2, double power_mw) {
  Measurement m;
  m.design = design;
  m.family = family;
  m.table_mode = mode;
  m.weight_type = "W2";
  m.activation_type = "INT8";
  m.boundary = "datapath";
  m.macs_per_cycle = 256;
  m.clock_mhz = 1000;
  m.area_um2 = area_um2;
  m.power_mw = power_mw;
  return m;
}

double value_of(const nlohmann::json& rows, const std::string& prefix) {
  for (const nlohmann::json& r : rows)
    if (r.at("name").get<std::string>().rfind(prefix, 0) == 0) return r.at("value").get<double>();
  FAIL("no row " << prefix);
  return 0;
}

}  // namespace

TEST_CASE("our densest design is set against the best figure that any rival reaches") {
  const std::vector<Measurement> all = {made("ours", "lut", "quantised8", 1000, 2), made("ours_large", "lut", "quantised8", 1500, 1),
                                        made("dense", "mac", "none", 1600, 9), made("frugal", "add", "none", 4000, 3)};
  const nlohmann::json rows = target_rows(all, false, "command");
  CHECK(value_of(rows, "W2A8, 8-bit tables, against the best ADD or MAC: density, ours over dense") == Approx(1.6));
  CHECK(value_of(rows, "W2A8, 8-bit tables, against the best ADD or MAC: energy efficiency, ours over frugal") == Approx(1.5));
}

TEST_CASE("designs that miss the clock or compute wrong bits do not count") {
  std::vector<Measurement> all = {made("ours", "lut", "quantised8", 1000, 2), made("late", "mac", "none", 500, 1),
                                  made("wrong", "mac", "none", 400, 1), made("good", "mac", "none", 2000, 4)};
  all[1].worst_slack_ps = -1;
  all[2].mismatched_bits = 1;
  CHECK(value_of(target_rows(all, false, "command"), "W2A8, 8-bit tables, against the best ADD or MAC: density, ours over good") ==
        Approx(2));
}

TEST_CASE("a target whose designs were not measured gets no row") { CHECK(target_rows({}, false, "command").empty()); }

TEST_CASE("designs with full-adder cells are compared among themselves") {
  std::vector<Measurement> all = {made("ours", "lut", "quantised8", 1000, 2), made("good", "mac", "none", 2000, 4),
                                  made("smaller", "mac", "none", 500, 1)};
  all[2].full_adder_cells = true;
  CHECK(value_of(target_rows(all, false, "command"), "W2A8, 8-bit tables, against the best ADD or MAC: density, ours over good") ==
        Approx(2));
  CHECK(target_rows(all, true, "command").empty());
}

TEST_CASE("a library's part of the page is replaced and the rest kept") {
  const std::string first = with_section("# Page\n", "asap7", "old\n"), both = with_section(first, "sky130", "other\n");
  const std::string again = with_section(both, "asap7", "new\n");
  CHECK(again.find("old") == std::string::npos);
  CHECK(again.find("# Page\n") == 0);
  CHECK(again.find("new\n<!-- end asap7 -->") != std::string::npos);
  CHECK(again.find("other\n<!-- end sky130 -->") != std::string::npos);
}
