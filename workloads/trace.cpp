// Walks a model layer by layer and writes down its operators (docs/workloads.md says which bytes are counted).
#include "workloads/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "isa/error.h"
#include "isa/geometry.h"
#include "isa/splitmix.h"
#include "workloads/sequences.h"

namespace lutra::workloads {
namespace {

constexpr std::int64_t kMaxTokens = 1 << 24;
constexpr std::int64_t kFp16 = 2, kInt32 = 4, kInt8 = 1, kScale = 4;  // bytes

std::int64_t kv_bits(KvFormat format) { return format == KvFormat::kFp16 ? 16 : format == KvFormat::kInt8 ? 8 : 4; }

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
  /// Bytes of `rows` tokens of keys or of values in the cache.
  [[nodiscard]] std::int64_t cache_bytes(std::int64_t rows) const;
  /// Tokens that each expert of the present layer gets.
  [[nodiscard]] std::vector<std::int64_t> expert_tokens() const;

  std::vector<SequenceGroup> sequences_;
  std::int64_t tokens_ = 0;
  std::int64_t last_tokens_ = 0;  // tokens whose logits are wanted: the last of each sequence
  int layer_ = -1;
  std::string prefix_;
};

Tracer::Tracer(const ModelConfig& model, const TraceRequest& request) : model_(model) {
  trace_.model = model.name;
  trace_.request = request;
  sequences_ = sequences_of(request);
  for (const SequenceGroup& s : sequences_) {
    tokens_ += s.count * s.queries;
    // Whether a drafted token is right shows in the logits of the one before it.
    last_tokens_ += s.count * (1 + request.draft);
  }
}

std::int64_t Tracer::cache_bytes(std::int64_t rows) const {
  const KvFormat format = trace_.request.kv;
  const std::int64_t values = ceil_div(rows * model_.kv_heads * model_.head_dim * kv_bits(format), 8);
  return format == KvFormat::kFp16 ? values : values + rows * model_.kv_heads * kFp16;
}

std::vector<std::int64_t> Tracer::expert_tokens() const {
  const std::int64_t pairs = tokens_ * model_.active_experts;
  std::vector<std::int64_t> tokens(static_cast<std::size_t>(model_.experts));
  if (trace_.request.router_seed == 0) {
    const std::int64_t used = std::min<std::int64_t>(model_.experts, pairs);
    for (std::int64_t e = 0; e < used; ++e) tokens[static_cast<std::size_t>(e)] = pairs / used + (e < pairs % used ? 1 : 0);
    return tokens;
  }
  // Every token draws distinct experts, all equally likely: the first places of a shuffle.
  std::vector<int> order(tokens.size());
  for (std::int64_t t = 0; t < tokens_; ++t) {
    std::iota(order.begin(), order.end(), 0);
    std::uint64_t state =
        splitmix(trace_.request.router_seed ^ splitmix(static_cast<std::uint64_t>(layer_)) ^ splitmix(~static_cast<std::uint64_t>(t)));
    for (int a = 0; a < model_.active_experts; ++a) {
      state = splitmix(state);
      const auto at = static_cast<std::size_t>(a);
      std::swap(order[at], order[at + state % (order.size() - at)]);
      ++tokens[static_cast<std::size_t>(order[at])];
    }
  }
  return tokens;
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
  if (trace_.request.kv != KvFormat::kFp16) {
    // Rotated keys and scaled values are rounded on their way into the cache.
    append.activation_bytes += tokens_ * kv * kFp16;
    append.written_bytes = 2 * cache_bytes(tokens_);
  }
  std::int64_t pairs = 0, cached = 0;
  const std::int64_t window = model_.windows.empty() ? 0 : model_.windows[static_cast<std::size_t>(layer_) % model_.windows.size()];
  for (const SequenceGroup& s : sequences_) {
    pairs += pairs_of(s, window);
    cached += cached_rows(s, window);
  }
  const std::int64_t scores = pairs * model_.heads;
  Operator& score = add(block + "score", "attention_score", scores, "fp16");
  score.activation_bytes = tokens_ * q * kFp16;
  score.kv_bytes = cache_bytes(cached);
  score.macs = scores * model_.head_dim;
  Operator& softmax = add(block + "softmax", "softmax", scores, "fp16");
  softmax.activation_bytes = scores * kFp16;
  Operator& value = add(block + "value", "attention_value", tokens_ * q, "fp16");
  value.activation_bytes = scores * kFp16;
  value.kv_bytes = cache_bytes(cached);
  value.macs = scores * model_.head_dim;
}

void Tracer::attention() {
  const std::int64_t h = model_.hidden, q = std::int64_t{model_.heads} * model_.head_dim,
                     kv = std::int64_t{model_.kv_heads} * model_.head_dim;
  const bool fused = model_.family == Family::kBloom || model_.family == Family::kFalcon;
  const std::string block = fused ? "self_attention." : "self_attn.";
  const char* own_norm = model_.family == Family::kOpt ? "self_attn_layer_norm" : model_.two_norms ? "ln_attn" : "input_layernorm";
  if (model_.norms_first) norm(own_norm, h);
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
  if (!model_.norms_first) norm(own_norm, h);
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
  const std::int64_t pairs = tokens_ * model_.active_experts;
  const std::vector<std::int64_t> tokens = expert_tokens();
  for (std::size_t e = 0; e < tokens.size(); ++e) {
    const std::int64_t m = tokens[e];
    if (m == 0) continue;
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
                       : model_.two_norms            ? "ln_mlp"
                                                     : "post_attention_layernorm";
  if (model_.norms_first && (!model_.parallel || model_.two_norms)) norm(second, model_.hidden);
  if (model_.experts > 0) {
    expert_ffn();
  } else {
    dense_ffn();
  }
  if (!model_.norms_first) norm(second, model_.hidden);
}

void Tracer::head() {
  layer_ = -1;
  prefix_.clear();
  if (model_.norms_first) norm("norm", model_.hidden);
  if (model_.embedding != model_.hidden) {
    quantise("project_out.quantise", last_tokens_, model_.hidden);
    gemm("project_out", last_tokens_, model_.embedding, model_.hidden, model_.lm_head);
    add("project_out.rescale", "rescale", last_tokens_ * model_.embedding, "fp16").activation_bytes =
        last_tokens_ * model_.embedding * kInt32;
  }
  quantise("lm_head.quantise", last_tokens_, model_.embedding);
  gemm("lm_head", last_tokens_, model_.vocabulary, model_.embedding, model_.lm_head);
  Operator& logits = add("logits", "rescale", last_tokens_ * model_.vocabulary, "fp16");
  logits.activation_bytes = last_tokens_ * model_.vocabulary * kInt32;
}

Trace Tracer::run() {
  Operator& embed = add("embed_tokens", "embedding", tokens_ * model_.embedding, "fp16");
  const bool projected = model_.embedding != model_.hidden;
  embed.weight_bytes = tokens_ * model_.embedding * kFp16 * (model_.positions == Positions::kLearned && !projected ? 2 : 1);
  if (projected) {  // positions are added behind the projection
    quantise("project_in.quantise", tokens_, model_.embedding);
    gemm("project_in", tokens_, model_.hidden, model_.embedding, model_.lm_head);
    residual("project_in.positions", tokens_ * model_.hidden * kInt32);
  }
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
  check("draft", request.draft, 0);
  if (request.draft > 0 && request.phase != Phase::kDecode) throw Error("draft is for a decode step: its tokens are verified there");
  if (!request.groups.empty() && request.phase != Phase::kMixed) throw Error("groups of sequences make a mixed pass");
  for (const SequenceGroup& group : request.groups) {
    check("sequences count", group.count, 1);
    check("sequences queries", group.queries, 1);
    check("sequences past", group.past, 0);
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

std::string to_string(KvFormat format) { return format == KvFormat::kFp16 ? "fp16" : format == KvFormat::kInt8 ? "int8" : "int4"; }

KvFormat parse_kv_format(const std::string& text) {
  for (const KvFormat format : {KvFormat::kFp16, KvFormat::kInt8, KvFormat::kInt4})
    if (to_string(format) == text) return format;
  throw Error(fmt::format("kv is '{}', allowed are fp16, int8 and int4", text));
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
