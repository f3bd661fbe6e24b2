// lutra gpu: a model, or one product, on a GPU host at tile level.
#include <fmt/format.h>

#include <chrono>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "isa/file.h"
#include "sim/gpu/calibrate.h"
#include "sim/gpu/energy.h"
#include "sim/gpu/simulate.h"
#include "workloads/sequences.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string host = "a100", model = "bitnet_b158_3b", trace, weights, lm_head, phase = "decode", precision = "model", mode = "fast", gemm;
  std::string calibrate, costs, json;
  std::int64_t batch = 1, seq = 1, context = 0;
  int layers = 0;
};

std::string tile_text(const gpu::KernelResult& result) {
  if (!result.plan) return "";
  const gpu::TilePlan& p = *result.plan;
  return fmt::format("{}x{}{} x{}", p.rows, p.columns, p.slices > 1 ? fmt::format("/{}", p.slices) : "", p.residents);
}

nlohmann::json energy_json(const gpu::GpuEnergy& energy) {
  nlohmann::json json;
  for (const gpu::EnergyComponent& c : gpu::energy_components()) json[std::string(c.name) + "_j"] = energy.*c.joules;
  json["total_j"] = energy.total();
  return json;
}

nlohmann::json kernel_json(const gpu::KernelResult& result, const gpu::GpuHost& host, const gpu::GpuEnergy& energy) {
  const gpu::GpuEvents events = gpu::count_events(host, result);
  const double ops = result.kernel.ops(), seconds = static_cast<double>(result.cycles) / host.clock_hz();
  nlohmann::json entry = {{"name", result.kernel.name},
                          {"group", result.kernel.group},
                          {"layer", result.kernel.layer},
                          {"cycles", result.cycles},
                          {"us", seconds * 1e6},
                          {"bound", result.bound},
                          {"ops", ops},
                          {"l2_bytes", events.l2_byte},
                          {"hbm_bytes", events.hbm_byte},
                          {"gop_s", seconds > 0 ? ops / seconds / 1e9 : 0},
                          {"roofline_us", gpu::roofline_seconds(host, result.kernel) * 1e6},
                          {"roofline_gop_s", ops / gpu::roofline_seconds(host, result.kernel) / 1e9},
                          {"energy", energy_json(energy)}};
  // What stays in L2 has no intensity towards the memory.
  entry["ops_per_byte"] = events.hbm_byte > 0 ? nlohmann::json(ops / events.hbm_byte) : nlohmann::json(nullptr);
  if (!result.plan) return entry;
  const gpu::TilePlan& p = *result.plan;
  entry["tile"] = {{"rows", p.rows}, {"columns", p.columns}, {"slices", p.slices}, {"residents", p.residents}};
  entry["tiles"] = p.tiles;
  entry["waves"] = p.tiles_per_sm;
  return entry;
}

/// A pass's energy: of every kernel, and of all.
struct PassEnergy {
  std::vector<gpu::GpuEnergy> kernels;
  gpu::GpuEnergy total;
  double tokens = 0;  // 0: a product alone makes none
};

PassEnergy energy_of(const gpu::GpuHost& host, const gpu::EnergyCosts& costs, const gpu::Result& result, double tokens) {
  PassEnergy pass;
  pass.tokens = tokens;
  for (const gpu::KernelResult& k : result.kernels) {
    pass.kernels.push_back(gpu::kernel_energy(host, costs, k));
    pass.total.add(pass.kernels.back());
  }
  return pass;
}

std::string describe(const PassEnergy& energy, const gpu::GpuHost& host, double seconds) {
  const double joules = energy.total.total(), watts = joules / seconds;
  std::string text = fmt::format("energy {:.4g} J, {:.0f} W of at most {:.0f}:", joules, watts, host.power.limit_w);
  const char* separator = " ";
  for (const gpu::EnergyComponent& c : gpu::energy_components()) {
    if (energy.total.*c.joules == 0) continue;
    text += fmt::format("{}{} {:.1f} %", separator, c.name, 100 * energy.total.*c.joules / joules);
    separator = ", ";
  }
  text += '\n';
  if (energy.tokens > 0) text += fmt::format("{:.5g} J/token, {:.2f} tokens/s\n", joules / energy.tokens, energy.tokens / seconds);
  if (watts > host.power.limit_w) text += "above the board's limit: the GPU would lower its clock, which is not modelled\n";
  return text;
}

