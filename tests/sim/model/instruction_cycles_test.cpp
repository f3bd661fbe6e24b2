// Cycles of instructions are those that docs/isa.md names (isa/instruction_notes.cpp).
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "isa/assembler.h"
#include "sim/model/core.h"
#include "sim/regression/core_programs.h"
#include "tests/shipped_config.h"

namespace lutra::test {
namespace {

ArchConfig tiny() { return test::shipped_config("tiny"); }

/// CYCLES of a program on the tiny core, whose memory gives a beat a cycle; r9 is an address, r10 is 1.
std::int64_t cycles(const std::string& text) {
  const ArchConfig config = tiny();
  std::vector<Encoded> program;
  for (const Instruction& instruction : assemble(text + "\nhalt\n", "program", &config)) program.push_back(encode(instruction));
  memory::Memory memory(config);
  model::Launch launch = regression::place_program(memory.image(), program);
  launch.args[1] = 1 << 16;
  launch.args[2] = 1;
  model::Core core(config, memory, model::HostScriptWriter().run(launch).read_counters().script(), {nullptr, false});
  core.run();
  CHECK(core.host().read_values().at(0) == 2);  // STATUS: done
  return core.counters().cycles;
}

/// What an iteration takes beyond its endloop: programs of equal length, for instructions have to be fetched as well.
std::int64_t in_a_loop(const std::string& body) {
  const auto of = [&body](int count) { return cycles(fmt::format("loop count={}\n{}\nendloop", count, body)); };
  const std::int64_t hundred = of(300) - of(200);
  CHECK(hundred % 100 == 0);
  return hundred / 100 - 2;
}

std::int64_t grown(const char* text, int from, int to) {
  return cycles(fmt::format(fmt::runtime(text), to)) - cycles(fmt::format(fmt::runtime(text), from));
}

}  // namespace

TEST_CASE("the command processor takes two cycles an instruction") {
  for (const char* body : {"nop", "li rd=r1 imm=5", "addi rd=r1 rs=r1 imm=1", "add rd=r2 rs=r1 rt=r1", "barrier",
                           "post semaphores={} count=0", "settype planes=4 shifts=[0,1,2,3]"}) {
    CAPTURE(body);
    CHECK(in_a_loop(body) == 2);
  }
  CHECK(in_a_loop("loop rs=r10\nendloop") == 4);
  CHECK(in_a_loop("loop count=3\nnop\nendloop") == 2 + 3 * 4);
}

TEST_CASE("units take the cycles of their formulas") {
  const int groups = 2;  // tables_per_lane / builder_tables
  CHECK(grown("tbuild ksteps={} rows=2\nbarrier", 4, 12) == 8 * 2 * groups);
  CHECK(grown("tbuild ksteps=6 rows={}\nbarrier", 1, 2) == 6 * groups);
  CHECK(grown("settype planes=3\nlmma ksteps={} rows=2 first=1 last=1\nbarrier", 4, 12) == 8 * 3);
  CHECK(grown("load buffer=weight mem=r9 beats={}\nbarrier", 48, 60) == 12);
}

TEST_CASE("segments of the array are as far apart as the scale unit needs") {
  const ArchConfig config = tiny();
  const int words = config.array.rows * config.array.columns / config.scale.outputs_per_cycle, p = config.array.pipeline_registers;
  const int apart = 6 + p + std::max(0, words - 3 - p);
  CHECK(grown("lmma ksteps={} segment=1 rows=2 first=1 last=1\nbarrier", 8, 16) == 8 * apart);
  // The pair of ksteps and segment is divided once, in 17 cycles.
  CHECK(grown("lmma ksteps=8 segment={} rows=2 first=1 last=1\nbarrier", 0, 8) == 17);
  CHECK(grown("lmma ksteps=8 segment={0} rows=2 first=1 last=1\nlmma ksteps=8 segment={0} rows=2 first=1 last=1\nbarrier", 0, 8) == 17);
}

}  // namespace lutra::test
