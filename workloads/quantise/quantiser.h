// Turns full-precision weights into plane codes: absmean ternary, round to nearest in groups, binary coding; and says what it cost.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "workloads/types/lowering.h"
#include "workloads/weights.h"

namespace lutra::workloads {

/// Rows of full-precision tensors by name.
class FloatSource {
 public:
  virtual ~FloatSource() = default;
  /// Rows [begin, end) of a tensor of outputs x depth. Throws Error when there is no such tensor or it has another shape.
  virtual void rows(const std::string& name, long long outputs, long long depth, long long begin, long long end, float* out) const = 0;
};

/// One group of weights as codes of a type: w is about scale (value - zero) - minimum; sign planes have a scale each.
struct QuantisedGroup {
  std::vector<std::uint32_t> words;  // planes of all passes, as Lowering::words
  std::vector<double> scales;
  int zero = 0;
  double minimum = 0;
};

/// Round to nearest on the scale of the group's largest magnitude; with zero points or a minimum, on its range; sign planes by alternating
/// least squares: signs are the nearest of the 2^b sums, scales solve the normal equations, until nothing changes (Xu et al., 2018).
QuantisedGroup quantise_group(const Lowering& lowering, std::span<const float> weights);
/// Ternary on a given scale, BitNet b1.58's rule: round(w / scale) clamped to -1, 0, +1, with the mean magnitude as scale.
QuantisedGroup quantise_ternary(const Lowering& lowering, std::span<const float> weights, double scale);

/// Weights quantised row by row when they are asked for, to the format of the tensor that asks.
std::unique_ptr<WeightSource> make_quantised_weights(const FloatSource& source);

/// What a quantised tensor is off: over all weights, relative to what full precision has.
struct QuantisationError {
  double relative_rms = 0;  // sqrt(sum (w - q)^2 / sum w^2)
  double largest = 0;       // largest |w - q| / largest |w|
};
QuantisationError quantisation_error(const FloatSource& source, const Tensor& tensor);

}  // namespace lutra::workloads
