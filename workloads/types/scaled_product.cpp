// The FP32 epilogue outside the core, and how far it may be from exact arithmetic.
#include "workloads/types/scaled_product.h"

#include <algorithm>
#include <cmath>

#include "isa/geometry.h"
#include "kernels/golden.h"

namespace lutra::workloads {
namespace {

/// A tensor's operands of one pass.
struct PassOperands {
  kernels::PlaneType planes;
  std::vector<std::uint8_t> codes;
  std::vector<std::int16_t> zeros;
  std::vector<float> scales, offsets;
};

PassOperands operands_of(const WeightSource& source, const Tensor& tensor) {
  const auto n = static_cast<std::size_t>(tensor.outputs), groups = static_cast<std::size_t>(group_count(tensor));
  PassOperands o{plane_type(tensor.format), std::vector<std::uint8_t>(n * static_cast<std::size_t>(tensor.depth)),
                 std::vector<std::int16_t>(n * groups), std::vector<float>(n * groups), std::vector<float>(n * groups)};
  source.codes(tensor, 0, tensor.outputs, o.codes.data());
  if (o.planes.zero_mode == kernels::ZeroMode::kPerColumn) {
    source.zeros(tensor, 0, tensor.outputs, o.zeros.data());
  } else {
    std::fill(o.zeros.begin(), o.zeros.end(),
              static_cast<std::int16_t>(o.planes.zero_mode == kernels::ZeroMode::kConstant ? o.planes.zero : 0));
  }
  source.scales(tensor, 0, tensor.outputs, o.scales.data());
  source.offsets(tensor, 0, tensor.outputs, o.offsets.data());
  return o;
}

/// Calls visit(token, output, acc', S, s', offset, s_a) for every segment in ascending k, pass after pass.
template <typename Visit>
void for_each_segment(const WeightSource& source, const Tensor& tensor, const ScaledActivations& a, Visit visit) {
  for (const WeightFormat& format : passes_of(tensor.format)) {
    const Tensor pass{tensor.name, tensor.outputs, tensor.depth, format};
    const PassOperands o = operands_of(source, pass);
    const long long groups = group_count(pass), group = format.group > 0 ? format.group : tensor.depth;
    for (long long m = 0; m < a.tokens; ++m) {
      for (long long n = 0; n < tensor.outputs; ++n) {
        for (long long g = 0; g < groups; ++g) {
          const auto at = static_cast<std::size_t>(n * groups + g);
          std::int64_t acc = 0, sum = 0;
          for (long long k = g * group; k < std::min(tensor.depth, (g + 1) * group); ++k) {
            const std::int64_t activation = a.codes[static_cast<std::size_t>(m * tensor.depth + k)];
            acc += activation * kernels::plane_value(o.planes, o.codes[static_cast<std::size_t>(n * tensor.depth + k)]);
            sum += activation;
          }
          visit(static_cast<std::size_t>(m * tensor.outputs + n), acc - o.zeros[at] * sum, sum, o.scales[at], o.offsets[at],
                a.scales[static_cast<std::size_t>(m)]);
        }
      }
    }
  }
}

}  // namespace

std::vector<float> scaled_product(const WeightSource& source, const Tensor& tensor, const ScaledActivations& activations) {
  std::vector<float> out(static_cast<std::size_t>(activations.tokens * tensor.outputs));
  for_each_segment(source, tensor, activations,
                   [&out](std::size_t at, std::int64_t acc, std::int64_t sum, float s, float offset, float s_a) {
                     const float c = s * s_a;
                     const float term = static_cast<float>(acc) * c;
                     out[at] = out[at] + term;
                     if (offset == 0) return;
                     const float o = offset * s_a;
                     const float added = static_cast<float>(sum) * o;
                     out[at] = out[at] + added;
                   });
  return out;
}

std::vector<double> product_bound(const WeightSource& source, const Tensor& tensor, const ScaledActivations& activations,
                                  std::vector<double>* exact) {
  constexpr double kUnit = 0x1p-24;  // of FP32, to nearest
  const auto count = static_cast<std::size_t>(activations.tokens * tensor.outputs);
  std::vector<double> magnitude(count), value(count);
  std::vector<double> terms(count);
  for_each_segment(source, tensor, activations, [&](std::size_t at, std::int64_t acc, std::int64_t sum, float s, float offset, float s_a) {
    const double first = static_cast<double>(acc) * s * s_a, second = static_cast<double>(sum) * offset * s_a;
    value[at] += first + second;
    magnitude[at] += std::fabs(first) + std::fabs(second);
    terms[at] += offset == 0 ? 1 : 2;
  });
  // A term is rounded three times (fl(acc'), c, their product) and then takes part in at most `terms` additions.
  std::vector<double> bound(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double n = (terms[i] + 3) * kUnit;
    bound[i] = n / (1 - n) * magnitude[i] + (terms[i] + 3) * 0x1p-149;
  }
  if (exact != nullptr) *exact = value;
  return bound;
}

}  // namespace lutra::workloads
