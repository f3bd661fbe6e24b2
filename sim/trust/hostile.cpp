// Makes the programs, runs them, and looks at every burst.
#include "sim/trust/hostile.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

#include "isa/geometry.h"
#include "isa/instruction.h"
#include "sim/model/core.h"

namespace lutra::trust {
namespace {

using namespace regression;
using Rng = std::mt19937_64;

constexpr std::uint64_t kWatchdog = 2500;
constexpr std::uint64_t kWindowLo = kProgramAt, kWindowHi = kOutputsAt + 0x4000;
constexpr std::uint32_t kDone = 2, kTrapped = 4;

/// The product that bits are flipped in and whose operands all programs find in memory.
const Product& victim(const ArchConfig& config) {
  static thread_local std::map<std::string, Product> made;
  const std::string key = config_hash(config);
  const auto found = made.find(key);
  return found != made.end() ? found->second : made.emplace(key, matrix_product(config, 2, 4, 2, 1, 0, 1)).first->second;
}

/// A defined opcode and fields within their ranges, few of which make sense together. Small numbers are frequent: they get furthest.
Encoded random_instruction(Rng& random) {
  const InstructionInfo& info = instructions()[random() % instructions().size()];
  Instruction i = make(info.opcode);
  for (const Field& f : info.fields) {
    const std::uint64_t values = static_cast<std::uint64_t>(f.max) - static_cast<std::uint64_t>(f.min) + 1;
    const std::uint64_t small = random() % 2 == 0 ? 8 : values;
    i.set(f.name, f.min + static_cast<std::int64_t>(random() % (values == 0 ? small : std::min(values, small))));
  }
  return encode(i);
}

std::vector<Encoded> hostile_program(const ArchConfig& config, Rng& random) {
  std::vector<Encoded> program;
  const std::uint64_t kind = random() % 3;
  if (kind == 2) {
    program = victim(config).program;
    for (std::uint64_t flips = 1 + random() % 6; flips > 0; --flips)
      program[random() % program.size()].word[random() % 2] ^= std::uint64_t{1} << random() % 64;
    return program;
  }
  for (std::uint64_t left = 1 + random() % 24; left > 0; --left)
    program.push_back(kind == 0 ? Encoded{{random(), random()}} : random_instruction(random));
  return program;
}

/// Sees every burst, fetches of the program among them.
struct WindowGuard : model::EventSink {
  std::uint64_t bus_bytes = 8;
  bool outside = false;
  void event(const model::Event& e) override {
    if (e.channel != model::Channel::kAr && e.channel != model::Channel::kAw) return;
    outside = outside || e.a < kWindowLo || e.a + (e.b + 1) * bus_bytes > kWindowHi;
  }
};

std::string trap_name(std::uint32_t cause) {
  for (const TrapInfo& info : trap_causes())
    if (static_cast<std::uint32_t>(info.cause) == cause) return std::string(info.name);
  return fmt::format("cause {}", cause);
}

void note_end(HostileResult& result, const std::vector<std::uint32_t>& read, std::uint64_t seed) {
  const std::uint32_t status = read.at(0);
  if ((status & kTrapped) != 0) {
    ++result.ends[trap_name(read.at(1))];
  } else if ((status & kDone) != 0) {
    ++result.ends["done"];
  } else {
    ++result.endless;
    if (result.first_failure.empty()) result.first_failure = fmt::format("seed {}: status {}", seed, status);
  }
}

void run_model(const ArchConfig& config, const BenchRun& run, std::uint64_t seed, HostileResult& result) {
  memory::Memory memory(config, run.memory);
  memory.image() = run.image;
  WindowGuard guard;
  guard.bus_bytes = static_cast<std::uint64_t>(config.axi.data_bits / 8);
  model::Core core(config, memory, run.script, {&guard, true});
  core.run();
  note_end(result, core.host().read_values(), seed);
  if (!guard.outside) return;
  ++result.outside;
  if (result.first_failure.empty()) result.first_failure = fmt::format("seed {}: a burst outside the window", seed);
}

void run_both(const ArchConfig& config, const BenchRun& run, std::uint64_t seed, HostileResult& result) {
  cosim::Lockstep lockstep(regression::setup_of(config, run));
  if (cosim::run_to_end(lockstep)) {
    note_end(result, lockstep.model().host().read_values(), seed);
    return;
  }
  ++result.parted;
  if (result.first_failure.empty()) result.first_failure = fmt::format("seed {}: {}", seed, lockstep.divergence()->str());
}

}  // namespace

BenchRun hostile_run(const ArchConfig& config, std::uint64_t seed) {
  Rng random(seed);
  BenchRun run{"hostile", victim(config).image, {}, {}};
  model::Launch launch = place_program(run.image, hostile_program(config, random));
  launch.window_lo = kWindowLo;
  launch.window_hi = kWindowHi;
  launch.watchdog = kWatchdog;
  launch.args = {kActivationsAt, kWeightsAt, kOutputsAt, kWindowHi - 64, random(), kProgramAt, ~std::uint64_t{0}, kWindowLo - 64};
  for (std::uint64_t& argument : launch.args) argument &= (std::uint64_t{1} << 40) - 1;
  run.memory.stall_probability = random() % 4 == 0 ? 0.4 : 0;
  run.memory.seed = seed;
  run.script = model::HostScriptWriter().run(launch).script();
  return run;
}

HostileResult attack(const ArchConfig& config, std::uint64_t first, std::int64_t count, bool rtl,
                     const std::function<void(double)>& progress) {
  HostileResult result;
  for (; result.programs < count; ++result.programs) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(result.programs);
    (rtl ? run_both : run_model)(config, hostile_run(config, seed), seed, result);
    if (progress && result.programs % 256 == 0) progress(static_cast<double>(result.programs) / static_cast<double>(count));
  }
  return result;
}

}  // namespace lutra::trust
