// lutra cosim: the Verilog beside the model, job by job.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/program_input.h"
#include "cli/progress.h"
#include "sim/system/cosimulate.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string arch, json, weights_from;
  ProgramInput input;
  std::vector<std::string> jobs;
  double stall = 0.1;
  std::uint64_t seed = 1;
};

nlohmann::json to_json(const system::CosimResult& r) {
  nlohmann::json json = {{"op", r.op},
                         {"macs", r.macs},
                         {"events", r.events},
                         {"rtl_cycles", r.rtl_cycles},
                         {"model_cycles", r.model_cycles},
                         {"cycle_difference", r.cycle_difference},
                         {"mismatched_bits", r.mismatched_bits},
                         {"equal", r.equal()},
                         {"seconds", r.seconds}};
  if (r.divergence) {
    json["divergence"] = {{"event", r.divergence->event},
                          {"cycle", r.divergence->cycle},
                          {"signal", r.divergence->signal},
                          {"expected", r.divergence->expected},
                          {"got", r.divergence->got}};
  }
  return json;
}

std::string describe(const system::CosimResult& r) {
  std::string text = fmt::format("{}: {} cycles, {} events, {} multiply-accumulates; {} bits and {} cycles apart: {}\n", r.op, r.rtl_cycles,
                                 r.events, r.macs, r.mismatched_bits, r.cycle_difference, r.equal() ? "equal" : "DIFFERENT");
  if (r.divergence) text += r.divergence->str() + "\n";
  return text;
}

int run(const Options& options) {
  const ArchConfig config = load_arch(options.arch);
  const Program program = load_program(options.input, config);
  const auto weights = make_weights(options.weights_from, options.seed);
  const auto activations = workloads::make_generated_activations(options.seed);
  system::CosimulateOptions cosimulate;
  cosimulate.memory.stall_probability = options.stall;
  cosimulate.memory.seed = options.seed;
  cosimulate.weights = weights.get();
  cosimulate.activations = activations.get();
  nlohmann::json results = nlohmann::json::array();
  std::string text;
  bool equal = true;
  for (const std::size_t job : options.jobs.empty() ? system::distinct_jobs(program) : find_jobs(program, options.jobs)) {
    Progress progress("cosim " + program.jobs[job].op);
    cosimulate.progress = [&](double fraction) { progress.update(fraction); };
    const system::CosimResult result = system::cosimulate(config, program, job, cosimulate);
    results.push_back(to_json(result));
    text += describe(result);
    equal = equal && result.equal();
  }
  nlohmann::json document = {{"equal", equal}, {"stall_probability", options.stall}, {"jobs", results}};
  document.update(provenance(config, options.seed));
  emit(options.json, document, text);
  return equal ? 0 : 1;
}

}  // namespace

void add_cosim(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  add_arch_option(command, options->arch);
  add_program_options(command, options->input, true);
  command.add_option("--job", options->jobs, "Jobs whose operator's name contains this; default: the first of every distinct shape")
      ->expected(1, -1);
  command.add_option("--stall", options->stall, "Chance of a stall on each memory channel and cycle")
      ->check(CLI::Range(0.0, 0.95))
      ->capture_default_str();
  add_weights_option(command, options->weights_from);
  add_seed_option(command, options->seed);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
