// The model's core alone: skipped cycles, values that may be left out, deadlocks that are reported.
#include "sim/model/core.h"

#include <catch2/catch.hpp>

#include "isa/error.h"
#include "sim/regression/core_programs.h"
#include "tests/shipped_config.h"

namespace lutra::test {

using namespace regression;

namespace {

struct Recorder : model::EventSink {
  std::vector<model::Event> events;
  void event(const model::Event& e) override { events.push_back(e); }
};

model::HostScript run_script(const model::Launch& launch) { return model::HostScriptWriter().run(launch).read_counters().script(); }

}  // namespace

TEST_CASE("time does not depend on whether values are computed or events are logged") {
  const ArchConfig config = test::shipped_config("edge_w2a8");
  const Product product = matrix_product(config, 4, 20, 2, 0, 0, 3);
  const auto run = [&](bool values, model::EventSink* events) {
    memory::Memory memory(config);
    memory.image() = product.image;
    model::Core core(config, memory, run_script(product.launch), {events, values});
    core.run();
    CHECK(core.host().read_values().at(0) == 2);  // STATUS: done
    return std::pair(core.now(), core.host().read_values());
  };
  Recorder recorder;
  const auto plain = run(true, nullptr);
  CHECK(run(true, &recorder) == plain);
  CHECK(run(false, nullptr) == plain);
  CHECK(recorder.events.size() > 100);
}

TEST_CASE("idle cycles are skipped") {
  ArchConfig config = test::shipped_config("edge_w2a8");
  config.memory.latency_ns = 20000;
  const Product product = matrix_product(config, 4, 20, 2, 0, 0, 3);
  memory::Memory memory(config);
  memory.image() = product.image;
  model::Core core(config, memory, run_script(product.launch));
  core.run();
  CHECK(core.now() > 5000);
  CHECK(core.edges_visited() < 1200);
}

TEST_CASE("several cores live in one process without knowing of each other") {
  const ArchConfig config = test::shipped_config("tiny");
  const Product product = matrix_product(config, 3, 8, 2, 1, 0, 1);
  memory::Memory first_memory(config), second_memory(config);
  first_memory.image() = second_memory.image() = product.image;
  model::Core first(config, first_memory, run_script(product.launch)), second(config, second_memory, run_script(product.launch));
  bool more = true;
  while (more) {
    const bool a = first.step(), b = second.step();
    more = a || b;
  }
  CHECK(first.now() == second.now());
  CHECK(first_memory.image() == second_memory.image());
}

TEST_CASE("a deadlock without a watchdog is reported with the state of every block") {
  const ArchConfig config = test::shipped_config("tiny");
  memory::Memory memory(config);
  const std::vector<Encoded> program = {encode(make(Opcode::kTbuild).set("wait", 8)), encode(make(Opcode::kHalt))};
  const model::Launch launch = place_program(memory.image(), program);
  model::Core core(config, memory, run_script(launch));
  try {
    core.run();
    FAIL("no error");
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK(error.exit_code() == 1);
    for (const char* block : {"deadlock", "control", "halt", "semaphores", "load", "store", "build", "array", "scale"}) {
      INFO(message);
      CHECK(message.find(block) != std::string::npos);
    }
  }
}

TEST_CASE("with a watchdog the same deadlock traps in its cycle") {
  const ArchConfig config = test::shipped_config("tiny");
  memory::Memory memory(config);
  const std::vector<Encoded> program = {encode(make(Opcode::kTbuild).set("wait", 8)), encode(make(Opcode::kHalt))};
  model::Launch launch = place_program(memory.image(), program);
  launch.watchdog = 1000;
  Recorder recorder;
  model::Core core(config, memory, run_script(launch), {&recorder, true});
  core.run();
  CHECK(core.host().read_values().at(0) == 4);  // STATUS: trapped
  CHECK(core.host().read_values().at(1) == static_cast<std::uint32_t>(Trap::kWatchdog));
  model::Cycle trapped = 0;
  for (const model::Event& e : recorder.events)
    if (e.channel == model::Channel::kTrap) trapped = e.cycle;
  // CYCLES stops two edges later, when the units have been seen idle.
  CHECK(core.counters().cycles == 1002);
  CHECK(trapped > 1000);
}

}  // namespace lutra::test
