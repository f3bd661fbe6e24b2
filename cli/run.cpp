// lutra run: the main job, from a model's configuration to a report.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/run_results.h"
#include "gen/generator.h"
#include "isa/file.h"
#include "sim/report/page.h"
#include "sim/system/stimulus_recording.h"
#include "workloads/compile.h"

namespace lutra::cli {
namespace {

using workloads::Operator;
using workloads::Phase;

struct Options {
  std::string model = "bitnet_b158_2b4t", arch, out, json;
  std::vector<std::string> liberties;
  std::int64_t context = 2048, prefill = 128;
  double stall = 0.1;
  std::uint64_t seed = 1;
};

constexpr std::size_t kActivitySkip = 4000;  // cycles until the core is in its stride
constexpr std::size_t kActivityCycles = 2000;

/// The steps of the job; each leaves its result for the next.
class MainJob {
 public:
  explicit MainJob(const Options& options)
      : options_(options),
        weights_(workloads::make_generated_weights(options.seed)),
        activations_(workloads::make_generated_activations(options.seed)) {}

  std::string read() {
    results_.config = load_arch(options_.arch);
    model_ = workloads::load_model(options_.model);
    results_.model = model_.name;
    results_.seed = options_.seed;
    results_.stall_probability = options_.stall;
    results_.command = command_line();
    make_directory(options_.out);
    return fmt::format("{}: {} layers, hidden {}, FFN {}, vocabulary {}, weights {}; core {}", model_.name, model_.layers, model_.hidden,
                       model_.ffn, model_.vocabulary, to_string(model_.weights), results_.config.name);
  }

  std::string trace() {
    trace_phase(results_.decode, "decode", {Phase::kDecode, 1, 1, options_.context});
    trace_phase(results_.prefill, "prefill", {Phase::kPrefill, 1, options_.prefill, 0});
    return fmt::format("decode {} operators ({} on the core), prefill {} ({})", results_.decode.trace.operators.size(),
                       on_core(results_.decode), results_.prefill.trace.operators.size(), on_core(results_.prefill));
  }

  std::string compile() {
    for (PhaseResult* phase : {&results_.decode, &results_.prefill}) {
      phase->program = workloads::compile(results_.config, phase->trace);
      write_program(phase->program, file(phase->name + ".lutra"));
    }
    return fmt::format("decode {} kernels, {} jobs; prefill {} kernels, {} jobs", results_.decode.program.kernels.size(),
                       results_.decode.program.jobs.size(), results_.prefill.program.kernels.size(), results_.prefill.program.jobs.size());
  }

  std::string generate() {
    design_ = gen::generate(results_.config);
    gen::write_design(design_, file("core"));
    return fmt::format("{}: {} files, top module {}", file("core"), design_.files.size(), design_.top);
  }

  std::string simulate(Progress& progress) {
    simulate_phase(results_.decode, progress);
    simulate_phase(results_.prefill, progress);
    const auto rate = [](const PhaseResult& p) {
      return static_cast<double>(p.simulation.cycles) / 1e6 / std::max(p.simulation.seconds, 1e-9);
    };
    return fmt::format("decode {:.2f} M cycles at {:.3g} M cycles/s, prefill {:.2f} M cycles at {:.3g} M cycles/s",
                       static_cast<double>(results_.decode.simulation.cycles) / 1e6, rate(results_.decode),
                       static_cast<double>(results_.prefill.simulation.cycles) / 1e6, rate(results_.prefill));
  }

  std::string cosimulate(Progress& progress) {
    const std::vector<CosimChoice> choices = cosim_choices();
    system::CosimulateOptions options;
    options.memory.stall_probability = options_.stall;
    options.memory.seed = options_.seed;
    options.weights = weights_.get();
    options.activations = activations_.get();
    std::int64_t events = 0;
    double macs = 0;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      options.progress = [&](double fraction) {
        progress.update((static_cast<double>(i) + fraction) / static_cast<double>(choices.size()));
      };
      const Operator& op = choices[i].op;
      workloads::Trace trace = results_.decode.trace;
      trace.operators = {op};
      const system::CosimResult result = system::cosimulate(results_.config, workloads::compile(results_.config, trace), 0, options);
      if (!result.equal()) {
        throw Error(
            fmt::format("co-simulation of {}: {} bits and {} cycles apart; {}", op.name, result.mismatched_bits, result.cycle_difference,
                        result.divergence ? result.divergence->str() : "outputs differ from the golden ones"),
            {}, Error::Kind::kCheckFailed);
      }
      results_.cosim.push_back(
          {op.name.substr(op.name.rfind('.') + 1), choices[i].phase, fmt::format("{} × {} × {}", op.m, op.n, op.k), result});
      events += result.events;
      macs += static_cast<double>(result.macs);
    }
    return fmt::format("{} programs, {:.4g} M multiply-accumulates, {} events: 0 bits and 0 cycles apart", choices.size(), macs / 1e6,
                       events);
  }

