// lutra edge: a trace on a phone or a laptop, with time, energy and a bottleneck.
#include <fmt/format.h>

#include <map>
#include <optional>

#include "cli/command.h"
#include "cli/inputs.h"
#include "isa/error.h"
#include "isa/file.h"
#include "sim/memory/external.h"
#include "sim/system/timeline.h"
#include "workloads/sequences.h"
#include "workloads/trace.h"

namespace lutra::cli {
namespace {

using system::EdgeResult;
using system::Energy;
using system::OperatorTime;

struct Options {
  std::string host = "phone", arch, trace, costs, timeline, json, mode = "fast", memory;
  system::TimelineFilter filter;
};

nlohmann::json energy_json(const Energy& e) {
  return {{"array_j", e.array}, {"tables_j", e.tables}, {"control_j", e.control}, {"sram_j", e.sram},
          {"dram_j", e.dram},   {"vector_j", e.vector}, {"leakage_j", e.leakage}, {"total_j", e.total()}};
}

nlohmann::json operator_json(const workloads::Operator& op, const OperatorTime& time, const system::EdgeSimulator& simulator) {
  const double intensity = time.bytes > 0 ? time.ops / time.bytes : 0;
  nlohmann::json json = {{"name", op.name},
                         {"kind", op.kind},
                         {"unit", time.cores > 0 ? "cores" : "vector"},
                         {"seconds", time.seconds},
                         {"bound", to_string(time.bound)},
                         {"bytes", time.bytes},
                         {"ops", time.ops},
                         {"ops_per_byte", intensity},
                         {"gop_s", time.seconds > 0 ? time.ops / time.seconds / 1e9 : 0},
                         {"roofline_gop_s", simulator.roofline_ops_s(op, time) / 1e9},
                         {"energy", energy_json(time.energy)}};
  if (op.on_core) {
    json["cycles"] = time.cycles;
    json["cores"] = time.cores;
    json["array_busy"] = static_cast<double>(time.counters.array_steps) / (static_cast<double>(time.cycles) * time.cores);
    json["builder_busy"] = static_cast<double>(time.counters.builder_busy) / (static_cast<double>(time.cycles) * time.cores);
  }
  return json;
}

std::string describe(const workloads::Trace& trace, const EdgeResult& result, const system::EdgeHost& host) {
  struct Total {
    int calls = 0;
    double seconds = 0, bytes = 0, joules = 0;
  };
  std::map<std::string, Total> totals;
  for (const OperatorTime& time : result.operators) {
    Total& total = totals[trace.operators[time.op].kind];
    ++total.calls;
    total.seconds += time.seconds;
    total.bytes += time.bytes;
    total.joules += time.energy.total();
  }
  std::string text = fmt::format("{:<18} {:>6} {:>12} {:>8} {:>12} {:>12}\n", "operators", "calls", "ms", "share", "MB", "mJ");
  for (const auto& [kind, total] : totals)
    text += fmt::format("{:<18} {:>6} {:>12.4f} {:>6.1f} % {:>12.3f} {:>12.4f}\n", kind, total.calls, total.seconds * 1e3,
                        100 * total.seconds / result.seconds, total.bytes / 1e6, total.joules * 1e3);
  const Energy& e = result.energy;
  text += fmt::format("{}: {:.4f} ms on {}\n", trace.model, result.seconds * 1e3, host.name);
  text += fmt::format(
      "energy {:.4f} J: array {:.1f} %, tables {:.1f} %, control {:.1f} %, SRAM {:.1f} %, DRAM {:.1f} %, vector unit {:.1f} %, leakage "
      "{:.1f} %\n",
      e.total(), 100 * e.array / e.total(), 100 * e.tables / e.total(), 100 * e.control / e.total(), 100 * e.sram / e.total(),
      100 * e.dram / e.total(), 100 * e.vector / e.total(), 100 * e.leakage / e.total());
  text += fmt::format("{:.5f} J/token, {:.2f} tokens/s\n", e.total() / workloads::new_tokens(trace.request),
                      workloads::new_tokens(trace.request) / result.seconds);
  for (const std::string& why : result.fallbacks) text += "run in full: " + why + '\n';
  return text + result.bottleneck(to_string(trace.request.phase)) + '\n';
}

constexpr std::pair<const char*, system::EdgeMode> kModes[] = {
    {"fast", system::EdgeMode::kFast}, {"exact", system::EdgeMode::kExact}, {"arbiter", system::EdgeMode::kArbiter}};

system::EdgeMode mode_of(const Options& options) {
  const auto* found = std::find_if(std::begin(kModes), std::end(kModes), [&](const auto& m) { return options.mode == m.first; });
  if (!options.memory.empty() && found->second != system::EdgeMode::kArbiter)
    throw Error("--memory is what the cores reach through the arbiter: use --mode arbiter");
  return found->second;
}

int run(const Options& options) {
  const system::EdgeHost host = system::load_edge_host(options.host);
  const ArchConfig arch = load_arch(options.arch);
  const workloads::Trace trace = workloads::read_trace(options.trace);
  std::optional<system::MeasuredCosts> costs;
  if (!options.costs.empty()) costs = system::read_measured_costs(options.costs);
  memory::MemoryOptions memory;
  const system::EdgeMode mode = mode_of(options);
  if (!options.memory.empty()) memory.make_timing = memory::timing_from_file(options.memory);
  system::EdgeSimulator simulator(host, arch, costs, mode, memory);
  const EdgeResult result = simulator.run(trace);
  if (!options.timeline.empty()) write_file_atomically(options.timeline, timeline_json(trace, result, host, options.filter));
  nlohmann::json operators = nlohmann::json::array(), bounds = nlohmann::json::object();
  for (const OperatorTime& time : result.operators) operators.push_back(operator_json(trace.operators[time.op], time, simulator));
  for (const auto& [bound, share] : result.shares()) bounds[to_string(bound)] = share;
  nlohmann::json document = {{"host", host.name},
                             {"mode", options.mode},
                             {"model", trace.model},
                             {"seconds", result.seconds},
                             {"energy", energy_json(result.energy)},
                             {"j_per_token", result.energy.total() / workloads::new_tokens(trace.request)},
                             {"bounds", bounds},
                             {"bottleneck", result.bottleneck(to_string(trace.request.phase))},
                             {"fallbacks", result.fallbacks},
                             {"operators", operators}};
  document["costs"] = costs ? nlohmann::json{{"file", costs->source},
                                             {"library", costs->library},
                                             {"clock_mhz", costs->clock_mhz},
                                             {"array_step_pj", costs->step_pj},
                                             {"table_slot_pj", costs->slot_pj},
                                             {"core_cycle_pj", costs->cycle_pj},
                                             {"core_leakage_mw", costs->leakage_mw}}
                            : nlohmann::json("host");
  document.update(provenance(simulator.core_config(host.cores), 0));
  emit(options.json, document, describe(trace, result, host));
  return 0;
}

}  // namespace

void add_edge(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("--host", options->host, "Host: a YAML file, or phone or laptop")->capture_default_str();
  add_arch_option(command, options->arch);
  command.add_option("--trace", options->trace, "Trace file, as `lutra trace` writes it")->required();
  command
      .add_option("--mode", options->mode,
                  "fast: every core at its share of the memory, loops that repeat in closed form; exact: the same figures from every "
                  "cycle; arbiter: every cycle of cores that take turns at one memory")
      ->check(CLI::IsMember({"fast", "exact", "arbiter"}))
      ->capture_default_str();
  command.add_option("--memory", options->memory, "With --mode arbiter: a DRAM's YAML file or name, or a shared library (docs/memory.md)");
  command.add_option(
      "--costs", options->costs,
      "JSON of `lutra ppa --trace`: array, tables, control and leakage cost what was measured there, not what the host's file says");
  command.add_option("--timeline", options->timeline, "Chrome trace to write, for Perfetto");
  command.add_option("--first-layer", options->filter.first_layer, "First layer in the timeline; -1: also what is outside of layers")
      ->capture_default_str();
  command.add_option("--last-layer", options->filter.last_layer, "Last layer in the timeline");
  command.add_option("--max-events", options->filter.max_events, "Most events in the timeline")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
