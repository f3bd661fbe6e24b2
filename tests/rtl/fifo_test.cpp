// The FIFO and the unit queue against a plain queue, under random pushes, pops, grants and stops.
#include <catch2/catch.hpp>
#include <deque>
#include <random>
#include <string>

#include "gen/rtl_files.h"
#include "sim/cosim/verilated_module.h"

namespace {

using lutra::cosim::VerilatedModule;

/// A module with its parameters set, as a top of its own.
std::unique_ptr<VerilatedModule> build(const std::string& name, const std::string& parameters) {
  std::vector<lutra::gen::EmittedFile> files;
  for (const auto& file : lutra::gen::rtl_files()) {
    if (file.name == "lutra_fifo.v" || file.name == name + ".v") files.push_back(file);
  }
  lutra::cosim::BuildOptions options;
  options.verilator_flags.push_back(parameters);
  return VerilatedModule::build(files, name, options);
}

void reset(VerilatedModule& module) {
  module.port("rst_ni").set(0);
  module.tick();
  module.port("rst_ni").set(1);
}

}  // namespace

TEST_CASE("a FIFO keeps order, is full at its depth, and forgets what is flushed") {
  for (const int depth : {1, 3, 4, 8}) {
    auto module = build("lutra_fifo", "-GDEPTH=" + std::to_string(depth));
    reset(*module);
    std::mt19937 random(static_cast<unsigned>(depth));
    std::deque<std::uint64_t> expected;
    int full = 0;
    for (int cycle = 0; cycle < 3000; ++cycle) {
      module->eval();
      REQUIRE(module->port("ready_o").get() == (expected.size() < static_cast<std::size_t>(depth)));
      REQUIRE(module->port("valid_o").get() == !expected.empty());
      if (!expected.empty()) REQUIRE(module->port("data_o").get() == expected.front());
      full += expected.size() == static_cast<std::size_t>(depth);
      const bool flush = random() % 50 == 0;
      const bool push = random() % 2 && expected.size() < static_cast<std::size_t>(depth);
      const bool pop = random() % 2 && !expected.empty();
      const std::uint64_t data = random() & 255U;
      module->port("flush_i").set(flush);
      module->port("push_i").set(push);
      module->port("pop_i").set(pop);
      module->port("data_i").set(data);
      module->tick();
      if (pop) expected.pop_front();
      if (push) expected.push_back(data);
      if (flush) expected.clear();
    }
    CHECK(full > 20);
  }
}

TEST_CASE("a unit queue starts its head when the unit accepts and the semaphores are granted, and nothing while stopped") {
  auto module = build("lutra_unit_queue", "-GDEPTH=4");
  reset(*module);
  std::mt19937 random(1);
  std::deque<std::uint64_t> expected;
  int starts = 0;
  for (int cycle = 0; cycle < 3000; ++cycle) {
    const bool stop = random() % 40 == 0;
    const bool offer = random() % 2;
    const bool accept = random() % 4 != 0;
    const bool grant = random() % 2;
    const std::uint64_t data = random();
    module->port("stop_i").set(stop);
    module->port("cmd_valid_i").set(offer);
    module->port("cmd_data_i").set(data);
    module->port("accept_i").set(accept);
    module->port("sem_gnt_i").set(grant);
    module->eval();
    const bool request = !expected.empty() && accept && !stop;
    REQUIRE(module->port("sem_req_o").get() == request);
    REQUIRE(module->port("start_o").get() == (request && grant));
    REQUIRE(module->port("cmd_ready_o").get() == (expected.size() < 4));
    if (request) REQUIRE(module->port("sem_mask_o").get() == ((expected.front() >> 8U) & 255U));
    const bool push = offer && expected.size() < 4;
    module->tick();
    if (request && grant) {
      expected.pop_front();
      ++starts;
    }
    if (push) expected.push_back(data);
    if (stop) expected.clear();
  }
  CHECK(starts > 500);
}
