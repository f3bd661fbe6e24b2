// lutra ppa: area, clock and power of a core.
#include "sim/cost/ppa.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/program_input.h"
#include "gen/generator.h"
#include "sim/system/stimulus_recording.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string arch, boundary = "core", json;
  std::vector<std::string> liberties;
  double clock_mhz = 0;
  int planes = 2;
  ProgramInput activity;
  std::string job;
  std::size_t skip = 2000, cycles = 2000;
  std::uint64_t seed = 1;
};

std::string describe_tree(const cost::PpaNode& node, int depth, double total) {
  std::string text = fmt::format("  {:<32} {:>12.0f} um2 {:>5.1f} % {:>9.3f} mW  {} cells\n",
                                 std::string(static_cast<std::size_t>(2 * depth), ' ') + node.instance, node.area_um2,
                                 total > 0 ? 100 * node.area_um2 / total : 0, node.power.total_mw(), node.cells);
  if (depth >= 2) return text;
  for (const cost::PpaNode& child : node.children) text += describe_tree(child, depth + 1, total);
  return text;
}

std::string describe(const cost::Ppa& p) {
  std::string text = fmt::format("{} in {}, boundary {}, layout none\n", p.top, p.library, cost::boundary_name(p.boundary));
  text += fmt::format("area    {:.0f} um2, {} cells\n", p.area_um2, p.cells);
  text += fmt::format("clock   {:g} MHz {}, worst slack {:.0f} ps, best clock {:.1f} MHz\n", p.clock_mhz, p.timing_met() ? "met" : "MISSED",
                      p.timing.worst_slack_ps, p.timing.best_clock_mhz);
  text += fmt::format("path    {} -> {}, {:.0f} ps\n", p.timing.critical.start, p.timing.critical.end, p.timing.critical.delay_ps);
  text += fmt::format("power   {:.2f} mW ({:.2f} internal, {:.2f} switching, {:.4f} leakage), {:.1f} pJ a cycle, activity {}\n",
                      p.power.total_mw(), p.power.internal_mw, p.power.switching_mw, p.power.leakage_mw, p.energy_pj_per_cycle(),
                      p.activity_measured ? fmt::format("measured over {} cycles", p.activity_cycles) : "assumed");
  text += fmt::format("peak    {:.4g} TOPS at {} planes, {:.4g} TOPS/mm2, {:.4g} TOPS/W\n", p.tops, p.planes, p.tops_per_mm2, p.tops_per_w);
  if (!p.srams.empty()) {
    text +=
        fmt::format("sram    {:.0f} um2, {:.2f} mW{}\n", p.sram_area_um2, p.sram_power_mw, p.sram_extrapolated ? " (extrapolated)" : "");
  }
  return text + describe_tree(p.tree, 0, p.tree.area_um2);
}

/// Port values of a job on real operands; none where no program is named.
system::Recording record(const Options& options, const ArchConfig& config) {
  if (options.activity.trace.empty() && options.activity.program.empty()) return {};
  const Program program = load_program(options.activity, config);
  const std::size_t job = options.job.empty() ? 0 : find_jobs(program, {options.job}).front();
  return system::record_stimulus(config, program, job, *workloads::make_generated_weights(options.seed),
                                 *workloads::make_generated_activations(options.seed), options.skip, options.cycles);
}

int run(const Options& options) {
  const ArchConfig config = load_arch(options.arch);
  const gen::Design design = gen::generate(config);
  cost::PpaRequest request;
  request.files = design.files;
  request.top = design.top;
  request.config = config;
  request.liberties = options.liberties;
  request.clock_mhz = options.clock_mhz;
  request.boundary = cost::parse_boundary(options.boundary);
  request.planes = options.planes;
  const system::Recording recording = record(options, config);
  if (recording.stimulus.cycles() > 0) {
    request.stimulus = &recording.stimulus;
    request.stimulus_skip = recording.skip;
    request.stimulus_macs = recording.macs;
  }
  const cost::Ppa ppa = cost::measure(request);
  nlohmann::json document = cost::to_json(ppa);
  if (request.stimulus != nullptr) {
    const model::Counters& events = recording.events;
    document["activity"]["events"] = {{"array_steps", events.array_steps},
                                      {"builder_busy", events.builder_busy},
                                      {"read_beats", events.read_beats},
                                      {"write_beats", events.write_beats}};
  }
  document.update(provenance(config, options.seed));
  emit(options.json, document, describe(ppa));
  return ppa.timing_met() ? 0 : 1;
}

}  // namespace

void add_ppa(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  add_arch_option(command, options->arch);
  command.add_option("--liberty", options->liberties, "Liberty files of the cell library; default: OSU 0.18 um")->expected(1, -1);
  command.add_option("--clock-mhz", options->clock_mhz, "Clock to synthesise and check for; default: the architecture's");
  command.add_option("--boundary", options->boundary, "datapath, array, core or core+sram")->capture_default_str();
  command.add_option("--planes", options->planes, "Weight planes that TOPS are stated for")->check(CLI::Range(1, 8))->capture_default_str();
  add_program_options(command, options->activity, false);
  command.add_option("--job", options->job, "Count activity on the first job whose operator's name contains this; default: the first job");
  command.add_option("--skip", options->skip, "Cycles of that job before counting")->capture_default_str();
  command.add_option("--cycles", options->cycles, "Cycles counted")->check(CLI::Range(1, 10'000'000))->capture_default_str();
  add_seed_option(command, options->seed);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
