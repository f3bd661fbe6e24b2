// The SystemC shells: the same cycles as the plain model, run after run.
#include <catch2/catch.hpp>

#include "isa/error.h"
#include "sim/regression/core_programs.h"
#include "sim/systemc/simulation.h"
#include "tests/shipped_config.h"

namespace lutra::test {

using namespace regression;

namespace {}  // namespace

TEST_CASE("a core under SystemC takes the cycles that it takes without, as often as one likes") {
  for (const char* name : {"tiny", "edge_w2a8", "tiny"}) {
    const ArchConfig config = test::shipped_config(name);
    const Product product = matrix_product(config, 3, 8, 2, 1, 0, 1);
    const model::HostScript script = model::HostScriptWriter().run(product.launch).read_counters().script();
    memory::Memory plain_memory(config), memory(config);
    plain_memory.image() = memory.image() = product.image;
    model::Core plain(config, plain_memory, script), core(config, memory, script);
    plain.run();
    int steps = 0;
    const double seconds = systemc::run(core, memory, config.clock_mhz, [&] { ++steps; });
    CHECK(core.now() == plain.now());
    CHECK(core.host().read_values() == plain.host().read_values());
    CHECK(memory.image() == plain_memory.image());
    CHECK(seconds * config.clock_mhz * 1e6 == Approx(static_cast<double>(core.now())));
    CHECK(steps > 10);
  }
}

TEST_CASE("an error inside a SystemC process reaches the caller, and the next run works") {
  const ArchConfig config = test::shipped_config("tiny");
  memory::Memory memory(config);
  const model::Launch launch = place_program(memory.image(), {encode(make(Opcode::kTbuild).set("wait", 8)), encode(make(Opcode::kHalt))});
  model::Core stuck(config, memory, model::HostScriptWriter().run(launch).script());
  CHECK_THROWS_AS(systemc::run(stuck, memory, config.clock_mhz), Error);
  const model::Launch fine = place_program(memory.image(), {encode(make(Opcode::kHalt))});
  model::Core core(config, memory, model::HostScriptWriter().run(fine).script());
  systemc::run(core, memory, config.clock_mhz);
  CHECK(core.host().read_values().at(0) == 2);  // STATUS: done
}

}  // namespace lutra::test
