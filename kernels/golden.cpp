// The plain reference: one loop nest, 64-bit integers, nothing clever.
#include "kernels/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "isa/error.h"

namespace lutra::kernels {
namespace {

void check_operands(const GemmOperands& o, int segment, int segments) {
  const auto expect = [](const char* what, std::size_t given, std::size_t wanted) {
    if (given != wanted) throw Error(fmt::format("golden GEMM: {} hold {} values, their shape needs {}", what, given, wanted));
  };
  if (o.tokens < 1 || o.outputs < 1 || o.depth < 1 || segment < 1) {
    throw Error(fmt::format("golden GEMM: shape {} x {} x {} in segments of {} is empty", o.tokens, o.outputs, o.depth, segment));
  }
  if (o.type.planes < 1 || o.type.planes > kMaxPlanes) {
    throw Error(fmt::format("golden GEMM: {} planes, allowed are 1 to {}", o.type.planes, kMaxPlanes));
  }
  const auto m = static_cast<std::size_t>(o.tokens), n = static_cast<std::size_t>(o.outputs), k = static_cast<std::size_t>(o.depth);
  expect("activations", o.activations.size(), m * k);
  expect("plane codes", o.codes.size(), n * k);
  if (o.type.zero_mode == ZeroMode::kPerColumn) expect("zero points", o.zeros.size(), n * static_cast<std::size_t>(segments));
}

}  // namespace

int plane_value(const PlaneType& type, std::uint8_t code) {
  int value = 0;
  for (int p = 0; p < type.planes; ++p) {
    const int digit = ((code >> p) & 1) != 0 ? 1 : -1;
    value += digit * (1 << type.shifts[static_cast<std::size_t>(p)]);
  }
  return value;
}

int max_plane_value(const PlaneType& type) { return plane_value(type, 0xFF); }

std::vector<std::int32_t> golden_mpgemm(const GemmOperands& o) {
  const int segment = o.segment == 0 ? o.depth : o.segment;
  const int segments = segment < 1 ? 0 : (o.depth + segment - 1) / segment;
  check_operands(o, segment, segments);
  std::vector<std::int32_t> out(static_cast<std::size_t>(o.tokens) * static_cast<std::size_t>(o.outputs));
  for (int m = 0; m < o.tokens; ++m) {
    const std::int8_t* a = o.activations.data() + static_cast<std::size_t>(m) * static_cast<std::size_t>(o.depth);
    for (int n = 0; n < o.outputs; ++n) {
      const std::uint8_t* q = o.codes.data() + static_cast<std::size_t>(n) * static_cast<std::size_t>(o.depth);
      std::int64_t sum = 0;
      for (int g = 0; g < segments; ++g) {
        std::int64_t acc = 0;  // sum of a q'
        std::int64_t all = 0;  // S, the sum of a
        for (int k = g * segment; k < std::min(o.depth, (g + 1) * segment); ++k) {
          acc += std::int64_t{a[k]} * plane_value(o.type, q[k]);
          all += a[k];
        }
        std::int64_t zero = 0;
        if (o.type.zero_mode == ZeroMode::kConstant) zero = o.type.zero;
        if (o.type.zero_mode == ZeroMode::kPerColumn)
          zero = o.zeros[static_cast<std::size_t>(g) * static_cast<std::size_t>(o.outputs) + static_cast<std::size_t>(n)];
        sum += acc - zero * all;
      }
      if (sum < std::numeric_limits<std::int32_t>::min() || sum > std::numeric_limits<std::int32_t>::max()) {
        throw Error(fmt::format("golden GEMM: output ({}, {}) is {}, which INT32 does not hold", m, n, sum), {}, Error::Kind::kCheckFailed);
      }
      out[static_cast<std::size_t>(m) * static_cast<std::size_t>(o.outputs) + static_cast<std::size_t>(n)] = static_cast<std::int32_t>(sum);
    }
  }
  return out;
}

QuantisedToken quantise_token(std::span<const float> activations) {
  QuantisedToken token;
  token.codes.assign(activations.size(), 0);
  float largest = 0;
  for (const float a : activations) {
    if (!std::isfinite(a)) throw Error("an activation that is to be quantised is infinite or not a number");
    largest = std::max(largest, std::fabs(a));
  }
  if (largest == 0) return token;
  token.scale = largest / 127.0F;
  const float inverse = 127.0F / largest;
  for (std::size_t i = 0; i < activations.size(); ++i) {
    // nearbyint rounds to nearest even in the default rounding mode. A subnormal maximum makes the inverse infinite; 0 * inf is no code.
    const float scaled = activations[i] == 0 ? 0.0F : std::nearbyint(activations[i] * inverse);
    token.codes[i] = static_cast<std::int8_t>(std::clamp(scaled, -128.0F, 127.0F));
  }
  return token;
}

}  // namespace lutra::kernels
