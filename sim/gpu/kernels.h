// Turns the operators of a trace into the kernels that a GPU launches: products, attention, chains of element-wise operators.
#pragma once

#include <string>
#include <vector>

#include "sim/gpu/tile.h"
#include "workloads/trace.h"
#include "workloads/vector_work.h"

namespace lutra::gpu {

/// What the projections are computed with. model: the weights' own format with INT8 activations, on lookup-table units where the host
/// has them, else on INT8 tensor cores that unpack weights into shared memory.
enum class Precision : std::uint8_t { kModel, kFp16, kFp8 };
/// "model", "fp16" or "fp8"; throws Error with what is allowed.
Precision parse_precision(const std::string& text);

enum class KernelKind : std::uint8_t { kProduct, kElementwise, kFusedAttention };

struct Kernel {
  std::string name;   // of its operators, joined by '+'
  std::string group;  // "projections", "attention", "element-wise", "head"
  int layer = -1;
  KernelKind kind = KernelKind::kElementwise;
  GemmShape gemm;              // of a product
  double bytes = 0;            // read and written by the others
  double exponentials = 0;     // of fused attention
  double macs = 0;             // full-width multiply-accumulates that are useful work
  workloads::VectorWork work;  // on the lanes of the SMs
  double table_additions = 0;  // on those lanes, where no product builds its tables itself
  /// Useful operations: two a multiply-accumulate, one each other.
  [[nodiscard]] double ops() const {
    return kind == KernelKind::kElementwise ? work.simple + 2 * work.macs + work.special : 2 * macs + work.simple + work.special;
  }
};

/// The kernels of a trace in order. Throws Error for an operator that the host cannot run.
std::vector<Kernel> lower(const GpuHost& host, const workloads::Trace& trace, Precision precision);

}  // namespace lutra::gpu
