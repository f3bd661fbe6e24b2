// The whole core: RTL and model in lockstep, and both against plain integer products.
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "sim/cosim/lockstep.h"
#include "sim/regression/core_programs.h"

namespace lutra::test {

using namespace regression;

namespace {

using cosim::Lockstep;
using cosim::LockstepSetup;
using model::Channel;

ArchConfig named(const std::string& name) { return load_arch_config(std::string(LUTRA_SOURCE_DIR) + "/configs/" + name + ".yaml"); }

std::vector<std::uint8_t> outputs(const memory::Memory& memory, std::size_t count) {
  std::vector<std::uint8_t> values(count);
  memory.image().read(kOutputsAt, values.data(), count);
  return values;
}

// Runs to the end; the message of a divergence fails the test.
void check_agreement(Lockstep& lockstep) {
  const bool agreed = cosim::run_to_end(lockstep);
  if (!agreed) FAIL(lockstep.divergence()->str());
}

void check_product(const ArchConfig& config, const Product& product, double stalls, std::uint64_t seed) {
  LockstepSetup setup;
  setup.config = config;
  setup.image = product.image;
  setup.memory.stall_probability = stalls;
  setup.memory.seed = seed;
  model::Launch launch = product.launch;
  launch.watchdog = 200000;
  setup.script = model::HostScriptWriter().run(launch).read_counters().script();
  Lockstep lockstep(setup);
  check_agreement(lockstep);
  CHECK(lockstep.model().host().read_values().at(0) == 2);  // STATUS: done
  CHECK(outputs(lockstep.model_memory(), product.expected.size()) == product.expected);
  CHECK(lockstep.compared(Channel::kIssue) > product.program.size());
  CHECK(lockstep.compared(Channel::kR) > 0);
  CHECK(lockstep.compared(Channel::kW) > 0);
}

}  // namespace

TEST_CASE("a matrix product has the right bits, and RTL and model agree in every cycle") {
  const ArchConfig config = named("tiny");
  check_product(config, matrix_product(config, 3, 8, 2, 1, 0, 1), 0, 1);
  check_product(config, matrix_product(config, 5, 6, 3, -7, 0, 2), 0.3, 2);
}

TEST_CASE("the default core multiplies in lockstep, with and without a memory that stalls") {
  const ArchConfig config = named("edge_w2a8");
  check_product(config, matrix_product(config, 4, 20, 2, 0, 0, 3), 0, 1);
  check_product(config, matrix_product(config, 6, 12, 2, 1, 3, 4), 0.4, 5);
}

TEST_CASE("cores with float tables multiply in lockstep, with and without a memory that stalls") {
  const ArchConfig config = named("tiny_fp16");
  check_product(config, matrix_product(config, 3, 8, 2, 1, 4, 8), 0, 1);
  check_product(config, matrix_product(config, 4, 6, 3, -7, 0, 9), 0.4, 2);
}

TEST_CASE("behind a banked DRAM RTL and model agree in every cycle") {
  for (const char* kind : {"lpddr5x", "ddr5"}) {
    ArchConfig config = named("tiny");
    config.memory.kind = kind;
    check_product(config, matrix_product(config, 3, 8, 2, 1, 0, 6), 0, 1);
    check_product(config, matrix_product(config, 5, 6, 3, -7, 0, 7), 0.3, 2);
  }
}

TEST_CASE("the checker names the first event at which two machines part") {
  const ArchConfig config = named("tiny");
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
    const ArchConfig config = named(name);
    std::mt19937_64 random(11);
    LockstepSetup setup;
    setup.config = config;
    fill_random(setup.image, random);
    int done = 0;
    for (int n = 0; n < 40; ++n) {
      LockstepSetup run = setup;
      model::Launch launch = place_program(run.image, random_program(config, random));
      launch.watchdog = 1 + random() % 6000;
      launch.args = {kActivationsAt + (random() % 64) * 64, kWeightsAt + (random() % 64) * 64, kOutputsAt,
                     kOutputsAt + (random() % 64) * 64};
      if (random() % 10 == 0) launch.args[1] = kWindowEnd - 1024;
      if (random() % 10 == 0) launch.args[2] += 4;
      run.memory.stall_probability = random() % 2 != 0 ? 0 : 0.5;
      run.memory.seed = random();
      if (random() % 5 == 0) run.memory.slverr.push_back({kWeightsAt, 0x400});
      if (random() % 5 == 0) run.memory.slverr.push_back({kOutputsAt, 0x80});
      model::HostScriptWriter script;
      script.run(launch).read("TRAP_PC").read("TRAP_ADDR_LO").read_counters().run(launch).read_counters();
      run.script = script.script();
      Lockstep lockstep(run);
      INFO(name << ", program " << n);
      check_agreement(lockstep);
      done += lockstep.model().host().read_values().at(0) == 2 ? 1 : 0;
    }
    CHECK(done >= 2);
  }
}

}  // namespace lutra::test
