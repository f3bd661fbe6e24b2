// Lowering of traces (docs/gpu.md, Kernels).
#include "sim/gpu/kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "isa/error.h"
#include "workloads/sequences.h"

namespace lutra::gpu {
namespace {

using workloads::Operator;
using workloads::SequenceGroup;
using workloads::vector_work;

constexpr double kFp16 = 2;

/// Bytes that an element-wise operator moves when it runs alone. What comes first from the operator before it, and what goes to the one
/// behind it, stays in registers when they are one kernel.
struct Traffic {
  double main_in = 0, side_in = 0, out = 0;
  bool keeps = false;  // others read the result later: it is written even inside a chain
};

class Lowering {
 public:
  Lowering(const GpuHost& host, const workloads::Trace& trace, Precision precision)
      : host_(host), ops_(trace.operators), sequences_(workloads::sequences_of(trace.request)), precision_(precision) {}

  std::vector<Kernel> run() {
    for (next_ = 0; next_ < ops_.size();) {
      const Operator& op = ops_[next_];
      if (op.kind == "gemm" || op.kind == "router") {
        projection(op);
      } else if (op.kind == "attention_score") {
        attention();
      } else if (op.kind == "rotary" || op.kind == "rescale" || op.kind == "kv_append") {
        positions();
      } else {
        chain();
      }
    }
    return std::move(kernels_);
  }

 private:
  [[nodiscard]] bool lut() const { return precision_ == Precision::kModel && host_.has_lut(); }
  [[nodiscard]] bool tables_travel() const { return lut() && host_.tensor.tables != "sm"; }

  Kernel& add(const Operator& op, const std::string& name, const char* group, KernelKind kind) {
    Kernel kernel;
    kernel.name = name;
    kernel.group = group;
    kernel.layer = op.layer;
    kernel.kind = kind;
    kernels_.push_back(kernel);
    return kernels_.back();
  }

  void projection(const Operator& op) {
    Kernel& kernel = add(op, op.name, op.layer < 0 ? "head" : "projections", KernelKind::kProduct);
    kernel.macs = static_cast<double>(op.macs);
    GemmShape& s = kernel.gemm;
    s.m = op.m;
    s.n = op.n;
    s.k = op.k;
    ++next_;
    if (op.kind == "router" || precision_ == Precision::kFp16) return;  // the shape's defaults
    if (precision_ == Precision::kFp8) {
      s.unit = Unit::kFp8;
      s.a_bytes = s.w_bytes = s.w_shared_bytes = 1;
      return;
    }
    s.unit = lut() ? Unit::kLut : Unit::kInt8;
    s.a_bytes = tables_travel() ? kTableBytes : 1;
    s.w_bytes = static_cast<double>(op.weight_bytes) / (static_cast<double>(op.n) * static_cast<double>(op.k));
    s.w_shared_bytes = lut() ? s.w_bytes : 1;
    s.planes = op.weights ? workloads::storage_bits(*op.weights) : 1;
  }

  /// Scores, softmax, values.
  void attention() {
    if (next_ + 2 >= ops_.size() || ops_[next_ + 1].kind != "softmax" || ops_[next_ + 2].kind != "attention_value")
      throw Error(fmt::format("{}: no softmax and no values behind the scores", ops_[next_].name));
    const Operator& score = ops_[next_];
    std::int64_t pairs = 0, cached = 0, queries = 0;
    for (const SequenceGroup& q : sequences_) {
      pairs += workloads::pairs_of(q);
      cached += workloads::cached_rows(q);
      queries += q.count * q.queries;
    }
    const std::int64_t width = std::max<std::int64_t>(1, score.macs / std::max<std::int64_t>(1, score.elements));
    const std::int64_t heads = std::max<std::int64_t>(1, ops_[next_ + 2].elements / std::max<std::int64_t>(1, queries * width));
    // Below 1 where the layer's window hides keys: taken as equal for all sequences.
    const double seen = static_cast<double>(score.elements) / static_cast<double>(std::max<std::int64_t>(1, pairs * heads));
    if (host_.kernel.attention == "fused") {
      fused_attention(score, ops_[next_ + 2]);
    } else {
      for (const SequenceGroup& q : sequences_) {
        const double share = static_cast<double>(workloads::cached_rows(q)) / static_cast<double>(cached);
        if (q.queries == 1) {
          streamed_attention(q, heads, width, share, seen);
        } else {
          separate_attention(q, heads, width, share, seen);
        }
      }
    }
    next_ += 3;
  }

