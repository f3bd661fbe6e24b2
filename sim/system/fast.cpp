#include "sim/system/fast.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <mutex>

#include "isa/error.h"
#include "workloads/operands.h"

namespace lutra::system {
namespace {

constexpr std::uint64_t kBoundary = 4096;

/// The registers that a launch sets, as HostScriptWriter::start() does: a value that is there already is not written again.
class LaunchRegisters {
 public:
  /// Writes for this launch.
  std::int64_t set(const model::Launch& launch) {
    std::array<std::uint64_t, 14> next{
        1, launch.program_address, launch.program_length, launch.watchdog, launch.window_lo, launch.window_hi};
    std::copy(launch.args.begin(), launch.args.end(), next.begin() + 6);
    std::int64_t writes = 0;
    for (std::size_t i = 0; i < next.size(); ++i) {
      const std::uint64_t changed = held_[i] ^ next[i];
      writes += ((changed & 0xFFFFFFFFU) != 0 ? 1 : 0) + ((changed >> 32) != 0 ? 1 : 0);
    }
    held_ = next;
    return writes;
  }

 private:
  std::array<std::uint64_t, 14> held_{};  // 0 after reset
};

std::vector<std::int32_t> outputs_of(const ArchConfig& config, const Program& program, std::size_t job, const SimulateOptions& values) {
  if (!values.values()) return {};
  return workloads::expected_outputs(workloads::placed_job(config, program, job), *values.weights, *values.activations);
}

}  // namespace

struct FastSimulator::Entry {
  Entry(const std::vector<Encoded>& code, const ArchConfig& config) : analysis(code, config) {}
  struct Variant {
    std::array<std::uint64_t, 8> phases;  // of the arguments
    JobTiming timing;
  };
  KernelAnalysis analysis;
  std::vector<std::unique_ptr<Variant>> variants;
  JobTiming unproven;  // of the job run last, where nothing can be kept
};

FastSimulator::FastSimulator(ArchConfig config, memory::MemoryOptions options) : config_(std::move(config)), options_(std::move(options)) {
  options_.contents = true;  // for the code
  std::vector<std::int64_t> words;
  if (!memory::Memory(config_, options_).append_state(0, words))
    refused_ = options_.stall_probability > 0 ? "the memory stalls at random: no two stretches of time are alike"
               : options_.make_timing != nullptr
                   ? std::string("the memory given in place of memory.kind may answer by address or absolute time")
                   : fmt::format("memory.kind '{}' answers by address or absolute time", config_.memory.kind);
}

FastSimulator::~FastSimulator() = default;

FastSimulator::Entry& FastSimulator::entry_of(const Program& program, int kernel, std::uint64_t address) {
  const std::vector<Encoded>& code = program.kernels[static_cast<std::size_t>(kernel)].code;
  // How the code's fetch is cut into bursts depends on where it lies.
  std::string key = std::to_string(address % kBoundary) + ':';
  for (const Encoded& e : code) key.append(reinterpret_cast<const char*>(e.word.data()), sizeof e.word);
  std::unique_ptr<Entry>& entry = entries_[key];
  if (!entry) entry = std::make_unique<Entry>(code, config_);
  return *entry;
}

const JobTiming& FastSimulator::timing_of(Entry& entry, const Program& program, const Job& job) {
  const model::Launch launch = launch_of(program, job);
  std::string why = entry.analysis.unproven();
  if (why.empty()) why = entry.analysis.check(job.args, launch.window_lo, launch.window_hi);
  if (!why.empty()) {
    entry.unproven = time_job(config_, program, job, entry.analysis, options_);
    return entry.unproven;
  }
  const Registers moduli = entry.analysis.moduli(job.args);
  std::array<std::uint64_t, 8> phases{};
  for (std::size_t i = 0; i < phases.size(); ++i) phases[i] = moduli[8 + i] == 0 ? 0 : job.args[i] % moduli[8 + i];
  for (const auto& variant : entry.variants)
    if (variant->phases == phases) return variant->timing;
  entry.variants.push_back(
      std::make_unique<Entry::Variant>(Entry::Variant{phases, time_job(config_, program, job, entry.analysis, options_)}));
  return entry.variants.back()->timing;
}

SimulationResult FastSimulator::run_in_full(const Program& program, const SimulateOptions& values, const std::string& why) {
  static std::mutex one_at_a_time;  // SystemC has one simulation a process; sweeps time programs on many threads
  const std::lock_guard<std::mutex> lock(one_at_a_time);
  SimulateOptions options = values;
  options.memory = options_;
  SimulationResult result = simulate(config_, program, options);
  result.fallbacks = {why};
  return result;
}

SimulationResult FastSimulator::run(const Program& program, const SimulateOptions& values) {
  const auto begin = std::chrono::steady_clock::now();
  if (!refused_.empty()) return run_in_full(program, values, refused_);
  SimulationResult result;
  result.jobs.reserve(program.jobs.size());
  std::vector<Entry*> entries;
  std::vector<model::Launch> launches;  // of each kernel, without arguments
  for (int k = 0; k < static_cast<int>(program.kernels.size()); ++k) {
    Job job;
    job.kernel = k;
    launches.push_back(launch_of(program, job));
    entries.push_back(&entry_of(program, k, launches.back().program_address));
  }
  LaunchRegisters registers;
  for (std::size_t i = 0; i < program.jobs.size(); ++i) {
    const Job& job = program.jobs[i];
    const auto kernel = static_cast<std::size_t>(job.kernel);
    launches[kernel].args = job.args;
    for (std::uint64_t repeat = 0; repeat < job.repeat; ++repeat) {
      const JobTiming& timing = timing_of(*entries[kernel], program, job);
      check_status(job, timing.status, timing.cause);
      if (!timing.idle) return run_in_full(program, values, fmt::format("{} does not leave the core as it found it", job.op));
      const model::Cycle cycles = registers.set(launches[kernel]) * timing.access_cycles + timing.cycles;
      result.jobs.push_back({i, cycles, timing.counters, outputs_of(config_, program, i, values)});
      result.cycles += cycles;
    }
    const std::string& why = timing_of(*entries[kernel], program, job).fallback;
    if (!why.empty() && std::find(result.fallbacks.begin(), result.fallbacks.end(), why) == result.fallbacks.end())
      result.fallbacks.push_back(why);
  }
  for (Entry* entry : entries)
    for (const auto& variant : entry->variants) {
      result.skipped += variant->timing.skipped;
      result.simulated += variant->timing.cycles - variant->timing.skipped;
      result.edges_visited += variant->timing.edges;
    }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace lutra::system
