// The store unit: Verilog and model in lockstep, alone and sharing the memory with loads.
#include "gen/store_unit.h"

#include <catch2/catch.hpp>

#include "tests/gen/dma_bench.h"
#include "tests/gen/dma_configs.h"

using lutra::test::DmaReport;
using lutra::test::DmaScenario;
using lutra::test::run_dma;

TEST_CASE("the store unit's Verilog and model agree in every edge and bit on every geometry") {
  for (const lutra::ArchConfig& config : lutra::test::dma_configs()) {
    for (const double stalls : {0.0, 0.3}) {
      DmaScenario s{config};
      s.seed = 21;
      s.loads = false;
      s.push = 1;
      s.stalls = stalls;
      const DmaReport report = run_dma(s);
      INFO(config.name << " stalls " << stalls);
      CHECK(report.difference == "");
      CHECK(report.retired > 20);
    }
  }
}

TEST_CASE("outputs are rounded on their way to memory, and rows of every width agree in every edge and bit") {
  struct Narrow {
    const char* output;
    int columns, outputs, bus;
  };
  for (const auto& [output, columns, outputs, bus] : {Narrow{"fp16", 4, 2, 64},
                                                      {"fp16", 64, 4, 128},
                                                      {"bf16", 8, 4, 64},
                                                      {"bf16", 32, 2, 64},
                                                      {"int8", 4, 4, 128},
                                                      {"int8", 64, 4, 256}}) {
    lutra::ArchConfig config = lutra::test::tiny_config();
    config.scale.unit = "float";
    config.scale.output = output;
    config.array.columns = columns;
    config.scale.outputs_per_cycle = outputs;
    config.axi.data_bits = bus;
    config.axi.max_burst_beats = 5;
    DmaScenario s{config};
    s.seed = 27;
    s.loads = false;
    s.push = 1;
    s.stalls = 0.2;
    s.bad_command = 0.02;
    const DmaReport report = run_dma(s);
    INFO(output << " of " << columns << " columns");
    CHECK(report.difference == "");
    CHECK(report.write_beats > 20);
  }
}

TEST_CASE("stores and loads that share a slow memory agree, and loads do not starve stores") {
  for (lutra::ArchConfig config : lutra::test::dma_configs()) {
    config.memory.bandwidth_gb_s *= 0.37;
    DmaScenario s{config};
    s.seed = 23;
    s.push = 0.8;
    s.stalls = 0.1;
    const DmaReport report = run_dma(s);
    INFO(config.name);
    CHECK(report.difference == "");
    CHECK(report.write_beats > 20);
  }
}

TEST_CASE("bad stores, write errors and stops at any moment agree") {
  for (const lutra::ArchConfig& config : lutra::test::dma_configs()) {
    DmaScenario s{config};
    s.seed = 25;
    s.bad_command = 0.1;
    s.errors = true;
    s.stop = 0.005;
    s.stalls = 0.2;
    s.write_queue = 1;
    const DmaReport report = run_dma(s);
    INFO(config.name);
    CHECK(report.difference == "");
    CHECK(report.traps > 2);
  }
}
