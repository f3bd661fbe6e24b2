// The two inner loops of the array's values, compiled for the CPU at hand.
#pragma once

#include <array>
#include <cstdint>

namespace lutra::model {

/// Eight weight bits as factors 0 and 1.
struct Digits {
  alignas(16) std::array<std::int16_t, 8> value;
};

struct LaneKernels {
  /// Sum of a[i] * b[i], which must fit 32 bits in every partial sum.
  std::int32_t (*dot)(const std::int16_t* a, const std::int16_t* b, std::int64_t count);
  /// For each of `bytes` positions b: to[8 b ...] = sum over planes p of digits[from[p][b]] * factor[p], as 16-bit numbers.
  void (*expand)(const Digits* digits, const std::uint8_t* const* from, const std::int16_t* factor, int planes, int bytes,
                 std::int16_t* to);
};

/// The fastest variant for this CPU, and the one that runs on every CPU; both give the same numbers.
const LaneKernels& lane_kernels();
const LaneKernels& portable_lane_kernels();

}  // namespace lutra::model