  std::string price() {
    cost::PpaRequest request;
    request.files = design_.files;
    request.top = design_.top;
    request.config = results_.config;
    request.liberties = options_.liberties;
    request.planes = workloads::plane_type(model_.weights).planes;
    const system::Recording recording = system::record_stimulus(results_.config, results_.decode.program, largest_projection(), *weights_,
                                                                *activations_, kActivitySkip, kActivityCycles);
    request.stimulus = &recording.stimulus;
    request.stimulus_skip = recording.skip;
    request.stimulus_macs = recording.macs;
    results_.ppa = cost::measure(request);
    const cost::Ppa& p = results_.ppa;
    return fmt::format("{:.3f} mm2 in {}, {:g} MHz with {:.0f} ps slack, {:.1f} mW", p.area_um2 / 1e6, p.library, p.clock_mhz,
                       p.timing.worst_slack_ps, p.power.total_mw());
  }

  std::string write(const std::vector<FinishedStep>& steps) {
    results_.notes = notes();
    summary_ = summary_json(results_);
    const nlohmann::json details = details_json(results_, steps);
    const std::string page = report::render_page(report::parse_document(summary_, file("summary.json"), details, file("details.json")));
    write_file_atomically(file("details.json"), details.dump(1) + "\n");
    write_file_atomically(file("report.html"), page);
    write_file_atomically(file("summary.json"), summary_.dump(2) + "\n");
    return fmt::format("{}, {}", file("summary.json"), file("report.html"));
  }

  [[nodiscard]] const nlohmann::json& summary() const { return summary_; }
  [[nodiscard]] bool timing_met() const { return results_.ppa.timing_met(); }

 private:
  [[nodiscard]] std::string file(const std::string& name) const { return options_.out + "/" + name; }

  [[nodiscard]] std::string command_line() const {
    std::string text = fmt::format("lutra run --model {} --arch {} --out {} --context {} --prefill {} --stall {} --seed {}", options_.model,
                                   options_.arch, options_.out, options_.context, options_.prefill, options_.stall, options_.seed);
    for (const std::string& liberty : options_.liberties) text += " --liberty " + liberty;
    return text;
  }

  void trace_phase(PhaseResult& phase, const std::string& name, const workloads::TraceRequest& request) {
    phase.name = name;
    phase.trace = workloads::trace_model(model_, request);
    workloads::write_trace(phase.trace, file(name + ".trace.json"));
  }

  static std::ptrdiff_t on_core(const PhaseResult& phase) {
    return std::count_if(phase.trace.operators.begin(), phase.trace.operators.end(), [](const Operator& op) { return op.on_core; });
  }

  void simulate_phase(PhaseResult& phase, Progress& progress) {
    system::SimulateOptions options;
    options.progress = [&](double fraction) { progress.update(phase.name == "decode" ? fraction / 10 : 0.1 + 0.9 * fraction); };
    phase.simulation = system::simulate(results_.config, phase.program, options);
    phase.groups = group_operators(phase.trace, core_costs(phase.program, phase.simulation), results_.config);
  }

  struct CosimChoice {
    std::string phase;
    Operator op;
  };

