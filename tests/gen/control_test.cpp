// The command processor's Verilog against its model, and both against the rules.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "tests/gen/control_bench.h"
#include "tests/shipped_config.h"

namespace lutra::test {
namespace {

using model::HostScriptWriter;
using model::Launch;

constexpr std::uint64_t kProgramAddress = 0x4000;

Launch launch(const std::vector<Encoded>& program, std::uint64_t watchdog = 0) {
  Launch l;
  l.program_address = kProgramAddress;
  l.program_length = static_cast<std::uint32_t>(program.size());
  l.window_hi = 0x100000;
  l.watchdog = watchdog;
  return l;
}

Encoded random_instruction(std::mt19937_64& random, const ArchConfig& config) {
  const auto all = instructions();
  const InstructionInfo& info = all[random() % all.size()];
  Instruction i = make(info.opcode);
  for (std::size_t f = 0; f < info.fields.size(); ++f) {
    const Field& field = info.fields[f];
    std::int64_t low = field.min, high = field.max;
    if (field.name == "rows" && info.opcode != Opcode::kLoad) high = config.array.rows;
    if (field.name == "cols") high = config.array.columns;
    if (field.name == "count") high = info.opcode == Opcode::kLoop ? 3 : 20;
    if (field.name == "segment") high = random() % 2 ? 0 : 6;
    if (field.name == "ksteps") high = 40;
    i.values[f] = std::uniform_int_distribution<std::int64_t>(low, high)(random);
    if (field.name == "first" || field.name == "last") i.values[f] = random() % 8 != 0;
    if (info.opcode == Opcode::kLoop && field.name == "rs") i.values[f] = random() % 4 == 0 ? static_cast<std::int64_t>(random() % 8) : 0;
    if (field.name == "buffer" && i.values[f] == 3 && random() % 8 != 0) i.values[f] = 2;
    if (info.opcode == Opcode::kAddi && field.name == "imm" && random() % 2) i.values[f] = static_cast<std::int64_t>(random() % 1000) - 500;
  }
  Encoded e = encode(i);
  if (random() % 150 == 0) e.word[random() % 2] ^= std::uint64_t{1} << random() % 64;
  return e;
}

ControlCase random_case(std::mt19937_64& random, const ArchConfig& config) {
  ControlCase test;
  const int length = 1 + static_cast<int>(random() % static_cast<std::uint64_t>(std::min(config.buffer.instruction_words, 60)));
  for (int i = 0; i < length; ++i) test.program.push_back(random_instruction(random, config));
  if (random() % 4 != 0) test.program.back() = encode(make(Opcode::kHalt));
  test.neighbours.seed = random();
  const int kRates[] = {0, 30, 128, 220, 256};
  test.neighbours.ready = kRates[1 + random() % 4];
  test.neighbours.idle = kRates[2 + random() % 3];
  test.neighbours.request = kRates[random() % 5];
  test.neighbours.done = kRates[random() % 3];
  test.neighbours.trap = random() % 3 == 0 ? 8 : 0;
  test.fetch_cycles = 1 + static_cast<int>(random() % 20);
  HostScriptWriter script;
  for (int run = 0; run < 6; ++run) {
    Launch l = launch(test.program, random() % 2 ? 1 + random() % 300 : 300);
    for (std::uint64_t& a : l.args) a = random() & ((std::uint64_t{1} << 40) - 1) >> (random() % 2 ? 0 : 24);
    if (random() % 16 == 0) l.program_address += 4;
    if (random() % 16 == 0) l.program_length += static_cast<std::uint32_t>(random() % 2 ? 2000 : 1);
    if (random() % 16 == 0) l.window_hi = kProgramAddress + 8;
    if (random() % 16 == 0) l.window_lo = kProgramAddress + 8;
    if (random() % 16 == 0) l.program_address |= std::uint64_t{1} << 41;
    if (random() % 16 == 0) l.window_hi = ~std::uint64_t{0};
    script.start(l);
    const char* const kReads[] = {"STATUS", "CYCLES_LO", "INSTRUCTIONS_LO", "CONTROL_STALLS_LO", "TRAP_PC", "ARG3_HI", "ID"};
    for (std::uint64_t n = random() % 6; n > 0; --n) script.read(kReads[random() % 7]);
    if (random() % 4 == 0) script.write("CTRL", static_cast<std::uint32_t>(random() % 8));
    script.wait_irq().read("STATUS").read("CAUSE").read("TRAP_PC").read("TRAP_ADDR_LO").read("TRAP_ADDR_HI").read("CYCLES_LO");
    script.read("INSTRUCTIONS_LO").read("CONTROL_STALLS_LO").write("CTRL", 4).read("STATUS");
  }
  test.script = script.script();
  return test;
}

void check_equal(const Log& rtl, const Log& model) {
  const std::size_t common = std::min(rtl.size(), model.size());
  for (std::size_t i = 0; i < common; ++i)
    if (rtl[i] != model[i]) {
      for (std::size_t k = i < 12 ? 0 : i - 12; k < std::min(common, i + 6); ++k) UNSCOPED_INFO(rtl[k] << "   |   " << model[k]);
      FAIL("line " << i << ": RTL \"" << rtl[i] << "\", model \"" << model[i] << "\"");
    }
  if (rtl.size() != model.size()) FAIL("RTL shows " << rtl.size() << " lines, model " << model.size());
}

Instruction li(int rd, std::int64_t value) { return make(Opcode::kLi).set("rd", rd).set("imm", value); }

/// Runs one program in the model and returns its log.
Log run_once(const ArchConfig& config, const std::vector<Instruction>& program, NeighbourSettings neighbours, std::uint64_t watchdog = 0,
             int cycles = 1000) {
  ControlCase test;
  for (const Instruction& i : program) test.program.push_back(encode(i));
  test.neighbours = neighbours;
  HostScriptWriter script;
  script.run(launch(test.program, watchdog)).read("TRAP_PC").read_counters();
  test.script = script.script();
  return run_model(config, test, cycles);
}

/// An encoding that the tables of isa/ do not define, and what it has to trap with.
struct BadWord {
  Encoded word;
  Trap cause;
  std::string what;
};

Encoded with_bits(Encoded word, int lsb, int bits, std::uint64_t value) {
  for (int i = 0; i < bits; ++i) {
    const int at = lsb + i;
    std::uint64_t& half = word.word[static_cast<std::size_t>(at / 64)];
    half = (half & ~(std::uint64_t{1} << (at % 64))) | ((value >> i & 1) << (at % 64));
  }
  return word;
}

std::vector<BadWord> undefined_words() {
  std::vector<BadWord> words;
  for (std::uint64_t opcode = 0; opcode < 256; ++opcode)
    if (find_instruction(static_cast<std::uint8_t>(opcode)) == nullptr)
      words.push_back({{{opcode, 0}}, Trap::kIllegalOpcode, fmt::format("opcode {:#x}", opcode)});
  for (const InstructionInfo& info : instructions()) {
    Instruction legal = make(info.opcode);
    if (info.opcode == Opcode::kLoop) legal.set("count", 1);
    const Encoded base = encode(legal);
    std::array<bool, 128> used{};
    std::fill_n(used.begin(), 8, true);
    for (const Field& field : info.fields) {
      std::fill_n(used.begin() + field.lsb, field.bits, true);
      const std::int64_t span = std::int64_t{1} << field.bits, low = field.kind == FieldKind::kSigned ? -span / 2 : 0;
      for (const std::int64_t value : {low, field.min - 1, field.max + 1, low + span - 1})
        if (value >= low && value < low + span && (value < field.min || value > field.max))
          words.push_back({with_bits(base, field.lsb, field.bits, static_cast<std::uint64_t>(value)), Trap::kBadField,
                           fmt::format("{}: {} is {}", info.mnemonic, field.name, value)});
    }
    for (int bit = 0; bit < 128; ++bit)
      if (!used[static_cast<std::size_t>(bit)])
        words.push_back({with_bits(base, bit, 1, 1), Trap::kBadField, fmt::format("{}: reserved bit {}", info.mnemonic, bit)});
  }
  return words;
}

NeighbourSettings quiet() { return {1, 256, 256, 0, 0, 0}; }

bool shows(const Log& log, const std::string& text) {
  return std::any_of(log.begin(), log.end(), [&](const std::string& line) { return line.substr(line.find(' ') + 1) == text; });
}

}  // namespace

TEST_CASE("RTL and model of the command processor agree on every cycle of random programs") {
  for (const char* name : {"tiny", "edge_w2a8"}) {
    const ArchConfig config = test::shipped_config(name);
    const auto module = build_bench(config);
    std::mt19937_64 random(7);
    std::size_t lines = 0, traps = 0, halts = 0;
    for (int n = 0; n < 60; ++n) {
      const ControlCase test = random_case(random, config);
      INFO(name << ", case " << n);
      const Log rtl = run_rtl(*module, config, test, 2500);
      check_equal(rtl, run_model(config, test, 2500));
      lines += rtl.size();
      for (const std::string& line : rtl) {
        traps += line.find(" trap ") != std::string::npos;
        halts += line.find(" issue ") != std::string::npos && line.ends_with(" 2");
      }
    }
    CHECK(lines > 10000);
    CHECK(traps > 50);
    CHECK(halts > 10);
  }
}

TEST_CASE("an instruction executes every second cycle") {
  const Log log = run_once(test::shipped_config("tiny"), {li(1, 5), li(2, 6), make(Opcode::kHalt)}, quiet());
  std::vector<long long> cycles;
  for (const std::string& line : log)
    if (line.find(" issue ") != std::string::npos) cycles.push_back(std::stoll(line));
  REQUIRE(cycles.size() == 3);
  CHECK(cycles[1] == cycles[0] + 2);
  CHECK(cycles[2] == cycles[1] + 2);
}

TEST_CASE("a loop runs its body as often as count and register say") {
  const Log log = run_once(
      test::shipped_config("tiny"),
      {li(1, 2), make(Opcode::kLoop).set("rs", 1).set("count", 3), make(Opcode::kNop), make(Opcode::kEndloop), make(Opcode::kHalt)},
      quiet());
  CHECK(std::count_if(log.begin(), log.end(), [](const std::string& line) { return line.ends_with(" issue 2 1"); }) == 5);
  CHECK(shows(log, "lite 14 2 0"));  // STATUS: done
}

TEST_CASE("every trap that the command processor finds is reported with its cause") {
  const ArchConfig config = test::shipped_config("tiny");
  const auto cause = [](Trap t) { return fmt::format("lite 18 {:x} 0", static_cast<int>(t)); };
  const Instruction halt = make(Opcode::kHalt), loop = make(Opcode::kLoop).set("count", 2);
  CHECK(shows(run_once(config, {make(Opcode::kEndloop), halt}, quiet()), cause(Trap::kLoopUnderflow)));
  CHECK(shows(run_once(config, {loop, loop, loop, loop, loop, halt}, quiet()), cause(Trap::kLoopOverflow)));
  CHECK(shows(run_once(config, {make(Opcode::kLoop), halt}, quiet()), cause(Trap::kBadField)));
  CHECK(shows(run_once(config, {make(Opcode::kNop)}, quiet()), cause(Trap::kEndOfProgram)));
  CHECK(shows(run_once(config, {}, quiet()), cause(Trap::kProgramTooLong)));
  CHECK(shows(run_once(config, {make(Opcode::kLmma).set("rows", 3), halt}, quiet()), cause(Trap::kBadField)));
  const auto segmented = [](int ksteps, int segment) {
    return make(Opcode::kLmma).set("ksteps", ksteps).set("segment", segment).set("first", 1).set("last", 1);
  };
  CHECK(shows(run_once(config, {segmented(12, 5), halt}, quiet()), cause(Trap::kBadField)));
  CHECK(shows(run_once(config, {segmented(12, 4), halt}, quiet()), cause(Trap::kNone)));
  CHECK(shows(run_once(config, {li(1, std::int64_t{1} << 33), make(Opcode::kLoad).set("mem", 1), halt}, quiet()),
              cause(Trap::kOutsideWindow)));
  const Instruction post = make(Opcode::kPost).set("semaphores", 1).set("count", 200);
  CHECK(shows(run_once(config, {post, post, make(Opcode::kNop), make(Opcode::kNop), halt}, quiet()), cause(Trap::kSemaphoreOverflow)));
  NeighbourSettings busy = quiet();
  busy.idle = 100;
  CHECK(shows(run_once(config, {make(Opcode::kBarrier), halt}, busy, 7), cause(Trap::kWatchdog)));
}

TEST_CASE("the watchdog traps in the cycle it names") {
  const Log log = run_once(test::shipped_config("tiny"),
                           {make(Opcode::kLoop).set("count", 1000), make(Opcode::kEndloop), make(Opcode::kHalt)}, quiet(), 50);
  // Two cycles for the units to see the stop: CYCLES counts to the edge that sets trapped.
  CHECK(shows(log, "lite 18 c 0"));
  CHECK(shows(log, "lite 100 34 0"));
}

TEST_CASE("units that never come to rest do not keep the host: it sees trapped and busy, and a start is ignored") {
  const ArchConfig config = test::shipped_config("tiny");
  ControlCase test;
  test.program = {Encoded{{0xFF, 0}}};
  test.neighbours = quiet();
  test.neighbours.idle = 0;
  HostScriptWriter script;
  test.script = script.run(launch(test.program)).read("STATUS").start(launch(test.program)).read("STATUS").read("CAUSE").script();
  const auto module = build_bench(config);
  const Log rtl = run_rtl(*module, config, test, 70000);
  check_equal(rtl, run_model(config, test, 70000));
  const auto reads = [&](const char* what) {
    return std::count_if(rtl.begin(), rtl.end(), [&](const std::string& line) { return line.ends_with(std::string(" ") + what); });
  };
  CHECK(reads("lite 14 5 0") == 1);  // busy and trapped
  CHECK(reads("lite 14 1 0") == 2);  // after the clear, and after the start
  CHECK(reads("lite 18 1 0") == 2);  // illegal opcode: no other program has begun
}

TEST_CASE("every undefined opcode, reserved bit and value out of range traps with its cause, in RTL and model") {
  const ArchConfig config = test::shipped_config("tiny");
  const std::vector<BadWord> words = undefined_words();
  CHECK(words.size() > 1400);
  const auto module = build_bench(config);
  for (const BadWord& bad : words) {
    ControlCase test;
    test.program = {bad.word};
    test.neighbours = quiet();
    HostScriptWriter script;
    test.script = script.run(launch(test.program)).script();
    INFO(bad.what);
    const Log rtl = run_rtl(*module, config, test, 200);
    check_equal(rtl, run_model(config, test, 200));
    CHECK(shows(rtl, "lite 14 4 0"));  // STATUS: trapped
    CHECK(shows(rtl, fmt::format("lite 18 {:x} 0", static_cast<int>(bad.cause))));
  }
}

}  // namespace lutra::test
