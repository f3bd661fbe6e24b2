// What a bus can do to a core: errors at any address, back-pressure, abort and reset in the middle of a transfer. Model and RTL agree
// throughout, and the core stops where it should and works afterwards.
#include <catch2/catch.hpp>
#include <random>

#include "isa/error.h"
#include "sim/regression/core_programs.h"
#include "tests/shipped_config.h"
#include "tests/sim/cosim/agreement.h"

namespace lutra::test {

using namespace regression;
using cosim::Lockstep;
using cosim::LockstepSetup;

namespace {

ArchConfig tiny() { return test::shipped_config("tiny"); }

/// The product's launch, then one with its outputs elsewhere.
constexpr std::uint64_t kElsewhere = kOutputsAt + 0x8000;

LockstepSetup attacked(const ArchConfig& config, const Product& product, double stalls, std::uint64_t seed) {
  LockstepSetup setup;
  setup.config = config;
  setup.image = product.image;
  setup.memory.stall_probability = stalls;
  setup.memory.seed = seed;
  setup.memory.read_queue = 1 + static_cast<int>(seed % 3);
  setup.memory.write_queue = 1 + static_cast<int>(seed % 2);
  return setup;
}

/// Runs in lockstep; what the host read.
std::vector<std::uint32_t> run(const LockstepSetup& setup, std::unique_ptr<Lockstep>& lockstep) {
  lockstep = std::make_unique<Lockstep>(setup);
  check_agreement(*lockstep);
  return lockstep->model().host().read_values();
}

void check_outputs(const Lockstep& lockstep, const Product& product, std::uint64_t address) {
  std::vector<std::uint8_t> outputs(product.expected.size());
  lockstep.rtl_memory().image().read(address, outputs.data(), outputs.size());
  CHECK(outputs == product.expected);
}

struct Attack {
  const char* name;
  std::uint64_t address;  // that answers SLVERR
  Trap cause;
};

}  // namespace

TEST_CASE("an error response anywhere stops the core with cause and address, and it runs again") {
  const ArchConfig config = tiny();
  const Product product = matrix_product(config, 3, 8, 2, 1, 0, 1);
  const Attack attacks[] = {{"activations", kActivationsAt + 8, Trap::kReadError},
                            {"first weights", kWeightsAt, Trap::kReadError},
                            {"later weights", kWeightsAt + 40, Trap::kReadError},
                            {"first outputs", kOutputsAt, Trap::kWriteError},
                            {"later outputs", kOutputsAt + 64, Trap::kWriteError}};
  std::uint64_t seed = 1;
  for (const Attack& attack : attacks)
    for (const double stalls : {0.0, 0.6, 0.9}) {
      INFO(attack.name << ", stalls " << stalls);
      LockstepSetup setup = attacked(config, product, stalls, seed++);
      setup.memory.slverr.push_back({attack.address, 8});
      model::Launch launch = product.launch;
      launch.watchdog = 200000;
      model::HostScriptWriter script;
      script.run(launch).read("TRAP_ADDR_LO").read("TRAP_ADDR_HI");
      // Reads cannot leave the bad range out; writes can go elsewhere.
      launch.args[2] = kElsewhere;
      script.run(launch);
      setup.script = script.script();
      std::unique_ptr<Lockstep> lockstep;
      const std::vector<std::uint32_t> read = run(setup, lockstep);
      CHECK(read.at(0) == 4);  // STATUS: trapped, not busy
      CHECK(read.at(1) == static_cast<std::uint32_t>(attack.cause));
      // The address of the burst or of the beat at fault: the bad bytes are less than the longest burst away.
      CHECK(read.at(2) <= attack.address);
      CHECK(attack.address - read.at(2) < 128);
      CHECK(read.at(3) == 0);
      if (attack.cause == Trap::kWriteError) {
        CHECK(read.at(4) == 2);  // STATUS: done
        check_outputs(*lockstep, product, kElsewhere);
      } else {
        CHECK(read.at(5) == static_cast<std::uint32_t>(attack.cause));
      }
    }
}

TEST_CASE("addresses that no memory answers stop the core with cause and address") {
  const ArchConfig config = tiny();
  const Product product = matrix_product(config, 3, 8, 2, 1, 0, 1);
  const std::uint64_t beyond = std::uint64_t{1} << 30;
  for (const int argument : {1, 2}) {
    LockstepSetup setup = attacked(config, product, 0.3, 7);
    model::Launch launch = product.launch;
    launch.window_hi = beyond + 0x100000;
    launch.args[static_cast<std::size_t>(argument)] = beyond;
    launch.watchdog = 200000;
    setup.script = model::HostScriptWriter().run(launch).read("TRAP_ADDR_LO").script();
    std::unique_ptr<Lockstep> lockstep;
    const std::vector<std::uint32_t> read = run(setup, lockstep);
    CHECK(read.at(0) == 4);
    CHECK(read.at(1) == static_cast<std::uint32_t>(argument == 1 ? Trap::kReadError : Trap::kWriteError));
    CHECK(read.at(2) >= beyond);
  }
}

TEST_CASE("an abort at any cycle ends all transfers by the rules, and the next run is right") {
  const ArchConfig config = tiny();
  const Product product = matrix_product(config, 3, 8, 2, 1, 0, 1);
  for (model::Cycle at = 120; at < 1700; at += 97) {
    INFO("abort at " << at);
    LockstepSetup setup = attacked(config, product, 0.5, static_cast<std::uint64_t>(at));
    model::Launch launch = product.launch;
    launch.watchdog = 200000;
    model::HostScriptWriter script;
    script.start(launch).write("CTRL", 2, at).wait_irq().read("STATUS").read("CAUSE").write("CTRL", 4);
    script.run(launch);
    setup.script = script.script();
    std::unique_ptr<Lockstep> lockstep;
    const std::vector<std::uint32_t> read = run(setup, lockstep);
    if (read.at(0) == 4) CHECK(read.at(1) == static_cast<std::uint32_t>(Trap::kAborted));
    CHECK(read.at(2) == 2);  // STATUS: done
    check_outputs(*lockstep, product, kOutputsAt);
  }
}

TEST_CASE("a reset in the middle of a transfer leaves nothing behind") {
  const ArchConfig config = tiny();
  const Product product = matrix_product(config, 3, 8, 2, 1, 0, 1);
  for (int cycles = 150; cycles < 1600; cycles += 111) {
    INFO("reset after " << cycles);
    LockstepSetup setup = attacked(config, product, 0.4, static_cast<std::uint64_t>(cycles));
    setup.make_module = [&] {
      memory::Memory memory(config, setup.memory);
      memory.image() = product.image;
      cosim::RtlCore interrupted(config, memory, model::HostScriptWriter().run(product.launch).script(), nullptr);
      for (int i = 0; i < cycles; ++i) interrupted.step();
      return interrupted.take_module();
    };
    setup.script = model::HostScriptWriter().run(product.launch).read_counters().script();
    std::unique_ptr<Lockstep> lockstep;
    CHECK(run(setup, lockstep).at(0) == 2);
    check_outputs(*lockstep, product, kOutputsAt);
  }
}

}  // namespace lutra::test