nlohmann::json costs_json(const gpu::EnergyCosts& costs) {
  nlohmann::json rows = nlohmann::json::array();
  for (const gpu::EnergyCost& cost : costs.rows())
    rows.push_back({{"event", cost.event}, {"energy_pj", cost.pj}, {"provenance", cost.provenance}});
  return rows;
}

/// Kernels of the first layer and outside the layers, then the groups.
std::string describe(const gpu::Result& result, const gpu::GpuHost& host) {
  std::string text = fmt::format("{:<54} {:>11} {:>14} {:>8} {:>12}\n", "kernel", "us", "tile", "tiles", "bound");
  int first = -1;
  for (const gpu::KernelResult& k : result.kernels) {
    if (first < 0 && k.kernel.layer >= 0) first = k.kernel.layer;
    if (k.kernel.layer >= 0 && k.kernel.layer != first) continue;
    text += fmt::format("{:<54} {:>11.2f} {:>14} {:>8} {:>12}\n", k.kernel.name.substr(0, 54),
                        static_cast<double>(k.cycles) / host.clock_mhz, tile_text(k), k.plan ? std::to_string(k.plan->tiles) : "", k.bound);
  }
  for (const auto& [group, seconds] : result.group_seconds)
    text += fmt::format("{:<54} {:>9.3f} ms {:>5.1f} %\n", group, seconds * 1e3, 100 * seconds / result.seconds);
  return text + fmt::format("{}: {:.3f} ms, of it {:.3f} ms launches of {} kernels\n", host.name, result.seconds * 1e3,
                            result.launch_seconds * 1e3, result.kernels.size());
}

workloads::Trace one_product(const std::string& text, const workloads::WeightFormat& weights) {
  long long m = 0, n = 0, k = 0;
  char end = 0;
  if (std::sscanf(text.c_str(), "%lldx%lldx%lld%c", &m, &n, &k, &end) != 3 || m < 1 || n < 1 || k < 1)
    throw Error(fmt::format("--gemm is '{}', allowed is tokens x outputs x k, such as 2048x27648x2560", text));
  workloads::Operator op;
  op.name = "gemm";
  op.kind = "gemm";
  op.layer = 0;
  op.on_core = true;
  op.m = m;
  op.n = n;
  op.k = k;
  op.elements = m * n;
  op.weights = weights;
  op.weight_bytes = (n * k * workloads::storage_bits(weights) + 7) / 8;
  op.macs = m * n * k;
  return {"gemm", {}, {op}};
}

workloads::Trace make_trace(const Options& options) {
  if (!options.trace.empty()) return workloads::read_trace(options.trace);
  std::optional<workloads::WeightFormat> weights;
  if (!options.weights.empty()) weights = workloads::parse_weight_format(options.weights);
  if (!options.gemm.empty()) return one_product(options.gemm, weights.value_or(workloads::WeightFormat{}));
  workloads::ModelConfig model = workloads::load_model(options.model, weights);
  if (!options.lm_head.empty()) model.lm_head = workloads::parse_weight_format(options.lm_head);
  if (options.layers > model.layers)
    throw Error(fmt::format("--layers is {}, but {} has {} layers", options.layers, model.name, model.layers));
  if (options.layers > 0) model.layers = options.layers;
  workloads::Trace trace =
      workloads::trace_model(model, {workloads::parse_phase(options.phase), options.batch, options.seq, options.context});
  if (options.layers > 0) std::erase_if(trace.operators, [](const workloads::Operator& op) { return op.layer < 0; });
  return trace;
}

int run_calibration(const Options& options) {
  const gpu::Calibration found = gpu::calibrate();
  write_file_atomically(options.calibrate, gpu::calibration_yaml(found));
  nlohmann::json document = {{"mma_issue", found.mma_issue}, {"hbm_fraction", found.hbm_fraction}, {"lutra_version", LUTRA_VERSION}};
  emit(options.json, document, fmt::format("mma_issue {:.4f}, hbm_fraction {:.4f}\n", found.mma_issue, found.hbm_fraction));
  return 0;
}

