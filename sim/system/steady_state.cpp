#include "sim/system/steady_state.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>

#include "isa/error.h"
#include "sim/model/core.h"

namespace lutra::system {
namespace {

using model::Counters;
using model::Cycle;

constexpr std::uint64_t kRegisterMask = (std::uint64_t{1} << 40) - 1;
/// States kept of one loop, in words: what a search for a repetition may cost in memory.
constexpr std::size_t kMaxWords = std::size_t{8} << 20;
constexpr std::size_t kMaxStates = 16384;

void add(Counters& to, const Counters& from, const Counters& until, std::int64_t times) {
  const auto each = [&](std::int64_t Counters::*member) { to.*member += times * (until.*member - from.*member); };
  for (auto member : {&Counters::cycles, &Counters::instructions, &Counters::array_steps, &Counters::array_waits, &Counters::builder_busy,
                      &Counters::read_beats, &Counters::write_beats, &Counters::control_stalls})
    each(member);
}

struct WordsHash {
  std::size_t operator()(const std::vector<std::int64_t>& words) const {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(words.data()), words.size() * sizeof words[0]});
  }
};

/// What was seen at a jump back.
struct Visit {
  std::uint32_t left = 0;
  Counters progress;  // with what was skipped
  Registers registers{};
};

/// The visits of one run of one loop.
struct History {
  int begin = -1;
  bool closed = false;  // too much was kept without a repetition
  std::size_t words = 0;
  std::unordered_map<std::vector<std::int64_t>, Visit, WordsHash> visits;
};

class Skipper {
 public:
  Skipper(model::Core& core, const Registers& moduli) : core_(core), moduli_(moduli) {}

  /// After every step of the core.
  void look() {
    const auto mark = core_.looped();
    if (!mark) return;
    const auto depth = static_cast<std::size_t>(mark->depth);
    // Loops inside this one begin anew.
    histories_.resize(depth);
    History& history = histories_[depth - 1];
    if (history.begin != mark->begin) history = {mark->begin, false, 0, {}};
    if (history.closed || mark->left < 2) return;
    visit(history, *mark);
  }

  [[nodiscard]] const Counters& skipped() const { return skipped_; }
  [[nodiscard]] std::int64_t iterations() const { return iterations_; }
  [[nodiscard]] const std::string& fallback() const { return fallback_; }

 private:
  void visit(History& history, const model::LoopMark& mark) {
    model::StateWriter state(core_.last_edge());
    for (std::size_t r = 1; r < moduli_.size(); ++r)
      if (moduli_[r] != 0) state.put(static_cast<std::int64_t>(mark.registers[r] % moduli_[r]));
    if (!core_.append_state(state)) {
      fallback_ = state.refused();
      history.closed = true;
      return;
    }
    Visit now{mark.left, core_.progress(), mark.registers};
    add(now.progress, {}, skipped_, 1);
    const std::size_t size = state.words().size();
    const auto [found, fresh] = history.visits.try_emplace(std::move(state.words()), now);
    if (!fresh) return skip(history, found->second, now);
    history.words += size;
    if (history.words < kMaxWords && history.visits.size() < kMaxStates) return;
    fallback_ = fmt::format("the loop at instruction {} showed no repetition in {} iterations", history.begin, history.visits.size());
    history.closed = true;
    history.visits.clear();
  }

  void skip(History& history, const Visit& before, const Visit& now) {
    const std::uint32_t period = before.left - now.left;
    const std::uint32_t times = (now.left - 1) / period;
    // Fewer iterations are left than one period: nothing more to find in this run of the loop.
    history.closed = true;
    if (times == 0) return;
    add(skipped_, before.progress, now.progress, times);
    iterations_ += std::int64_t{period} * times;
    Registers registers = now.registers;
    for (std::size_t r = 0; r < registers.size(); ++r)
      registers[r] = (registers[r] + times * (now.registers[r] - before.registers[r])) & kRegisterMask;
    core_.skip_iterations(period * times, registers);
  }

  model::Core& core_;
  const Registers& moduli_;
  std::vector<History> histories_;  // by depth
  Counters skipped_;
  std::int64_t iterations_ = 0;
  std::string fallback_;
};

}  // namespace

JobTiming time_job(const ArchConfig& config, const Program& program, const Job& job, const KernelAnalysis& analysis,
                   const memory::MemoryOptions& options) {
  memory::Memory memory(config, options);
  place_code(program, memory.image());
  model::HostScriptWriter writer;
  const model::Launch launch = launch_of(program, job);
  writer.run(launch).read_counters();
  // All but the last write set registers and leave the core idle.
  std::size_t start = 0;
  while (writer.script()[start].kind == model::HostOp::Kind::kWrite) ++start;
  --start;
  model::Core core(config, memory, writer.script(), {nullptr, false});
  const Registers moduli = analysis.moduli(job.args);
  Skipper skipper(core, moduli);
  std::string unproven = analysis.unproven();
  if (unproven.empty()) unproven = analysis.check(job.args, launch.window_lo, launch.window_hi);
  JobTiming timing;
  const auto idle_state = [&core] {
    model::StateWriter state(core.last_edge());
    return core.append_state(state) ? state.words() : std::vector<std::int64_t>{};
  };
  while (core.host().position() < start) core.step();
  const Cycle begin = core.last_edge() + 1;
  timing.access_cycles = start == 0 ? 0 : begin / static_cast<Cycle>(start);
  const auto before = idle_state();
  if (unproven.empty()) {
    while (core.step()) skipper.look();
  } else {
    core.run();
  }
  const JobReadings readings = job_readings(core.host().read_values(), 0);
  timing.idle = !before.empty() && idle_state() == before && begin == timing.access_cycles * static_cast<Cycle>(start);
  timing.cycles = core.now() - begin + skipper.skipped().cycles;
  timing.counters = readings.counters;
  add(timing.counters, {}, skipper.skipped(), 1);
  timing.status = readings.status;
  timing.cause = readings.cause;
  timing.skipped = skipper.skipped().cycles;
  timing.iterations = skipper.iterations();
  timing.edges = core.edges_visited();
  timing.fallback = unproven.empty() ? skipper.fallback() : unproven;
  return timing;
}

}  // namespace lutra::system
