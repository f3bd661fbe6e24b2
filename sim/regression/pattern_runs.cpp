// One program a pattern and purpose.
#include "sim/regression/pattern_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <random>

#include "isa/geometry.h"
#include "isa/instruction.h"

namespace lutra::regression {
namespace {

constexpr std::uint64_t kPatterns[] = {0x5555555555555555, 0xAAAAAAAAAAAAAAAA, ~std::uint64_t{0}, 0};
constexpr std::uint64_t kWatchdog = 20000;

using Program = std::vector<Encoded>;

/// The low `bits` of a pattern as a signed number.
std::int64_t signed_bits(std::uint64_t pattern, int bits) { return static_cast<std::int64_t>(pattern << (64 - bits)) >> (64 - bits); }
std::int64_t unsigned_bits(std::uint64_t pattern, int bits) {
  return static_cast<std::int64_t>(pattern & ((std::uint64_t{1} << bits) - 1));
}

Instruction li(int rd, std::int64_t value) { return make(Opcode::kLi).set("rd", rd).set("imm", value); }

BenchRun run_of(const std::string& name, const Program& program, const memory::Image& image,
                const std::function<void(model::Launch&)>& change = {}) {
  BenchRun run{name, image, {}, {}};
  model::Launch launch = place_with_operands(run.image, program);
  launch.watchdog = kWatchdog;
  if (change) change(launch);
  run.script = model::HostScriptWriter().run(launch).read("TRAP_PC").read("TRAP_ADDR_LO").read("TRAP_ADDR_HI").read_counters().script();
  return run;
}

BenchRun registers_run(std::uint64_t pattern, const memory::Image& image) {
  Program program;
  for (const std::uint64_t value : {pattern, ~pattern})
    for (int rd = 1; rd < 16; ++rd) program.push_back(encode(li(rd, signed_bits(value, 40))));
  program.push_back(encode(make(Opcode::kAdd).set("rd", 1).set("rs", 2).set("rt", 15)));
  program.push_back(encode(make(Opcode::kPost).set("semaphores", unsigned_bits(pattern, 8)).set("count", unsigned_bits(~pattern, 8))));
  program.push_back(encode(make(Opcode::kHalt)));
  return run_of("registers", program, image, [&](model::Launch& launch) {
    launch.watchdog = std::max(pattern, kWatchdog);
    for (std::uint64_t& a : launch.args) a = static_cast<std::uint64_t>(unsigned_bits(pattern, 40));
  });
}

/// As long as the instruction buffer, with its loops at the end and no end.
BenchRun loops_run(const ArchConfig& config, std::uint64_t pattern, const memory::Image& image) {
  const int longest = std::min(config.buffer.instruction_words, 2000), levels = config.control.loop_depth;
  Program program(static_cast<std::size_t>(longest - levels - 1), encode(make(Opcode::kNop)));
  for (int level = 0; level < levels; ++level)
    program.push_back(encode(make(Opcode::kLoop).set("count", std::max<std::int64_t>(1, unsigned_bits(pattern, 32)))));
  program.push_back(encode(make(Opcode::kEndloop)));
  return run_of("loops", program, image);
}

/// A load or a store whose addresses, pitches and counts are the pattern's.
BenchRun access_run(const ArchConfig& config, Opcode opcode, std::uint64_t pattern, const memory::Image& image) {
  const Geometry g(config);
  const auto unit = static_cast<std::uint64_t>(std::max(g.bus_bytes, g.output_row_bytes));
  const std::uint64_t aligned = pattern / unit * unit;
  Instruction i = make(opcode).set("mem", 9).set("mem_pitch", unsigned_bits(aligned, 32));
  if (opcode == Opcode::kLoad)
    i.set("buffer", 2).set("dst", 1).set("beats", 40).set("rows", 2).set("dst_pitch", unsigned_bits(pattern, 16));
  else
    i.set("src", 1).set("cols", config.array.columns).set("rows", config.array.rows);
  Program program = {encode(li(1, unsigned_bits(pattern, 16))),
                     encode(li(9, signed_bits(static_cast<std::uint64_t>(unsigned_bits(aligned, config.axi.address_bits)), 40))),
                     encode(i)};
  if (opcode == Opcode::kLoad)  // a footprint as large as can be
    program.push_back(encode(i.set("rows", 255).set("beats", 65535)));
  program.push_back(encode(make(Opcode::kHalt)));
  return run_of("accesses", program, image, [](model::Launch& launch) { launch.window_hi = ~std::uint64_t{0}; });
}

/// Buffers full of random bytes, worked on with shifts, zero points and on-chip addresses of the pattern.
BenchRun units_run(const ArchConfig& config, std::uint64_t pattern, int zmode, const memory::Image& image) {
  const Geometry g(config);
  Program program;
  const auto fill = [&](Buffer buffer, int words, int words_a_beat) {
    const int beats = std::max(1, words / std::max(1, words_a_beat));
    program.push_back(encode(
        make(Opcode::kLoad).set("buffer", static_cast<int>(buffer)).set("mem", 8).set("beats", std::min(beats, 2000)).set("rows", 1)));
    program.push_back(encode(make(Opcode::kAddi).set("rd", 8).set("rs", 8).set("imm", 64LL * g.bus_bytes)));
  };
  fill(Buffer::kWeight, g.weight.words, g.weight.words_per_line);
  fill(g.memory ? Buffer::kTable : Buffer::kActivation, (g.memory ? g.table : g.activation).words,
       (g.memory ? g.table : g.activation).words_per_line);
  fill(Buffer::kParameter, g.parameter.words, g.parameter.words_per_line);
  if (g.scaled) fill(Buffer::kTokenScale, g.token_scale.words, g.token_scale.words_per_line);
  program.push_back(encode(make(Opcode::kBarrier)));
  program.push_back(encode(li(1, unsigned_bits(pattern, 16))));
  program.push_back(encode(make(Opcode::kSettype)
                               .set("planes", 8)
                               .set("shifts", unsigned_bits(pattern, 32))
                               .set("zmode", zmode)
                               .set("zero", signed_bits(pattern, 10))));
  if (!g.memory)
    program.push_back(encode(make(Opcode::kTbuild)
                                 .set("src", 1)
                                 .set("dst", 1)
                                 .set("ksteps", std::min(60, config.buffer.table_words))
                                 .set("rows", config.array.rows)
                                 .set("src_pitch", unsigned_bits(pattern, 16))));
  program.push_back(encode(make(Opcode::kBarrier)));
  for (int accumulate = 0; accumulate < 2; ++accumulate)
    program.push_back(encode(make(Opcode::kLmma)
                                 .set("table", 1)
                                 .set("weight", 1)
                                 .set("out", 1)
                                 .set("param", 1)
                                 .set("ksteps", 36)
                                 .set("segment", 12)
                                 .set("rows", config.array.rows)
                                 .set("first", 1)
                                 .set("last", 1)
                                 .set("accumulate", accumulate)));
  program.push_back(encode(make(Opcode::kBarrier)));
  program.push_back(encode(make(Opcode::kStore)
                               .set("src", 1)
                               .set("mem", 10)
                               .set("cols", config.array.columns)
                               .set("rows", config.array.rows)
                               .set("mem_pitch", std::max(g.output_row_bytes, g.bus_bytes))));
  program.push_back(encode(make(Opcode::kHalt)));
  return run_of("units", program, image);
}

/// Writes and reads everywhere in the register space; most of it holds nothing.
BenchRun space_run() {
  BenchRun run{"register space", {}, {}, {}};
  for (std::uint32_t bit = 0; bit < 12; ++bit)
    for (const std::uint32_t offset : {1U << bit, 0xFFFU ^ 1U << bit}) {
      if ((offset & 0xFFCU) == 0x010U) continue;  // CTRL
      run.script.push_back({model::HostOp::Kind::kWrite, offset & 0xFFFU, offset * 0x00100401U, 0});
      run.script.push_back({model::HostOp::Kind::kRead, offset & 0xFFFU, 0, 0});
    }
  return run;
}

}  // namespace

std::vector<BenchRun> pattern_runs(const ArchConfig& config) {
  std::mt19937_64 random(1);
  memory::Image image;
  fill_random(image, random);
  std::vector<BenchRun> runs = {space_run()};
  for (const std::uint64_t pattern : kPatterns) {
    runs.push_back(registers_run(pattern, image));
    runs.push_back(loops_run(config, pattern, image));
    runs.push_back(access_run(config, Opcode::kLoad, pattern, image));
    runs.push_back(access_run(config, Opcode::kStore, pattern, image));
    for (int zmode = 0; zmode < 3; ++zmode) runs.push_back(units_run(config, pattern, zmode, image));
  }
  return runs;
}

}  // namespace lutra::regression