int run(const Options& options) {
  if (!options.calibrate.empty()) return run_calibration(options);
  const gpu::GpuHost host = gpu::load_host(options.host);
  const gpu::EnergyCosts costs = gpu::EnergyCosts::load(options.costs);
  const workloads::Trace trace = make_trace(options);
  const auto start = std::chrono::steady_clock::now();
  gpu::Result result;
  {
    Progress progress("gpu");
    result = gpu::simulate(host, trace, gpu::parse_precision(options.precision),
                           options.mode == "exact" ? gpu::Mode::kExact : gpu::Mode::kFast, [&](double f) { progress.update(f); });
  }
  const std::string what = options.gemm.empty() ? to_string(trace.request.phase) : "the product";
  const PassEnergy energy = energy_of(host, costs, result, options.gemm.empty() ? workloads::new_tokens(trace.request) : 0);
  nlohmann::json kernels = nlohmann::json::array();
  for (std::size_t i = 0; i < result.kernels.size(); ++i) kernels.push_back(kernel_json(result.kernels[i], host, energy.kernels[i]));
  nlohmann::json document = {{"lutra_version", LUTRA_VERSION},
                             {"host", host.name},
                             {"config_hash", gpu::host_hash(host)},
                             {"model", trace.model},
                             {"precision", options.precision},
                             {"mode", options.mode},
                             {"ms", result.seconds * 1e3},
                             {"kernel_cycles", result.kernel_cycles},
                             {"clock_mhz", host.clock_mhz},
                             {"launch_ms", result.launch_seconds * 1e3},
                             {"group_s", result.group_seconds},
                             {"bound_s", result.bound_seconds},
                             {"bottleneck", result.bottleneck(what)},
                             {"energy", energy_json(energy.total)},
                             {"power_w", energy.total.total() / result.seconds},
                             {"power_limit_w", host.power.limit_w},
                             {"costs", costs_json(costs)},
                             {"kernels", kernels},
                             {"simulation_s", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()}};
  if (energy.tokens > 0) document["j_per_token"] = energy.total.total() / energy.tokens;
  emit(options.json, document, describe(result, host) + describe(energy, host, result.seconds) + result.bottleneck(what) + '\n');
  return 0;
}

}  // namespace

void add_gpu(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("--host", options->host, "GPU: a YAML file, or one of " + listed(gpu::host_names()))->capture_default_str();
  auto* const model =
      command.add_option("--model", options->model, "Model: a config.json, or the name of a built-in one")->capture_default_str();
  auto* const weights = command.add_option("--weights", options->weights, "Weight format instead of the model's, such as int4_g128");
  auto* const lm_head = command.add_option("--lm-head", options->lm_head, "Weight format of the LM head (default int8)");
  command.add_option("--precision", options->precision, "Products in the weights' own format with INT8 activations, in FP16 or in FP8")
      ->check(CLI::IsMember({"model", "fp16", "fp8"}))
      ->capture_default_str();
  auto* const phase = command.add_option("--phase", options->phase, "prefill, decode or mixed")->capture_default_str();
  auto* const batch = command.add_option("--batch", options->batch, "Sequences")->capture_default_str();
  auto* const seq = command.add_option("--seq", options->seq, "New tokens a sequence")->capture_default_str();
  auto* const context = command.add_option("--context", options->context, "Cached tokens a sequence")->capture_default_str();
  auto* const layers =
      command.add_option("--layers", options->layers, "Only this many layers, without embedding and LM head")->check(CLI::Range(1, 100000));
  auto* const gemm =
      command.add_option("--gemm", options->gemm, "One product instead of a model: tokens x outputs x k, such as 2048x27648x2560");
  auto* const trace = command.add_option("--trace", options->trace, "Trace file instead of a model: any pass that `lutra trace` writes");
  // What a file or a product already says is not asked for again, and not ignored in silence either.
  for (CLI::Option* other : {model, lm_head, phase, batch, seq, context, layers}) {
    trace->excludes(other);
    gemm->excludes(other);
  }
  trace->excludes(weights);
  trace->excludes(gemm);
  command.add_option("--mode", options->mode, "fast: by formula; exact: a SystemC process for each SM. Both give the same cycles")
      ->check(CLI::IsMember({"fast", "exact"}))
      ->capture_default_str();
  command.add_option("--calibrate", options->calibrate, "Calibrate on the FP16 and INT8 rows of the paper's Table 1 and write this file");
  command.add_option("--costs", options->costs, "CSV of what events cost, instead of the built-in table (docs/gpu.md, Energy)");
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
