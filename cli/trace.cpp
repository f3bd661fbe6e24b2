// lutra trace: every operator of a model in one phase.
#include <fmt/format.h>

#include <cstdio>

#include "cli/command.h"
#include "cli/inputs.h"
#include "workloads/import/model_file.h"

namespace lutra::cli {
namespace {

using namespace workloads;

struct Options {
  std::string model = "bitnet_b158_2b4t", weights, phase = "decode", kv = "fp16", out, json;
  std::vector<std::string> sequences;
  TraceRequest request;
  bool allow_loss = false;
};

std::string describe(const Trace& trace, const std::string& out) {
  std::int64_t on_core = 0, core_macs = 0, macs = 0, bytes = 0;
  for (const Operator& o : trace.operators) {
    on_core += o.on_core ? 1 : 0;
    core_macs += o.on_core ? o.macs : 0;
    macs += o.macs;
    bytes += o.weight_bytes + o.activation_bytes + o.kv_bytes + o.written_bytes;
  }
  return fmt::format("{}: {} operators of {}, {} on the core; {:.4g} G multiply-accumulates, {:.4g} G on the core; {:.4g} MB moved\n", out,
                     trace.operators.size(), trace.model, on_core, static_cast<double>(macs) / 1e9, static_cast<double>(core_macs) / 1e9,
                     static_cast<double>(bytes) / 1e6);
}

/// COUNTxNEW@CACHED.
workloads::SequenceGroup parse_sequences(const std::string& text) {
  long long count = 0, queries = 0, past = 0;
  char end = 0;
  if (std::sscanf(text.c_str(), "%lldx%lld@%lld%c", &count, &queries, &past, &end) != 3)
    throw Error(fmt::format("--sequences: given '{}', allowed is COUNTxNEW@CACHED, such as 8x1@4096", text));
  return {count, queries, past};
}

int run(const Options& options) {
  std::optional<WeightFormat> weights;
  if (!options.weights.empty()) weights = parse_weight_format(options.weights, options.allow_loss);
  TraceRequest request = options.request;
  request.phase = parse_phase(options.phase);
  request.kv = parse_kv_format(options.kv);
  for (const std::string& text : options.sequences) request.groups.push_back(parse_sequences(text));
  const Trace trace = trace_file(*open_model(options.model, weights), request, weights);
  write_trace(trace, options.out);
  emit(options.json, nlohmann::json::parse(trace_json(trace)), describe(trace, options.out));
  return 0;
}

}  // namespace

void add_trace(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command
      .add_option(
          "--model", options->model,
          "A model: config.json or its folder, GGUF, safetensors, ONNX, SCALE-Sim GEMM table (.csv), list of products (.yaml), or the "
          "name of a built-in one")
      ->capture_default_str();
  command.add_option("--weights", options->weights,
                     "Weight type of the projections, such as ternary, int4_g128, mxfp4 (lutra types); default: the model's own");
  command.add_flag("--allow-loss", options->allow_loss, "Take the nearest eight planes of a type that does not fit without loss");
  command.add_option("--phase", options->phase, "prefill, decode or mixed")->capture_default_str();
  command.add_option("--batch", options->request.batch, "Sequences")->capture_default_str();
  command.add_option("--seq", options->request.seq, "New tokens a sequence (prefill, mixed)")->capture_default_str();
  command.add_option("--context", options->request.context, "Tokens already in the KV cache")->capture_default_str();
  command.add_option("--kv", options->kv, "KV cache: fp16, int8 or int4")->capture_default_str();
  command.add_option("--draft", options->request.draft, "Speculative decoding: drafted tokens that each sequence verifies (decode)")
      ->capture_default_str();
  command
      .add_option("--sequences", options->sequences,
                  "A step of continuous batching (mixed): COUNTxNEW@CACHED, such as 8x1@4096,1x512@0 for eight sequences of one new token "
                  "behind 4096 cached ones and one of 512 new ones")
      ->delimiter(',');
  command.add_option("--router-seed", options->request.router_seed, "Experts drawn at random for every token; 0: spread evenly")
      ->capture_default_str();
  command.add_option("--out", options->out, "Trace file to write; compressed when it ends in .gz")->required();
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
