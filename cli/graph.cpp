// lutra graph: what building tables costs a model, as operators of their own and fused into those before them.
#include "workloads/graph/graph.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "workloads/import/model_file.h"

namespace lutra::cli {
namespace {

using namespace workloads;

struct Options {
  std::vector<std::string> models{"llama2_70b", "opt_175b", "bloom_176b"};
  std::string weights = "int2", json;
  bool allow_loss = false;
  TraceRequest prefill{Phase::kPrefill, 1, 2048, 0}, decode{Phase::kDecode, 1024, 1, 0};
  TableShape tables;
  GraphDevice device;
};

int run(const Options& options) {
  nlohmann::json rows = nlohmann::json::array();
  std::string text = fmt::format("{:<16} {:<8} {:>10} {:>10} {:>10} {:>10} {:>9} {:>9} {:>9}\n", "model", "phase", "no tables", "unfused",
                                 "shared", "fused", "unfused", "shared", "fused");
  const auto weights = parse_weight_format(options.weights, options.allow_loss);
  for (const std::string& model : options.models) {
    for (const TraceRequest& request : {options.prefill, options.decode}) {
      const Trace trace = trace_file(*open_model(model, weights), request, weights);
      const TableCosts r = table_costs(trace, options.tables, options.device);
      const std::string phase = to_string(request.phase);
      rows.push_back({{"model", trace.model},
                      {"phase", phase},
                      {"operators", r.operators},
                      {"unfused_operators", r.unfused_operators},
                      {"fused_operators", r.fused_operators},
                      {"seconds", r.base},
                      {"unfused_seconds", r.unfused},
                      {"shared_seconds", r.shared},
                      {"fused_seconds", r.fused},
                      {"unfused_percent", r.percent(r.unfused)},
                      {"shared_percent", r.percent(r.shared)},
                      {"fused_percent", r.percent(r.fused)}});
      text += fmt::format("{:<16} {:<8} {:>7.4g} ms {:>7.4g} ms {:>7.4g} ms {:>7.4g} ms {:>+7.1f} % {:>+7.1f} % {:>+7.1f} %\n", trace.model,
                          phase, r.base * 1e3, r.unfused * 1e3, r.shared * 1e3, r.fused * 1e3, r.percent(r.unfused), r.percent(r.shared),
                          r.percent(r.fused));
    }
  }
  const GraphDevice& d = options.device;
  text += fmt::format(
      "{} weights; prefill {} x {} tokens, decode {} tokens; tables of {} activations with {} byte entries; {} GB/s, {} TOPS of "
      "products, {} TOPS of vector additions, {} us to start an operator\n",
      options.weights, options.prefill.batch, options.prefill.seq, options.decode.batch, options.tables.inputs, options.tables.entry_bytes,
      d.bandwidth_gb_s, d.tensor_tops, d.vector_tops, d.launch_us);
  const nlohmann::json document = {{"rows", rows},
                                   {"weights", options.weights},
                                   {"bandwidth_gb_s", d.bandwidth_gb_s},
                                   {"tensor_tops", d.tensor_tops},
                                   {"vector_tops", d.vector_tops},
                                   {"launch_us", d.launch_us},
                                   {"lutra_version", LUTRA_VERSION}};
  emit(options.json, document, text);
  return 0;
}

}  // namespace

void add_graph(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  const CLI::Range positive(1e-9, 1e9);
  command.add_option("--model", options->models, "Models (repeatable)")->capture_default_str();
  command.add_option("--weights", options->weights, "Weight type of the projections")->capture_default_str();
  command.add_flag("--allow-loss", options->allow_loss, "Take the nearest eight planes of a type that does not fit without loss");
  command.add_option("--seq", options->prefill.seq, "Tokens of the prefill")->capture_default_str();
  command.add_option("--batch", options->decode.batch, "Sequences of the decode step")->capture_default_str();
  command.add_option("--context", options->decode.context, "Cached tokens of the decode step")->capture_default_str();
  command.add_option("--table-inputs", options->tables.inputs, "Activations a table")->check(CLI::Range(1, 8))->capture_default_str();
  command.add_option("--entry-bytes", options->tables.entry_bytes, "Bytes of a table entry")
      ->check(CLI::Range(1, 4))
      ->capture_default_str();
  command.add_option("--bandwidth-gb-s", options->device.bandwidth_gb_s, "Memory bandwidth")->check(positive)->capture_default_str();
  command.add_option("--tensor-tops", options->device.tensor_tops, "Peak of the products")->check(positive)->capture_default_str();
  command.add_option("--vector-tops", options->device.vector_tops, "Peak of element-wise additions")
      ->check(positive)
      ->capture_default_str();
  command.add_option("--launch-us", options->device.launch_us, "Time to start an operator")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
