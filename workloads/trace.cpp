// Walks a model layer by layer and writes down its operators (docs/workloads.md says which bytes are counted).
#include "workloads/trace.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/error.h"
#include "isa/geometry.h"

namespace lutra::workloads {
namespace {

constexpr std::int64_t kMaxTokens = 1 << 24;
constexpr std::int64_t kFp16 = 2, kInt32 = 4, kInt8 = 1, kScale = 4;  // bytes

/// Sequences that run together: each has `queries` new tokens behind `past` cached ones.
struct Sequences {
  std::int64_t count, queries, past;
  /// Key positions that all queries look at, causally: sum of past + 1 ... past + queries, over the sequences.
  [[nodiscard]] std::int64_t pairs() const { return count * (queries * past + queries * (queries + 1) / 2); }
  /// Rows of the KV cache that are read.
  [[nodiscard]] std::int64_t cached() const { return count * (past + queries); }
};

class Tracer {
 public:
  Tracer(const ModelConfig& model, const TraceRequest& request);
  Trace run();
  /// Only these products, instead of a model's operators.
  Trace run(const std::vector<ListedGemm>& gemms, const std::optional<WeightFormat>& weights);

 private:
  void layer(int index);
  void attention();
  void attention_core(const std::string& block);
  void dense_ffn();
  void expert_ffn();
  void head();

  Operator& add(const std::string& name, const char* kind, std::int64_t elements, const char* results);
  void gemm(const std::string& name, std::int64_t m, std::int64_t n, std::int64_t k, const WeightFormat& weights);
  void norm(const std::string& name, std::int64_t width);
  void quantise(const std::string& name, std::int64_t tokens, std::int64_t width);
  void residual(const std::string& name, std::int64_t bytes_in);