  void fused_attention(const Operator& score, const Operator& value) {
    Kernel& kernel = add(score, score.name + "+softmax+value", "attention", KernelKind::kFusedAttention);
    kernel.macs = static_cast<double>(score.macs + value.macs);
    kernel.exponentials = static_cast<double>(score.elements);
    kernel.work = softmax_work(kernel.exponentials);
    kernel.bytes = static_cast<double>(score.activation_bytes + score.kv_bytes + value.kv_bytes + value.written_bytes);
  }

  /// Scaling and softmax of so many scores.
  [[nodiscard]] static workloads::VectorWork softmax_work(double scores) {
    workloads::VectorWork work = vector_work("attention_score", scores);
    work.add(vector_work("softmax", scores));
    return work;
  }

  /// One query a sequence: products of a matrix and a vector, which stream the cache past the SMs.
  void streamed_attention(const SequenceGroup& q, std::int64_t heads, std::int64_t width, double share, double seen) {
    const Operator &score = ops_[next_], &softmax = ops_[next_ + 1], &value = ops_[next_ + 2];
    const double scores = static_cast<double>(q.count * heads) * static_cast<double>(q.past + 1) * seen;
    const double vectors = kFp16 * static_cast<double>(q.count * heads * width);
    const auto stream = [&](const Operator& op, double bytes, const workloads::VectorWork& work) {
      Kernel& kernel = add(op, op.name, "attention", KernelKind::kElementwise);
      kernel.bytes = bytes;
      kernel.macs = work.macs;
      kernel.work = work;
    };
    const workloads::VectorWork products{0, scores * static_cast<double>(width), 0};
    stream(score, share * static_cast<double>(score.kv_bytes) + vectors + kFp16 * scores, products);
    stream(softmax, 2 * kFp16 * scores, softmax_work(scores));
    stream(value, share * static_cast<double>(value.kv_bytes) + vectors + kFp16 * scores, products);
  }

  /// Without fusion every query meets every key that the window leaves, masked or not, and the scores go through memory.
  void separate_attention(const SequenceGroup& q, std::int64_t heads, std::int64_t width, double share, double seen) {
    const Operator &score = ops_[next_], &value = ops_[next_ + 2];
    const std::int64_t batch = q.count * heads;
    const auto keys = std::max<std::int64_t>(1, std::llround(static_cast<double>(q.past + q.queries) * seen));
    const double scores = static_cast<double>(batch) * static_cast<double>(q.queries) * static_cast<double>(keys);
    Kernel& products = add(score, score.name, "attention", KernelKind::kProduct);
    products.macs = scores * static_cast<double>(width);
    products.gemm = {
        Unit::kFp16, batch, q.queries, keys, width, kFp16, kFp16, kFp16, kFp16, 1, share * static_cast<double>(score.kv_bytes)};
    Kernel& softmax = add(ops_[next_ + 1], ops_[next_ + 1].name, "attention", KernelKind::kElementwise);
    softmax.bytes = 2 * kFp16 * scores;
    softmax.work = softmax_work(scores);
    Kernel& sums = add(value, value.name, "attention", KernelKind::kProduct);
    sums.macs = scores * static_cast<double>(width);
    sums.gemm = {Unit::kFp16, batch, q.queries, width, keys, kFp16, kFp16, kFp16, kFp16, 1, share * static_cast<double>(value.kv_bytes)};
  }

