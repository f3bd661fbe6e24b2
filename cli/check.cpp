// lutra check: fails when cycles, area or energy of recorded cases have changed.
#include <fmt/format.h>

#include "cli/check_baseline.h"
#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "gen/generator.h"
#include "isa/file.h"
#include "sim/cost/ppa.h"
#include "sim/system/fast.h"
#include "workloads/compile.h"
#include "workloads/import/model_file.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string baseline, json;
  std::vector<std::string> tolerances, archs = {kDefaultArch};
  CheckCase work;
  bool write = false, no_price = false;
  std::uint64_t seed = 1;
};

/// Simulates, and unless the case leaves it out synthesises, one case.
CheckCase evaluate(CheckCase c, std::uint64_t seed) {
  const ArchConfig config = load_arch(c.arch);
  workloads::TraceRequest request;
  request.phase = workloads::parse_phase(c.phase);
  request.batch = c.batch;
  request.seq = c.seq;
  request.context = c.context;
  const workloads::Trace trace = workloads::trace_file(*workloads::open_model(c.model, {}), request, {});
  const Program program = workloads::compile(config, trace);
  memory::MemoryOptions memory;
  memory.seed = seed;
  const system::SimulationResult result = system::FastSimulator(config, memory).run(program);

  c.figures.clear();
  c.figures["cycles"]["total"] = static_cast<double>(result.cycles);
  double beats = 0;
  for (const system::JobResult& job : result.jobs) {
    const Job& info = program.jobs[job.job];
    const auto repeats = static_cast<double>(info.repeat);
    c.figures["cycles"][program.kernels[static_cast<std::size_t>(info.kernel)].name] += repeats * static_cast<double>(job.cycles);
    beats += repeats * static_cast<double>(job.counters.read_beats + job.counters.write_beats);
  }
  c.figures["energy_pj"]["memory"] = beats * config.axi.data_bits * config.memory.energy_pj_per_bit;
  c.library.clear();
  if (!c.price) return c;

  const gen::Design design = gen::generate(config);
  cost::PpaRequest price;
  price.files = design.files;
  price.top = design.top;
  price.config = config;
  const cost::Ppa ppa = cost::measure(price);
  c.library = ppa.library;
  c.figures["area_um2"]["core"] = ppa.area_um2;
  for (const cost::PpaNode& block : ppa.tree.children) c.figures["area_um2"]["core/" + block.instance] = block.area_um2;
  c.figures["energy_pj"]["core"] = ppa.energy_pj_per_cycle() * static_cast<double>(result.cycles);
  return c;
}

std::vector<CheckCase> evaluate_all(const std::vector<CheckCase>& cases, std::uint64_t seed) {
  Progress progress("check");
  std::vector<CheckCase> out;
  for (const CheckCase& c : cases) {
    progress.update(static_cast<double>(out.size()) / static_cast<double>(cases.size()));
    out.push_back(evaluate(c, seed));
  }
  return out;
}

int write(const Options& options) {
  Baseline baseline;
  baseline.seed = options.seed;
  set_tolerances(baseline.tolerances, options.tolerances);
  for (const std::string& arch : options.archs) {
    CheckCase& c = baseline.cases.emplace_back(options.work);
    c.arch = arch;
    c.price = !options.no_price;
  }
  baseline.cases = evaluate_all(baseline.cases, baseline.seed);
  const nlohmann::json document = to_json(baseline);
  write_file_atomically(options.baseline, document.dump(2) + '\n');
  emit(options.json, document, fmt::format("{}: {} cases recorded\n", options.baseline, baseline.cases.size()));
  return 0;
}

int check(const Options& options) {
  const Baseline recorded = read_baseline(options.baseline);
  Tolerances tolerances = recorded.tolerances;
  set_tolerances(tolerances, options.tolerances);
  const Comparison comparison = compare(recorded, evaluate_all(recorded.cases, recorded.seed), tolerances);
  nlohmann::json changes = nlohmann::json::array();
  for (const Change& c : comparison.changes) {
    changes.push_back({{"case", c.in}, {"kind", c.kind}, {"name", c.name}, {"allowed_percent", c.allowed}});
    changes.back()["before"] = c.appeared ? nlohmann::json() : nlohmann::json(c.before);
    changes.back()["after"] = c.gone ? nlohmann::json() : nlohmann::json(c.after);
  }
  const nlohmann::json document = {{"lutra_version", LUTRA_VERSION},
                                   {"seed", recorded.seed},
                                   {"compared", comparison.compared},
                                   {"changes", changes},
                                   {"passed", comparison.changes.empty()}};
  const std::string hint = comparison.changes.empty()
                               ? ""
                               : fmt::format("If this is meant, record it: lutra check --write --baseline {} ...\n", options.baseline);
  emit(options.json, document, describe(comparison) + hint);
  return comparison.changes.empty() ? 0 : 1;
}

int run(const Options& options) { return options.write ? write(options) : check(options); }

}  // namespace

void add_check(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  options->work.model = "bitnet_b158_2b4t";
  options->work.phase = "decode";
  command.add_option("--baseline", options->baseline, "File with the recorded figures")->required();
  command
      .add_option("--tolerance", options->tolerances,
                  "Percent that figures of a kind may change: cycles=P area=P energy=P; default: the baseline's (0, 1 and 2 where it "
                  "is written without)")
      ->expected(1, 3);
  CLI::Option* write = command.add_flag("--write", options->write, "Record the figures of now instead of comparing");
  command.add_option("--arch", options->archs, "With --write: architectures, each a case")
      ->expected(1, -1)
      ->capture_default_str()
      ->needs(write);
  command.add_option("--model", options->work.model, "With --write: the model")->capture_default_str()->needs(write);
  command.add_option("--phase", options->work.phase, "With --write: prefill, decode or mixed")->capture_default_str()->needs(write);
  command.add_option("--batch", options->work.batch, "With --write: sequences")->capture_default_str()->needs(write);
  command.add_option("--seq", options->work.seq, "With --write: new tokens a sequence (prefill, mixed)")
      ->capture_default_str()
      ->needs(write);
  command.add_option("--context", options->work.context, "With --write: tokens already in the KV cache")
      ->capture_default_str()
      ->needs(write);
  command.add_flag("--no-price", options->no_price, "With --write: no synthesis, so neither area nor the core's energy")->needs(write);
  add_seed_option(command, options->seed);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
