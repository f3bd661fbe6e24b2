// Random weight matrices and activations of any type and shape for kernel tests.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "kernels/mpgemm.h"

namespace lutra::kernels {

/// Owns what a WeightMatrix refers to.
struct RandomWeights {
  WeightMatrix matrix;
  std::vector<std::uint8_t> codes;
  std::vector<float> scales, real_zeros;
  std::vector<std::int16_t> zeros;
};

enum class Scales { kNone, kTensor, kColumn };

struct WeightRequest {
  int outputs = 1;
  int depth = 1;
  PlaneType type;
  int group = 0;
  Scales scales = Scales::kNone;
  bool real_zeros = false;
};

/// Planes of weights 1, 2, 4, ...
inline PlaneType binary_planes(int planes, ZeroMode mode = ZeroMode::kNone, int zero = 0) {
  PlaneType type;
  type.planes = planes;
  for (int p = 0; p < planes; ++p) type.shifts[static_cast<std::size_t>(p)] = static_cast<std::uint8_t>(p);
  type.zero_mode = mode;
  type.zero = zero;
  return type;
}

/// Two planes of weight 1.
inline PlaneType ternary_planes() {
  PlaneType type;
  type.planes = 2;
  return type;
}

/// Codes use only the planes' bits unless `stray_bits`; the kernels must ignore the others.
inline RandomWeights random_weights(const WeightRequest& request, std::mt19937& random, bool stray_bits = false) {
  RandomWeights w;
  const auto n = static_cast<std::size_t>(request.outputs), depth = static_cast<std::size_t>(request.depth);
  const std::size_t group = request.group == 0 ? depth : static_cast<std::size_t>(request.group);
  const std::size_t parameters = (depth + group - 1) / group * n;
  const int mask = stray_bits ? 255 : (1 << request.type.planes) - 1;
  for (std::size_t i = 0; i < n * depth; ++i) w.codes.push_back(static_cast<std::uint8_t>(random() & static_cast<unsigned>(mask)));
  const auto scale = [&random] { return std::uniform_real_distribution<float>(0.001F, 2.0F)(random); };
  if (request.scales == Scales::kTensor) w.scales = {scale()};
  for (std::size_t i = 0; i < parameters; ++i) {
    if (request.scales == Scales::kColumn) w.scales.push_back(scale());
    if (request.type.zero_mode == ZeroMode::kPerColumn)
      w.zeros.push_back(static_cast<std::int16_t>(static_cast<int>(random() % 511) - 255));
    if (request.real_zeros) w.real_zeros.push_back(scale() - 1.0F);
  }
  w.matrix = {request.outputs, request.depth, request.type, request.group, w.codes, w.scales, w.zeros, w.real_zeros};
  return w;
}

inline std::vector<std::int8_t> random_codes(std::size_t count, std::mt19937& random) {
  std::vector<std::int8_t> codes(count);
  for (auto& code : codes) code = static_cast<std::int8_t>(static_cast<int>(random() % 256) - 128);
  return codes;
}

inline std::vector<float> random_values(std::size_t count, std::mt19937& random) {
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

}  // namespace lutra::kernels