  /// Rotation of queries and keys and the copy into the cache: one kernel. Scaling integers is the end of a product.
  void positions() {
    double bytes = 0;
    workloads::VectorWork work;
    const std::size_t first = next_;
    std::string name;
    for (; next_ < ops_.size(); ++next_) {
      const Operator& op = ops_[next_];
      if (op.kind == "rescale") continue;
      if (op.kind != "rotary" && op.kind != "kv_append") break;
      if (!name.empty() && host_.kernel.fusion == "none") break;
      bytes += 2 * kFp16 * static_cast<double>(op.elements) + static_cast<double>(op.weight_bytes);
      work.add(vector_work(op));
      name += (name.empty() ? "" : "+") + op.name;
    }
    if (bytes == 0) return;
    Kernel& kernel = add(ops_[first], name, "element-wise", KernelKind::kElementwise);
    kernel.bytes = bytes;
    kernel.work = work;
  }

  [[nodiscard]] Traffic traffic(const Operator& op) const {
    const auto elements = static_cast<double>(op.elements);
    const auto constants = static_cast<double>(op.weight_bytes);
    if (op.kind == "residual") return {kFp16 * elements, kFp16 * elements, kFp16 * elements, true};
    if (op.kind == "embedding") return {constants, 0, kFp16 * elements, true};
    if (op.kind == "norm") return {kFp16 * elements, constants, kFp16 * elements, false};
    if (op.kind == "quantise")
      return {kFp16 * elements, 0, host_.tensor.tables == "producer" && lut() ? kTableBytes * elements : elements, false};
    if (op.kind == "activation") {
      // A gated activation reads two results of four bytes for each of its own.
      const double inputs = std::round(static_cast<double>(op.activation_bytes) / 4 / std::max(1.0, elements));
      return {kFp16 * elements * std::max(1.0, inputs), 0, kFp16 * elements, false};
    }
    return {static_cast<double>(op.activation_bytes + op.kv_bytes), constants, static_cast<double>(op.written_bytes), true};
  }

  [[nodiscard]] static bool chains(const Operator& op) {
    return op.kind == "residual" || op.kind == "embedding" || op.kind == "norm" || op.kind == "quantise" || op.kind == "activation";
  }

  /// Element-wise operators in a row as one kernel; with FP16 products there is nothing to quantise.
  void chain() {
    const std::size_t first = next_;
    double bytes = 0, last_out = 0, quantised = 0;
    workloads::VectorWork work;
    std::string name;
    do {
      const Operator& op = ops_[next_++];
      if (op.kind == "quantise" && precision_ == Precision::kFp16) continue;
      const Traffic t = traffic(op);
      bytes += (name.empty() ? t.main_in : 0) + t.side_in + (t.keeps ? t.out : 0);
      last_out = t.keeps ? 0 : t.out;
      work.add(vector_work(op));
      if (op.kind == "quantise") quantised += static_cast<double>(op.elements);
      name += (name.empty() ? "" : "+") + op.name;
    } while (host_.kernel.fusion == "chains" && chains(ops_[first]) && next_ < ops_.size() && chains(ops_[next_]));
    if (name.empty()) return;
    Kernel& kernel = add(ops_[first], name, "element-wise", KernelKind::kElementwise);
    kernel.bytes = bytes + last_out;
    kernel.work = work;
    if (quantised == 0 || !tables_travel()) return;
    if (host_.tensor.tables == "kernel")
      add(ops_[first], name + ".tables", "element-wise", KernelKind::kElementwise).bytes = quantised * (1 + kTableBytes);
    kernels_.back().table_additions = quantised * kTableAdditions;
  }

  const GpuHost& host_;
  const std::vector<Operator>& ops_;
  std::vector<SequenceGroup> sequences_;
  Precision precision_;
  std::size_t next_ = 0;
  std::vector<Kernel> kernels_;
};

}  // namespace

Precision parse_precision(const std::string& text) {
  if (text == "model") return Precision::kModel;
  if (text == "fp16") return Precision::kFp16;
  if (text == "fp8") return Precision::kFp8;
  throw Error(fmt::format("precision is '{}', allowed are model, fp16, fp8{}", text, did_you_mean(text, {"model", "fp16", "fp8"})));
}

std::vector<Kernel> lower(const GpuHost& host, const workloads::Trace& trace, Precision precision) {
  return Lowering(host, trace, precision).run();
}

}  // namespace lutra::gpu