  /// The first operator of every distinct shape in decode, complete; then, of prefill, one tile row of the first operator, and the
  /// smallest operator with all its tokens.
  [[nodiscard]] std::vector<CosimChoice> cosim_choices() const {
    std::vector<CosimChoice> list;
    for (const Operator& op : results_.decode.trace.operators) {
      const auto same = [&](const CosimChoice& c) { return c.op.n == op.n && c.op.k == op.k && c.op.weights == op.weights; };
      if (op.on_core && std::none_of(list.begin(), list.end(), same)) list.push_back({"decode", op});
    }
    std::vector<Operator> layers;
    for (const Operator& op : results_.prefill.trace.operators)
      if (op.on_core && op.layer >= 0) layers.push_back(op);
    if (!layers.empty()) {
      list.push_back({"prefill", layers.front()});
      list.back().op.m = std::min<std::int64_t>(list.back().op.m, results_.config.array.rows);
      list.push_back({"prefill", *std::min_element(layers.begin(), layers.end(),
                                                   [](const Operator& a, const Operator& b) { return a.macs < b.macs; })});
    }
    for (CosimChoice& choice : list) choice.op.macs = choice.op.m * choice.op.n * choice.op.k;
    return list;
  }

  [[nodiscard]] std::size_t largest_projection() const {
    const auto& jobs = results_.decode.program.jobs;
    std::size_t best = 0;
    for (std::size_t i = 1; i < jobs.size(); ++i)
      if (jobs[i].layer >= 0 && (jobs[best].layer < 0 || jobs[i].macs > jobs[best].macs)) best = i;
    return best;
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> notes() const {
    return {{"LM head", "runs on the core as INT8 in eight planes: a substitution"},
            {"Weights", fmt::format("generated from seed {} with the distribution that the quantiser gives: no model's weights are shipped",
                                    options_.seed)},
            {"Prefill", fmt::format("{} tokens, batch 1, simulated for time", options_.prefill)},
            {"Decode", fmt::format("one token, batch 1, {} tokens in the KV cache, simulated for time", options_.context)},
            {"Co-simulation", fmt::format("with values; each memory channel stalls with a chance of {} in every cycle", options_.stall)},
            {"Area", "standard cells of the core; SRAM macros are black boxes; no layout, no wires, ideal clock tree"}};
  }

  Options options_;
  std::unique_ptr<workloads::WeightSource> weights_;
  std::unique_ptr<workloads::ActivationSource> activations_;
  workloads::ModelConfig model_;
  gen::Design design_;
  RunResults results_;
  nlohmann::json summary_;
};

int run(const Options& options) {
  MainJob job(options);
  Steps steps(8, options.json == "-");
  steps.run("read", [&](Progress&) { return job.read(); });
  steps.run("trace", [&](Progress&) { return job.trace(); });
  steps.run("compile", [&](Progress&) { return job.compile(); });
  steps.run("generate", [&](Progress&) { return job.generate(); });
  steps.run("simulate", [&](Progress& progress) { return job.simulate(progress); });
  steps.run("co-simulate", [&](Progress& progress) { return job.cosimulate(progress); });
  steps.run("price", [&](Progress&) { return job.price(); });
  steps.run("write", [&](Progress&) { return job.write(steps.finished()); });
  const nlohmann::json& s = job.summary();
  emit(options.json, s,
       fmt::format("{:.3g} tokens/s ({:.3g} projections alone), {:.3g} J/token, prefill {:.3g} s\n", s.at("tokens_per_s").get<double>(),
                   s.at("tokens_per_s_projections").get<double>(), s.at("energy_j_per_token").get<double>(),
                   s.at("prefill_s").get<double>()));
  if (!job.timing_met()) throw Error("the clock is not met: worst_slack_ps is negative", {}, Error::Kind::kCheckFailed);
  return 0;
}

}  // namespace

void add_run(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("--model", options->model, "config.json of a model, or the name of a built-in one")->capture_default_str();
  add_arch_option(command, options->arch);
  command.add_option("--out", options->out, "Directory to write")->required();
  command.add_option("--context", options->context, "Tokens in the KV cache of the decode step")->capture_default_str();
  command.add_option("--prefill", options->prefill, "Tokens of the prefill")->check(CLI::PositiveNumber)->capture_default_str();
  command.add_option("--stall", options->stall, "Chance of a memory stall in co-simulation")
      ->check(CLI::Range(0.0, 0.95))
      ->capture_default_str();
  command.add_option("--liberty", options->liberties, "Liberty files of the cell library; default: OSU 0.18 um")->expected(1, -1);
  add_seed_option(command, options->seed);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
