// What a model does in one pass: every operator of every layer with its shape, types and bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "workloads/import/tensor_file.h"
#include "workloads/model.h"

namespace lutra::workloads {

enum class Phase { kPrefill, kDecode, kMixed };

/// How keys and values lie in the cache; the integers have an FP16 scale for each token and head.
enum class KvFormat { kFp16, kInt8, kInt4 };

/// Sequences that run together: each has `queries` new tokens behind `past` cached ones.
struct SequenceGroup {
  std::int64_t count = 1, queries = 1, past = 0;
  bool operator==(const SequenceGroup&) const = default;
};

/// prefill: `batch` sequences of `seq` new tokens behind `context` cached ones. decode: `batch` sequences of one new token each behind
/// `context` cached ones. mixed: a decode step of `batch` sequences with `context`, and one sequence of `seq` new tokens, in one pass; or
/// any `groups`, which then stand for batch, seq and context (a step of continuous batching).
struct TraceRequest {
  Phase phase = Phase::kDecode;
  std::int64_t batch = 1;
  std::int64_t seq = 1;
  std::int64_t context = 0;
  KvFormat kv = KvFormat::kFp16;
  std::int64_t draft = 0;         // decode: drafted tokens that every sequence verifies beside its own; logits of all of them
  std::uint64_t router_seed = 0;  // experts: 0 spreads tokens evenly, else every token draws its experts
  std::vector<SequenceGroup> groups{};
};

/// An operator. Matrix products on the core have kind "gemm" and a weight format; everything else runs beside the core and is
/// described by the bytes it moves.
struct Operator {
  std::string name;  // "layers.3.mlp.gate_proj"
  std::string kind;  // "gemm", "attention_score", "softmax", "attention_value", "rotary", "kv_append", "norm", ...
  int layer = -1;    // -1: not in a layer
  bool on_core = false;
  std::int64_t m = 0, n = 0, k = 0;     // tokens, outputs, reduction; 0 where the operator is no matrix product
  std::int64_t elements = 0;            // results written
  std::optional<WeightFormat> weights;  // of a gemm
  std::string activations;              // "int8" for a gemm on the core, else "fp16"
  std::string results;                  // "int32", "int8", "fp16"
  std::int64_t weight_bytes = 0;        // weights, scales and other constants read
  std::int64_t activation_bytes = 0;    // activations read
  std::int64_t kv_bytes = 0;            // KV cache read
  std::int64_t written_bytes = 0;       // results and KV cache written
  std::int64_t macs = 0;                // multiply-accumulates at full weight width
  bool operator==(const Operator&) const = default;
};

struct Trace {
  std::string model;
  TraceRequest request;
  std::vector<Operator> operators;  // in the order of execution
};

/// Written; version 1 (a request of phase, batch, seq and context only) is read as well.
inline constexpr int kTraceVersion = 2;

/// Throws Error for a request that is out of bounds.
Trace trace_model(const ModelConfig& model, const TraceRequest& request);

/// A trace of matrix products alone: those a file lists, with `weights` (else the list's own format, else int4_g128).
Trace trace_list(const std::string& name, const std::vector<ListedGemm>& gemms, const TraceRequest& request,
                 const std::optional<WeightFormat>& weights);

std::string to_string(Phase phase);
/// Throws Error with what is allowed.
Phase parse_phase(const std::string& text);

std::string to_string(KvFormat format);
/// Throws Error with what is allowed.
KvFormat parse_kv_format(const std::string& text);

/// JSON text of a trace.
std::string trace_json(const Trace& trace);
/// Inverse of trace_json; `file` is the name used in messages. Throws Error for unknown keys, missing keys and impossible values.
Trace parse_trace(const std::string& json, const std::string& file);
/// Writes beside `path` and renames; compressed where `path` ends in .gz.
void write_trace(const Trace& trace, const std::string& path);
/// Reads both.
Trace read_trace(const std::string& path);

}  // namespace lutra::workloads
