// lutra sim: a program on the cycle-accurate model.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <optional>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/program_input.h"
#include "cli/progress.h"
#include "cli/sim_outputs.h"
#include "isa/file.h"
#include "sim/memory/dram_device.h"
#include "sim/memory/external.h"
#include "sim/system/fast.h"
#include "sim/system/simulate.h"
#include "sim/system/unit_timeline.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string arch, memory, json, weights_from, outputs, mode = "exact";
  ProgramInput input;
  bool values = false;
  std::string timeline;
  system::UnitTimelineFilter filter;
  double stall = 0;
  std::uint64_t seed = 1;
};

/// Jobs of one kernel together.
struct KernelTotal {
  long long runs = 0;
  model::Cycle cycles = 0;
  model::Counters counters;
};

nlohmann::json counters_json(const model::Counters& c) {
  return {{"cycles", c.cycles},           {"instructions", c.instructions},    {"array_steps", c.array_steps},
          {"array_waits", c.array_waits}, {"builder_busy", c.builder_busy},    {"read_beats", c.read_beats},
          {"write_beats", c.write_beats}, {"control_stalls", c.control_stalls}};
}

nlohmann::json to_json(const Program& program, const system::SimulationResult& result, const ArchConfig& config) {
  nlohmann::json jobs = nlohmann::json::array();
  for (const system::JobResult& job : result.jobs) {
    const Job& info = program.jobs[job.job];
    jobs.push_back({{"op", info.op},
                    {"kernel", program.kernels[static_cast<std::size_t>(info.kernel)].name},
                    {"cycles", job.cycles},
                    {"macs", info.macs},
                    {"counters", counters_json(job.counters)}});
  }
  return {{"cycles", result.cycles},
          {"clock_mhz", config.clock_mhz},
          {"seconds", static_cast<double>(result.cycles) / (config.clock_mhz * 1e6)},
          {"simulation_s", result.seconds},
          {"skipped_cycles", result.skipped},
          {"fallbacks", result.fallbacks},
          {"jobs", jobs}};
}

std::string describe(const Program& program, const system::SimulationResult& result, const ArchConfig& config) {
  std::map<int, KernelTotal> totals;
  for (const system::JobResult& job : result.jobs) {
    KernelTotal& total = totals[program.jobs[job.job].kernel];
    ++total.runs;
    total.cycles += job.cycles;
    total.counters.cycles += job.counters.cycles;
    total.counters.array_steps += job.counters.array_steps;
    total.counters.read_beats += job.counters.read_beats;
  }
  std::string text = fmt::format("{:<40} {:>6} {:>14} {:>12} {:>12}\n", "kernel", "runs", "cycles", "array busy", "read bus");
  for (const auto& [kernel, total] : totals) {
    const double cycles = static_cast<double>(std::max<model::Cycle>(total.counters.cycles, 1));
    text += fmt::format("{:<40} {:>6} {:>14} {:>10.1f} % {:>10.1f} %\n", program.kernels[static_cast<std::size_t>(kernel)].name, total.runs,
                        total.cycles, 100 * static_cast<double>(total.counters.array_steps) / cycles,
                        100 * static_cast<double>(total.counters.read_beats) / cycles);
  }
  const double seconds = static_cast<double>(result.cycles) / (config.clock_mhz * 1e6);
  text += fmt::format("{} cycles, {:.6g} s at {:g} MHz; simulated in {:.3g} s, {:.3g} M cycles/s\n", result.cycles, seconds,
                      config.clock_mhz, result.seconds, static_cast<double>(result.cycles) / 1e6 / std::max(result.seconds, 1e-9));
  if (result.skipped > 0) text += fmt::format("distinct jobs: {} cycles run, {} in closed form\n", result.simulated, result.skipped);
  for (const std::string& why : result.fallbacks) text += "run in full: " + why + '\n';
  return text;
}

/// With the channels of the memory that is simulated; one where it has none.
system::UnitTimeline make_timeline(const Options& options, const ArchConfig& config) {
  if (options.mode == "fast") throw Error("--timeline shows every cycle, and --mode fast leaves most of them out: use --mode exact");
  const bool external = std::filesystem::path(options.memory).extension() == ".so";
  if (external || (options.memory.empty() && config.memory.kind == "simple")) return {config, 1, 1 << 20, options.filter};
  const memory::DramDevice device = memory::load_dram(options.memory.empty() ? config.memory.kind : options.memory);
  return {config, device.channels, device.interleave_bytes, options.filter};
}

int run(const Options& options) {
  const ArchConfig config = load_arch(options.arch);
  const Program program = load_program(options.input, config);
  std::unique_ptr<workloads::WeightSource> weights;
  std::unique_ptr<workloads::ActivationSource> activations;
  system::SimulateOptions simulate;
  simulate.memory.stall_probability = options.stall;
  simulate.memory.seed = options.seed;
  if (!options.memory.empty()) simulate.memory.make_timing = memory::timing_from_file(options.memory);
  if (options.values) {
    weights = make_weights(options.weights_from, options.seed);
    activations = workloads::make_generated_activations(options.seed);
    simulate.weights = weights.get();
    simulate.activations = activations.get();
  }
  std::optional<system::UnitTimeline> timeline;
  if (!options.timeline.empty()) simulate.events = &timeline.emplace(make_timeline(options, config));
  system::SimulationResult result;
  {
    Progress progress("sim");
    simulate.progress = [&](double fraction) { progress.update(fraction); };
    result = options.mode == "fast" ? system::FastSimulator(config, simulate.memory).run(program, simulate)
                                    : system::simulate(config, program, simulate);
  }
  if (!options.outputs.empty()) write_outputs(config, program, result, options.outputs);
  if (timeline) write_file_atomically(options.timeline, timeline->json(program, result));
  nlohmann::json document = to_json(program, result, config);
  document.update(provenance(config, options.seed));
  emit(options.json, document, describe(program, result, config));
  return 0;
}

}  // namespace

void add_sim(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  add_arch_option(command, options->arch);
  add_program_options(command, options->input, true);
  command.add_option("--mode", options->mode, "exact: every cycle; fast: the same figures, loops that repeat in closed form")
      ->check(CLI::IsMember({"exact", "fast"}))
      ->capture_default_str();
  CLI::Option* values = command.add_flag(
      "--values", options->values,
      "Compute with generated weights and activations; otherwise only time is simulated. exact: on the simulated array, checked "
      "against the golden kernels; fast: the golden kernels");
  command.add_option("--outputs", options->outputs, "Folder for each operator's outputs as NumPy files")->needs(values);
  command.add_option("--stall", options->stall, "Chance of a stall on each memory channel and cycle")
      ->check(CLI::Range(0.0, 0.95))
      ->capture_default_str();
  command.add_option("--memory", options->memory,
                     "Memory instead of the architecture's: a DRAM's YAML file or name, or a shared library (docs/memory.md)");
  command.add_option("--timeline", options->timeline, "Chrome trace to write, for Perfetto: jobs, units, DMA and memory channels");
  command.add_option("--first-cycle", options->filter.first_cycle, "First cycle in the timeline")->check(CLI::NonNegativeNumber);
  command.add_option("--last-cycle", options->filter.last_cycle, "Last cycle in the timeline")->check(CLI::NonNegativeNumber);
  command.add_option("--max-events", options->filter.max_events, "Most events in the timeline")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  add_weights_option(command, options->weights_from);
  add_seed_option(command, options->seed);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