  const ModelConfig& model_;
  Trace trace_;
  std::vector<Sequences> sequences_;
  std::int64_t tokens_ = 0;
  std::int64_t last_tokens_ = 0;  // tokens whose logits are wanted: the last of each sequence
  int layer_ = -1;
  std::string prefix_;
};

Tracer::Tracer(const ModelConfig& model, const TraceRequest& request) : model_(model) {
  trace_.model = model.name;
  trace_.request = request;
  if (request.phase != Phase::kPrefill) sequences_.push_back({request.batch, 1, request.context});
  if (request.phase == Phase::kPrefill) sequences_.push_back({request.batch, request.seq, request.context});
  if (request.phase == Phase::kMixed) sequences_.push_back({1, request.seq, 0});
  for (const Sequences& s : sequences_) {
    tokens_ += s.count * s.queries;
    last_tokens_ += s.count;
  }
}

Operator& Tracer::add(const std::string& name, const char* kind, std::int64_t elements, const char* results) {
  Operator op;
  op.name = prefix_ + name;
  op.kind = kind;
  op.layer = layer_;
  op.elements = elements;
  op.activations = "fp16";
  op.results = results;
  const std::string type = results;
  op.written_bytes = elements * (type == "int32" ? kInt32 : type == "int8" ? kInt8 : kFp16);
  trace_.operators.push_back(op);
  return trace_.operators.back();
}

void Tracer::gemm(const std::string& name, std::int64_t m, std::int64_t n, std::int64_t k, const WeightFormat& weights) {
  Operator& op = add(name, "gemm", m * n, "int32");
  op.on_core = true;
  op.m = m;
  op.n = n;
  op.k = k;
  op.weights = weights;
  op.activations = "int8";
  op.activation_bytes = m * k * kInt8;
  op.weight_bytes = ceil_div(n * k * storage_bits(weights), 8);
  // Zero points go to the core; scales are applied by the operator that reads the INT32 results.
  if (weights.kind == WeightKind::kZeroPoint) op.weight_bytes += scale_count(weights, n, k) * 2;
  // Every pass over the array brings integers of its own.
  op.elements *= weights.passes;
  op.written_bytes *= weights.passes;
  op.activation_bytes *= weights.passes;
  op.macs = m * n * k;
}

void Tracer::norm(const std::string& name, std::int64_t width) {
  Operator& op = add(name, "norm", tokens_ * width, "fp16");
  op.activation_bytes = tokens_ * width * kFp16;
  op.weight_bytes = width * kFp16;
}

void Tracer::quantise(const std::string& name, std::int64_t tokens, std::int64_t width) {
  Operator& op = add(name, "quantise", tokens * width, "int8");
  op.activation_bytes = tokens * width * kFp16;
  op.written_bytes += tokens * kScale;
}

void Tracer::residual(const std::string& name, std::int64_t bytes_in) {
  Operator& op = add(name, "residual", tokens_ * model_.hidden, "fp16");
  op.activation_bytes = bytes_in + tokens_ * model_.hidden * kFp16;
}

void Tracer::attention_core(const std::string& block) {
  const std::int64_t q = std::int64_t{model_.heads} * model_.head_dim, kv = std::int64_t{model_.kv_heads} * model_.head_dim;
  const bool rotary = model_.positions == Positions::kRotary;
  if (model_.qk_norms) {
    Operator& norms = add(block + "qk_norm", "norm", tokens_ * (q + kv), "fp16");
    norms.activation_bytes = tokens_ * (q + kv) * kInt32;
    norms.weight_bytes = 2 * model_.head_dim * kFp16;
  }
  // Reads the INT32 results of the q and k projections, scales and rotates them; k goes straight into the cache.
  Operator& rotate = add(block + (rotary ? "rotary" : "rescale"), rotary ? "rotary" : "rescale", tokens_ * (q + kv), "fp16");
  rotate.activation_bytes = tokens_ * (q + kv) * (model_.qk_norms ? kFp16 : kInt32);
  if (rotary) rotate.weight_bytes = tokens_ * model_.head_dim * kFp16;
  Operator& append = add(block + "kv_append", "kv_append", tokens_ * kv, "fp16");
  append.activation_bytes = tokens_ * kv * kInt32;
  std::int64_t pairs = 0, cached = 0;
  for (const Sequences& s : sequences_) {
    pairs += s.pairs();
    cached += s.cached();
  }
  const std::int64_t scores = pairs * model_.heads;
  Operator& score = add(block + "score", "attention_score", scores, "fp16");
  score.activation_bytes = tokens_ * q * kFp16;
  score.kv_bytes = cached * kv * kFp16;
  score.macs = scores * model_.head_dim;
  Operator& softmax = add(block + "softmax", "softmax", scores, "fp16");
  softmax.activation_bytes = scores * kFp16;
  Operator& value = add(block + "value", "attention_value", tokens_ * q, "fp16");
  value.activation_bytes = scores * kFp16;
  value.kv_bytes = cached * kv * kFp16;
  value.macs = scores * model_.head_dim;
}

void Tracer::attention() {
  const std::int64_t h = model_.hidden, q = std::int64_t{model_.heads} * model_.head_dim,
                     kv = std::int64_t{model_.kv_heads} * model_.head_dim;
  const bool fused = model_.family == Family::kBloom || model_.family == Family::kFalcon;
  const std::string block = fused ? "self_attention." : "self_attn.";
  norm(model_.family == Family::kOpt ? "self_attn_layer_norm" : "input_layernorm", h);
  quantise(block + "quantise", tokens_, h);
  if (fused) {
    gemm(block + "query_key_value", tokens_, q + 2 * kv, h, model_.weights);
  } else {
    gemm(block + "q_proj", tokens_, q, h, model_.weights);
    gemm(block + "k_proj", tokens_, kv, h, model_.weights);
    gemm(block + "v_proj", tokens_, kv, h, model_.weights);
  }
  attention_core(block);
  if (model_.sub_norms) norm(block + "attn_sub_norm", q);
  const std::string output = fused ? "dense" : model_.family == Family::kOpt ? "out_proj" : "o_proj";
  quantise(block + output + ".quantise", tokens_, q);
  gemm(block + output, tokens_, h, q, model_.weights);
  if (model_.post_norms) norm("post_attention_layernorm", h);
  if (!model_.parallel) residual(block + "residual", tokens_ * h * kInt32);
}

void Tracer::dense_ffn() {
  const std::int64_t h = model_.hidden, f = model_.ffn;
  const std::string block = model_.family == Family::kOpt ? "" : "mlp.";
  quantise(model_.family == Family::kOpt ? "fc1.quantise" : "mlp.quantise", tokens_, h);
  if (model_.gated) {
    gemm(block + "gate_proj", tokens_, f, h, model_.weights);
    gemm(block + "up_proj", tokens_, f, h, model_.weights);
  } else {
    gemm(block + (model_.family == Family::kOpt ? "fc1" : "dense_h_to_4h"), tokens_, f, h, model_.weights);
  }
  Operator& act = add(block + "activation", "activation", tokens_ * f, "fp16");
  act.activation_bytes = tokens_ * f * kInt32 * (model_.gated ? 2 : 1);
  if (model_.sub_norms) norm(block + "ffn_sub_norm", f);
  const std::string down = model_.gated ? "down_proj" : model_.family == Family::kOpt ? "fc2" : "dense_4h_to_h";
  quantise(block + down + ".quantise", tokens_, f);
  gemm(block + down, tokens_, h, f, model_.weights);
  if (model_.post_norms) norm("post_feedforward_layernorm", h);
  // Side by side with attention, both results are added at once.
  residual(model_.family == Family::kOpt ? "fc2.residual" : "mlp.residual", tokens_ * h * kInt32 * (model_.parallel ? 2 : 1));
}

void Tracer::expert_ffn() {
  const std::int64_t h = model_.hidden, f = model_.ffn;
  const std::string block = "block_sparse_moe.";
  Operator& router = add(block + "gate", "router", tokens_ * model_.experts, "fp16");
  router.m = tokens_;
  router.n = model_.experts;
  router.k = h;
  router.activation_bytes = tokens_ * h * kFp16;
  router.weight_bytes = h * model_.experts * kFp16;
  router.macs = tokens_ * h * model_.experts;
  quantise(block + "quantise", tokens_, h);
  // Balanced routing: the token-expert pairs are spread evenly over as many experts as they can reach.
  const std::int64_t pairs = tokens_ * model_.active_experts;
  const std::int64_t used = std::min<std::int64_t>(model_.experts, pairs);
  for (std::int64_t e = 0; e < used; ++e) {
    const std::int64_t m = pairs / used + (e < pairs % used ? 1 : 0);
    const std::string expert = fmt::format("{}experts.{}.", block, e);
    gemm(expert + "w1", m, f, h, model_.weights);
    gemm(expert + "w3", m, f, h, model_.weights);
    Operator& act = add(expert + "activation", "activation", m * f, "fp16");
    act.activation_bytes = m * f * kInt32 * 2;
    quantise(expert + "w2.quantise", m, f);
    gemm(expert + "w2", m, h, f, model_.weights);
  }
  residual(block + "combine", pairs * h * kInt32);
}

void Tracer::layer(int index) {
  layer_ = index;
  prefix_ = fmt::format("layers.{}.", index);
  attention();
  const char* second = model_.family == Family::kOpt ? "final_layer_norm"
                       : model_.post_norms           ? "pre_feedforward_layernorm"
                                                     : "post_attention_layernorm";
  if (!model_.parallel) norm(second, model_.hidden);
  if (model_.experts > 0) {
    expert_ffn();
  } else {
    dense_ffn();
  }
}

void Tracer::head() {
  layer_ = -1;
  prefix_.clear();
  norm("norm", model_.hidden);
  quantise("lm_head.quantise", last_tokens_, model_.hidden);
  gemm("lm_head", last_tokens_, model_.vocabulary, model_.hidden, model_.lm_head);
  Operator& logits = add("logits", "rescale", last_tokens_ * model_.vocabulary, "fp16");
  logits.activation_bytes = last_tokens_ * model_.vocabulary * kInt32;
}

Trace Tracer::run() {
  Operator& embed = add("embed_tokens", "embedding", tokens_ * model_.hidden, "fp16");
  embed.weight_bytes = tokens_ * model_.hidden * kFp16 * (model_.positions == Positions::kLearned ? 2 : 1);
  for (int i = 0; i < model_.layers; ++i) layer(i);
  head();
  return std::move(trace_);
}

Trace Tracer::run(const std::vector<ListedGemm>& gemms, const std::optional<WeightFormat>& weights) {
  for (const ListedGemm& g : gemms) {
    const WeightFormat format = weights ? *weights : g.weights.empty() ? model_.weights : parse_weight_format(g.weights);
    gemm(g.name, g.tokens > 0 ? g.tokens : tokens_, g.outputs, g.depth, format);
  }
  return std::move(trace_);
}

void check(const char* name, std::int64_t value, std::int64_t min) {
  if (value < min || value > kMaxTokens) throw Error(fmt::format("{} is {}, allowed is {} to {}", name, value, min, kMaxTokens));
}

void check_request(const TraceRequest& request) {
  check("batch", request.batch, 1);
  check("seq", request.seq, 1);
  check("context", request.context, 0);
  if (request.phase == Phase::kDecode && request.seq != 1) {
    throw Error(fmt::format("seq is {}, allowed is 1 in a decode step; the tokens before it are the context", request.seq));
  }
  if (request.batch > kMaxTokens / request.seq)
    throw Error(fmt::format("batch {} x seq {} is over {} tokens", request.batch, request.seq, kMaxTokens));
}

}  // namespace

Trace trace_model(const ModelConfig& model, const TraceRequest& request) {
  check_request(request);
  return Tracer(model, request).run();
}

Trace trace_list(const std::string& name, const std::vector<ListedGemm>& gemms, const TraceRequest& request,
                 const std::optional<WeightFormat>& weights) {
  check_request(request);
  ModelConfig model;
  model.name = name;
  model.weights = {WeightKind::kTwosComplement, 4, 128};
  return Tracer(model, request).run(gemms, weights);
}

std::string to_string(Phase phase) {
  switch (phase) {
    case Phase::kPrefill:
      return "prefill";
    case Phase::kDecode:
      return "decode";
    case Phase::kMixed:
      return "mixed";
  }
  return "";
}

Phase parse_phase(const std::string& text) {
  for (const Phase phase : {Phase::kPrefill, Phase::kDecode, Phase::kMixed})
    if (to_string(phase) == text) return phase;
  const std::string near = nearest(text, {"prefill", "decode", "mixed"});
  throw Error(fmt::format("phase is '{}', allowed are prefill, decode and mixed{}", text,
                          near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

}  // namespace lutra::workloads
