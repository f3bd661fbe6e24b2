// The right answer of a scaled mixed-precision GEMM in every table mode, straight from docs/numerics.md; mpgemm is compared with it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/mpgemm.h"

namespace lutra::kernels {

struct ReferenceInput {
  int tokens = 0;
  std::span<const std::int8_t> codes;  // tokens x depth; or
  std::span<const float> values;       // tokens x depth
  std::span<const float> scales;       // s_a of each token, with codes; none: 1
};

struct ReferenceOutput {
  std::vector<float> values;           // tokens x outputs
  std::vector<std::int64_t> integers;  // the sum over segments of acc', in the integer modes
};

/// Of `options` only mode, table_k, table_group and pow2 matter. Throws Error where quantise_token does.
ReferenceOutput reference_mpgemm(const WeightMatrix& weights, const PlanOptions& options, const ReferenceInput& input);

}  // namespace lutra::kernels
