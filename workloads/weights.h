// Where the values of weights and activations come from: an interface, and the seeded generator behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "workloads/weight_format.h"

namespace lutra::workloads {

/// A weight tensor of N outputs and a reduction of K.
struct Tensor {
  std::string name;
  long long outputs = 0;
  long long depth = 0;
  WeightFormat format;
};

/// Values of named tensors, in slices of rows (outputs); any slice may be asked for, in any order, from several threads.
class WeightSource {
 public:
  virtual ~WeightSource() = default;
  /// Plane codes (kernels::GemmOperands::codes) of rows [begin, end): `out` holds (end - begin) x K.
  virtual void codes(const Tensor& tensor, long long begin, long long end, std::uint8_t* out) const = 0;
  /// z' of a kZeroPoint tensor's rows [begin, end): `out` holds (end - begin) x groups.
  virtual void zeros(const Tensor& tensor, long long begin, long long end, std::int16_t* out) const = 0;
  /// s' of rows [begin, end): `out` holds (end - begin) x groups (1 group for tensor and channel scales).
  virtual void scales(const Tensor& tensor, long long begin, long long end, float* out) const = 0;
  /// What is added to s' (q' - z') to make the weight, for types with a minimum a group (GGUF's k types); as many as scales. 0 otherwise.
  virtual void offsets(const Tensor& tensor, long long begin, long long end, float* out) const;
};

/// Activations of named operators, token by token: as numbers, and as INT8 codes of a scale a token.
class ActivationSource {
 public:
  virtual ~ActivationSource() = default;
  /// Codes of tokens [begin, end): `out` holds (end - begin) x K. `scales`, when not null, gets one scale a token.
  virtual void codes(const std::string& name, long long depth, long long begin, long long end, std::int8_t* out, float* scales) const = 0;
  /// The same tokens before they were quantised: `out` holds (end - begin) x K. Where nothing better is known, codes times scales.
  virtual void values(const std::string& name, long long depth, long long begin, long long end, float* out) const;
};

/// Groups along k that have a scale and a zero point of their own.
long long group_count(const Tensor& tensor);

/// Share of zeros that absmean rounding (BitNet b1.58: round(w / mean|w|), clamped to -1..1) leaves of normally distributed weights:
/// P(|w| < mean|w| / 2) = erf(1 / (2 sqrt(pi))) = 0.310.
inline constexpr double kTernaryZeroShare = 0.3101;

/// Weights as a function of (seed, tensor name, row, k): ternary with a share of zeros, the others normal samples rounded to the
/// nearest code of the format with the absmax of their group (types with a minimum: with their range). Throws Error for a share outside [0,
/// 1].
std::unique_ptr<WeightSource> make_generated_weights(std::uint64_t seed, double zero_share = kTernaryZeroShare);
/// Activations as a function of (seed, name, token, k): normal samples, one channel in 256 ten times as large, quantised per token.
std::unique_ptr<ActivationSource> make_generated_activations(std::uint64_t seed);

}  // namespace lutra::workloads
