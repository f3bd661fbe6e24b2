// The load unit: Verilog and model in lockstep.
#include "gen/load_unit.h"

#include <catch2/catch.hpp>

#include "tests/gen/dma_bench.h"
#include "tests/gen/dma_configs.h"

using lutra::test::DmaReport;
using lutra::test::DmaScenario;
using lutra::test::run_dma;

namespace {

DmaScenario loads(const lutra::ArchConfig& config, std::uint64_t seed) {
  DmaScenario s{config};
  s.seed = seed;
  s.stores = false;
  return s;
}

}  // namespace

TEST_CASE("the load unit's Verilog and model agree in every edge and bit on every geometry") {
  for (const lutra::ArchConfig& config : lutra::test::dma_configs()) {
    for (const double stalls : {0.0, 0.3}) {
      DmaScenario s = loads(config, 11);
      s.stalls = stalls;
      const DmaReport report = run_dma(s);
      INFO(config.name << " stalls " << stalls);
      CHECK(report.difference == "");
      CHECK(report.retired > 5);
    }
  }
}

TEST_CASE("loads that are misaligned or leave the window trap before any access, in the same cycle in Verilog and model") {
  for (const lutra::ArchConfig& config : lutra::test::dma_configs()) {
    DmaScenario s = loads(config, 5);
    s.bad_command = 0.2;
    s.stalls = 0.1;
    const DmaReport report = run_dma(s);
    INFO(config.name);
    CHECK(report.difference == "");
    CHECK(report.traps > 2);
  }
}

TEST_CASE("read errors trap and a stop at any moment leaves nothing owed") {
  for (const lutra::ArchConfig& config : lutra::test::dma_configs()) {
    DmaScenario s = loads(config, 7);
    s.errors = true;
    s.stop = 0.01;
    s.stalls = 0.2;
    const DmaReport report = run_dma(s);
    INFO(config.name);
    CHECK(report.difference == "");
    CHECK(report.traps > 0);
  }
}

TEST_CASE("a memory whose read queue is short holds the load unit back equally") {
  DmaScenario s = loads(lutra::test::dma_configs().front(), 3);
  s.read_queue = 1;
  s.stalls = 0.2;
  CHECK(run_dma(s).difference == "");
}

TEST_CASE("consecutive loads keep the bus busy on every cycle once data flow") {
  DmaScenario s = loads(lutra::test::edge_config(), 9);
  s.push = 1;
  s.grant = 1;
  s.port_use = 0;
  const DmaReport report = run_dma(s);
  CHECK(report.difference == "");
  CHECK(report.read_beats > s.cycles * 95 / 100);
  // Lazy: the model looks at few edges of the many.
  CHECK(report.retired > 100);
}
