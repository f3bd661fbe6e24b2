// What the right answer of a mixed-precision GEMM on weight planes is: exact integers, written to be read.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace lutra::kernels {

inline constexpr int kMaxPlanes = 8;

/// Where the zero point z' of a weight comes from; values are those of the `zmode` field of settype.
enum class ZeroMode : std::uint8_t { kNone = 0, kConstant = 1, kPerColumn = 2 };

/// How a weight is read from its plane code: bit p of the code is the digit of plane p (1: +1, 0: -1), so
/// q' = sum over p of 2^shifts[p] * digit_p, and the weight is q' - z' (docs/numerics.md, Weights).
struct PlaneType {
  int planes = 1;
  std::array<std::uint8_t, kMaxPlanes> shifts{};
  ZeroMode zero_mode = ZeroMode::kNone;
  int zero = 0;  // z' when zero_mode is kConstant
  bool operator==(const PlaneType&) const = default;
};

/// q' of a plane code.
int plane_value(const PlaneType& type, std::uint8_t code);
/// Largest |q'| of the type: the sum of its plane weights.
int max_plane_value(const PlaneType& type);

/// Operands of O[m, n] = sum over k of A[m, k] (q'[n, k] - z'[n, segment of k]).
struct GemmOperands {
  int tokens = 0;   // M
  int outputs = 0;  // N
  int depth = 0;    // K
  PlaneType type;
  std::span<const std::int8_t> activations;  // M x K
  std::span<const std::uint8_t> codes;       // N x K plane codes
  int segment = 0;                           // k of a segment of zero points; 0: K
  std::span<const std::int16_t> zeros;       // ceil(K / segment) x N, when zero_mode is kPerColumn
};

/// The GEMM, M x N, by the segment rule acc' = acc - z' S. Throws Error when an operand has the wrong size or an output leaves INT32.
std::vector<std::int32_t> golden_mpgemm(const GemmOperands& operands);

/// A token quantised to INT8: a is about scale * codes.
struct QuantisedToken {
  float scale = 1;
  std::vector<std::int8_t> codes;
};

/// Per-token INT8 (docs/numerics.md, Activations): m = max|a|; scale = fl(m / 127), code = clamp(RNE(fl(a fl(127 / m))), -128, 127);
/// m = 0 gives scale 1 and zeros. Throws Error for an infinite or NaN activation.
QuantisedToken quantise_token(std::span<const float> activations);

}  // namespace lutra::kernels
