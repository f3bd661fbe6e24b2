// O = A W with the scales applied, as numerics.md rounds it: what the operator behind a projection makes of the core's integers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/weights.h"

namespace lutra::workloads {

/// INT8 activations, tokens x depth, and a scale a token.
struct ScaledActivations {
  long long tokens = 0;
  std::span<const std::int8_t> codes;
  std::span<const float> scales;
};

/// tokens x outputs. For every pass of the tensor's format, then segment after segment: c = fl(s' s_a), out = fl(out + fl(fl(acc') c)), and
/// out = fl(out + fl(fl(S) fl(offset s_a))) where the type has offsets.
std::vector<float> scaled_product(const WeightSource& source, const Tensor& tensor, const ScaledActivations& activations);

/// A bound on |scaled_product - exact| for each output: gamma(segments x roundings) times the sum of the magnitudes that are added.
/// `exact`, when not null, gets the product of the dequantised weights in double precision.
std::vector<double> product_bound(const WeightSource& source, const Tensor& tensor, const ScaledActivations& activations,
                                  std::vector<double>* exact);

}  // namespace lutra::workloads
