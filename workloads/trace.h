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

/// prefill: `batch` sequences of `seq` new tokens behind `context` cached ones. decode: `batch` sequences of one new token each behind
/// `context` cached ones. mixed: a decode step of `batch` sequences with `context`, and one sequence of `seq` new tokens, in one pass.
struct TraceRequest {
  Phase phase = Phase::kDecode;
  std::int64_t batch = 1;
  std::int64_t seq = 1;
  std::int64_t context = 0;
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

inline constexpr int kTraceVersion = 1;

/// Throws Error for a request that is out of bounds.
Trace trace_model(const ModelConfig& model, const TraceRequest& request);

/// A trace of matrix products alone: those a file lists, with `weights` (else the list's own format, else int4_g128).
Trace trace_list(const std::string& name, const std::vector<ListedGemm>& gemms, const TraceRequest& request,
                 const std::optional<WeightFormat>& weights);

std::string to_string(Phase phase);
/// Throws Error with what is allowed.
Phase parse_phase(const std::string& text);

/// JSON text of a trace.
std::string trace_json(const Trace& trace);
/// Inverse of trace_json; `file` is the name used in messages. Throws Error for unknown keys, missing keys and impossible values.
Trace parse_trace(const std::string& json, const std::string& file);
/// Writes beside `path` and renames.
void write_trace(const Trace& trace, const std::string& path);
Trace read_trace(const std::string& path);

}  // namespace lutra::workloads
