// The whole core: RTL and model in lockstep, and both against plain integer products.
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "sim/regression/bench.h"
#include "tests/shipped_config.h"
#include "tests/sim/cosim/agreement.h"

namespace lutra::test {

using namespace regression;

namespace {

using cosim::Lockstep;
using cosim::LockstepSetup;
using model::Channel;

std::vector<std::uint8_t> outputs(const memory::Memory& memory, std::size_t count) {
  std::vector<std::uint8_t> values(count);
  memory.image().read(kOutputsAt, values.data(), count);
  return values;
}

void check_product(const ArchConfig& config, const Product& product, double stalls, std::uint64_t seed) {
  Lockstep lockstep(setup_of(config, product_run(product, stalls, seed)));
  check_agreement(lockstep);
  CHECK(lockstep.model().host().read_values().at(0) == 2);  // STATUS: done
  CHECK(outputs(lockstep.model_memory(), product.expected.size()) == product.expected);
  CHECK(lockstep.compared(Channel::kIssue) > product.program.size());
  CHECK(lockstep.compared(Channel::kR) > 0);
  CHECK(lockstep.compared(Channel::kW) > 0);
}

}  // namespace

TEST_CASE("a matrix product has the right bits, and RTL and model agree in every cycle") {
  const ArchConfig config = test::shipped_config("tiny");
  check_product(config, matrix_product(config, 3, 8, 2, 1, 0, 1), 0, 1);
  check_product(config, matrix_product(config, 5, 6, 3, -7, 0, 2), 0.3, 2);
}

TEST_CASE("the default core multiplies in lockstep, with and without a memory that stalls") {
  const ArchConfig config = test::shipped_config("edge_w2a8");
  check_product(config, matrix_product(config, 4, 20, 2, 0, 0, 3), 0, 1);
  check_product(config, matrix_product(config, 6, 12, 2, 1, 3, 4), 0.4, 5);
}

TEST_CASE("cores with float tables multiply in lockstep, with and without a memory that stalls") {
  const ArchConfig config = test::shipped_config("tiny_fp16");
  check_product(config, matrix_product(config, 3, 8, 2, 1, 4, 8), 0, 1);
  check_product(config, matrix_product(config, 4, 6, 3, -7, 0, 9), 0.4, 2);
}

TEST_CASE("behind a banked DRAM RTL and model agree in every cycle") {
  for (const char* kind : {"lpddr5x", "ddr5"}) {
    ArchConfig config = test::shipped_config("tiny");
    config.memory.kind = kind;
    check_product(config, matrix_product(config, 3, 8, 2, 1, 0, 6), 0, 1);
    check_product(config, matrix_product(config, 5, 6, 3, -7, 0, 7), 0.3, 2);
  }
}

TEST_CASE("a memory that answers after the core has given up on it finds a core that takes the beats and comes to rest") {
  ArchConfig config = test::shipped_config("tiny");
  constexpr model::Cycle kLatency = 100000;
  config.memory.latency_ns = kLatency * 1000 / config.clock_mhz;
  const Product product = matrix_product(config, 1, 2, 1, 0, 0, 1);
  BenchRun run = product_run(product, 0, 1);
  model::Launch launch = product.launch;
  launch.watchdog = kLatency + 10000;  // while the first loads are under way
  model::HostScriptWriter script;
  script.run(launch).read("STATUS").read("STATUS", 3 * kLatency).write("CTRL", 4).read("STATUS");
  run.script = script.script();
  Lockstep lockstep(setup_of(config, run));
  check_agreement(lockstep);
  // Trapped and busy; busy after the clear; trapped when the beats have come; then nothing.
  const std::vector<std::uint32_t> expected = {5, static_cast<std::uint32_t>(Trap::kWatchdog), 1, 4, 0};
  CHECK(lockstep.model().host().read_values() == expected);
}

TEST_CASE("the checker names the first event at which two machines part") {
  const ArchConfig config = test::shipped_config("tiny");
  const Product product = matrix_product(config, 3, 8, 2, 1, 0, 1);
  LockstepSetup setup;
  setup.config = config;
  setup.image = product.image;
  setup.script = model::HostScriptWriter().run(product.launch).script();
  setup.model_memory = setup.memory;
  setup.model_memory->slverr.push_back({kWeightsAt, 8});
  Lockstep lockstep(setup);
  CHECK_FALSE(cosim::run_to_end(lockstep));
  REQUIRE(lockstep.divergence());
  // The first beat of weights: the model's memory answers SLVERR, the RTL's OKAY.
  CHECK(lockstep.divergence()->event == "r");
  CHECK(lockstep.divergence()->cycle > 100);
  CHECK(lockstep.divergence()->str().find("expected (RTL)") != std::string::npos);
  CHECK_FALSE(lockstep.step());
}

TEST_CASE("random programs with races, deadlocks and errors run in lockstep") {
  for (const char* name : {"tiny", "edge_w2a8"}) {
    const ArchConfig config = test::shipped_config(name);
    std::mt19937_64 random(11);
    memory::Image image;
    fill_random(image, random);
    int done = 0;
    for (int n = 0; n < 40; ++n) {
      Lockstep lockstep(setup_of(config, random_run(config, image, random)));
      INFO(name << ", program " << n);
      check_agreement(lockstep);
      done += lockstep.model().host().read_values().at(0) == 2 ? 1 : 0;
    }
    CHECK(done >= 2);
  }
}

}  // namespace lutra::test
