#include "sim/model/lane_kernels.h"

#include <cstring>

namespace lutra::model {
namespace {

using Lanes = std::int16_t __attribute__((vector_size(16)));

__attribute__((always_inline)) inline std::int32_t dot_body(const std::int16_t* a, const std::int16_t* b, std::int64_t count) {
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<std::int32_t>(a[i]) * static_cast<std::int32_t>(b[i]);
  return sum;
}

__attribute__((always_inline)) inline void expand_body(const Digits* digits, const std::uint8_t* const* from, const std::int16_t* factor,
                                                       int planes, int bytes, std::int16_t* to) {
  for (int b = 0; b < bytes; ++b, to += 8) {
    // Products, because SSE2 shifts by a vector of counts lane by lane.
    Lanes sum{};
    for (int p = 0; p < planes; ++p) {
      Lanes lanes;
      std::memcpy(&lanes, digits[from[p][b]].value.data(), sizeof lanes);
      sum += lanes * factor[p];
    }
    std::memcpy(to, &sum, sizeof sum);
  }
}

std::int32_t dot(const std::int16_t* a, const std::int16_t* b, std::int64_t count) { return dot_body(a, b, count); }

void expand(const Digits* digits, const std::uint8_t* const* from, const std::int16_t* factor, int planes, int bytes, std::int16_t* to) {
  if (planes == 2) {
    expand_body(digits, from, factor, 2, bytes, to);
  } else {
    expand_body(digits, from, factor, planes, bytes, to);
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) std::int32_t dot_avx2(const std::int16_t* a, const std::int16_t* b, std::int64_t count) {
  return dot_body(a, b, count);
}

__attribute__((target("avx2"))) void expand_avx2(const Digits* digits, const std::uint8_t* const* from, const std::int16_t* factor,
                                                 int planes, int bytes, std::int16_t* to) {
  if (planes == 2) {
    expand_body(digits, from, factor, 2, bytes, to);
  } else {
    expand_body(digits, from, factor, planes, bytes, to);
  }
}
#endif

constexpr LaneKernels kPortable{dot, expand};

LaneKernels choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return {dot_avx2, expand_avx2};
#endif
  return kPortable;
}

}  // namespace

const LaneKernels& lane_kernels() {
  static const LaneKernels kernels = choose();
  return kernels;
}

const LaneKernels& portable_lane_kernels() { return kPortable; }

}  // namespace lutra::model
