// Writes the programs from the tables of instructions and traps.
#include "sim/regression/isa_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace lutra::regression {
namespace {

constexpr std::uint64_t kWatchdog = 3000;
constexpr std::uint8_t kUndefinedOpcode = 0xFF;

model::Launch launch_of(BenchRun& run, const std::vector<Encoded>& program) {
  model::Launch launch = place_with_operands(run.image, program);
  launch.watchdog = kWatchdog;
  return launch;
}

void finish(BenchRun& run, model::HostScriptWriter& script) { run.script = script.read("TRAP_PC").read_counters().script(); }

BenchRun run_of(std::string name, const std::vector<Encoded>& program) {
  BenchRun run{std::move(name), {}, {}, {}};
  model::HostScriptWriter script;
  script.run(launch_of(run, program));
  finish(run, script);
  return run;
}

/// Writes a value into a field whatever its range.
void force(Encoded& word, const Field& field, std::int64_t value) {
  for (int i = 0; i < field.bits; ++i) {
    const int bit = field.lsb + i;
    std::uint64_t& half = word.word[static_cast<std::size_t>(bit / 64)];
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    half = (value >> i & 1) != 0 ? half | mask : half & ~mask;
  }
}

struct Border {
  std::int64_t value;
  bool legal;
};

std::vector<Border> borders(const ArchConfig& config, const Field& field) {
  std::vector<Border> list = {{field.min, true}, {field.max, true}};
  if (field.kind != FieldKind::kSigned) {
    if (field.min > 0) list.push_back({field.min - 1, false});
    if (field.max + 1 < std::int64_t{1} << field.bits) list.push_back({field.max + 1, false});
  }
  if (field.name == "rows") list.insert(list.end(), {{config.array.rows, true}, {config.array.rows + 1, true}});
  if (field.name == "cols") list.insert(list.end(), {{config.array.columns, true}, {config.array.columns + 1, true}});
  return list;
}

/// What a legal border needs beside it.
void complete(Instruction& i, std::string_view field, std::int64_t value) {
  if (i.opcode == Opcode::kLoop && field == "count") i.set("rs", 8);
  if (i.opcode == Opcode::kLoop && field == "rs") i.set("count", 2);
  if (i.opcode == Opcode::kLmma && field == "segment" && value != 0) i.set("ksteps", value).set("first", 1).set("last", 1);
}

using Program = std::vector<Encoded>;

Encoded word(const Instruction& i) { return encode(i); }

Program loops(int levels) { return Program(static_cast<std::size_t>(levels), word(make(Opcode::kLoop).set("count", 2))); }

Program program_for(const ArchConfig& config, Trap cause) {
  const Encoded halt = word(make(Opcode::kHalt)), nop = word(make(Opcode::kNop));
  switch (cause) {
    case Trap::kIllegalOpcode:
      return {Encoded{{kUndefinedOpcode, 0}}, halt};
    case Trap::kBadField:
      return {Encoded{{nop.word[0], std::uint64_t{1} << 63}}, halt};
    case Trap::kLoopOverflow:
      return loops(config.control.loop_depth + 1);
    case Trap::kLoopUnderflow:
      return {word(make(Opcode::kEndloop)), halt};
    case Trap::kSemaphoreOverflow:
      return Program(2, word(make(Opcode::kPost).set("semaphores", 1).set("count", 255)));
    case Trap::kReadError:
      return {word(make(Opcode::kLoad).set("buffer", 2).set("mem", 9)), halt};
    case Trap::kWriteError:
      return {word(make(Opcode::kStore).set("mem", 10)), halt};
    case Trap::kWatchdog:
    case Trap::kAborted:
      return {word(make(Opcode::kLoad).set("buffer", 2).set("mem", 9).set("wait", 1)), halt};
    default:
      return {nop};
  }
}

TrapRun trap_run(const ArchConfig& config, const TrapInfo& info) {
  TrapRun trap{info.cause, {std::string(info.name), {}, {}, {}}};
  BenchRun& run = trap.run;
  model::Launch launch = launch_of(run, program_for(config, info.cause));
  model::HostScriptWriter script;
  switch (info.cause) {
    case Trap::kProgramTooLong:
      launch.program_length = static_cast<std::uint32_t>(config.buffer.instruction_words) + 1;
      break;
    case Trap::kMisaligned:
      launch.program_address += 1;
      break;
    case Trap::kOutsideWindow:
      launch.window_lo = kProgramAt + 64;
      break;
    case Trap::kReadError:
      run.memory.slverr.push_back({kWeightsAt, 64});
      break;
    case Trap::kWriteError:
      run.memory.slverr.push_back({kOutputsAt, 64});
      break;
    case Trap::kIllegalOpcode:
    case Trap::kBadField:
    case Trap::kLoopOverflow:
    case Trap::kLoopUnderflow:
    case Trap::kEndOfProgram:
    case Trap::kSemaphoreOverflow:
    case Trap::kWatchdog:
      break;
    case Trap::kAborted:
      script.start(launch).write("CTRL", 2, 1000).wait_irq().read("STATUS").read("CAUSE");
      finish(run, script);
      return trap;
    default:
      throw std::logic_error(fmt::format("no run ends in {}", info.name));
  }
  script.run(launch);
  finish(run, script);
  return trap;
}

}  // namespace

std::vector<BorderRun> border_runs(const ArchConfig& config) {
  std::vector<BorderRun> runs;
  for (const InstructionInfo& info : instructions())
    for (const Field& field : info.fields)
      for (const Border& border : borders(config, field)) {
        Instruction instruction = make(info.opcode);
        if (border.legal) complete(instruction, field.name, border.value);
        Encoded first = encode(instruction);
        force(first, field, border.value);
        runs.push_back({info.mnemonic, field.name, border.value, border.legal,
                        run_of(fmt::format("{} {} {}", info.mnemonic, field.name, border.value), {first, encode(make(Opcode::kHalt))})});
      }
  return runs;
}

std::vector<TrapRun> trap_runs(const ArchConfig& config) {
  std::vector<TrapRun> runs;
  for (const TrapInfo& info : trap_causes())
    if (info.cause != Trap::kNone) runs.push_back(trap_run(config, info));
  return runs;
}

}  // namespace lutra::regression
