// lutra quantise: what a weight type costs the tensors of a full-precision model.
#include <fmt/format.h>

#include <cmath>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "isa/error.h"
#include "workloads/import/model_file.h"

namespace lutra::cli {
namespace {

using namespace workloads;

constexpr std::int64_t kManyTokens = 4096;

struct Options {
  std::string model, weights, json;
  bool allow_loss = false;
  long long tensors = 0;
};

int run(const Options& options) {
  const WeightFormat format = parse_weight_format(options.weights, options.allow_loss);
  const auto file = open_model(options.model, format);
  const auto floats = make_file_floats(file);
  const Trace trace = trace_file(*file, {Phase::kDecode, kManyTokens, 1, 0}, format);  // so many that every expert is reached
  nlohmann::json rows = nlohmann::json::array();
  std::string text = fmt::format("{:<44} {:>7} x {:>6} {:>13} {:>13}\n", "tensor", "outputs", "depth", "RMS error", "largest");
  Progress progress("quantise");
  double squares = 0;
  for (const Operator& op : trace.operators) {
    if (!op.on_core || op.weights != format) continue;
    if (options.tensors > 0 && static_cast<long long>(rows.size()) == options.tensors) break;
    const QuantisationError e = quantisation_error(*floats, {op.name, op.n, op.k, format});
    rows.push_back(
        {{"tensor", op.name}, {"outputs", op.n}, {"depth", op.k}, {"relative_rms_error", e.relative_rms}, {"largest_error", e.largest}});
    text += fmt::format("{:<44} {:>7} x {:>6} {:>11.4g} % {:>11.4g} %\n", op.name, op.n, op.k, 100 * e.relative_rms, 100 * e.largest);
    squares += e.relative_rms * e.relative_rms;
    progress.update(static_cast<double>(rows.size()) / static_cast<double>(trace.operators.size()));
  }
  if (rows.empty()) throw Error(fmt::format("{} has no projection to quantise", file->name));
  const double mean = std::sqrt(squares / static_cast<double>(rows.size()));
  text += fmt::format("{} tensor{} as {}: {:.4g} % RMS error; errors are shares of the tensor's RMS and of its largest magnitude\n",
                      rows.size(), rows.size() == 1 ? "" : "s", to_string(format), 100 * mean);
  emit(options.json,
       {{"model", file->name},
        {"weights", to_string(format)},
        {"relative_rms_error", mean},
        {"tensors", rows},
        {"lutra_version", LUTRA_VERSION}},
       text);
  return 0;
}

}  // namespace

void add_quantise(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("--model", options->model, "Model with weights: a folder with config.json and safetensors, GGUF, or ONNX")->required();
  command.add_option("--weights", options->weights, "ternary (absmean), intB_gN and uintB_gN (round to nearest), bcqB_gN, or another type")
      ->required();
  command.add_flag("--allow-loss", options->allow_loss, "Take the nearest eight planes of a type that does not fit without loss");
  command.add_option("--tensors", options->tensors, "Stop after this many tensors; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
