// The kernels of every instruction set: this file is compiled once for each of Highway's targets.
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd_kernels.cpp"
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>

#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"  // must precede highway.h
#include "hwy/highway.h"
#include "isa/error.h"
#include "kernels/kernel_set.h"

#ifndef LUTRA_KERNELS_SIMD_KERNELS_ONCE
#define LUTRA_KERNELS_SIMD_KERNELS_ONCE
namespace lutra::kernels {
// How far ahead streams are fetched, measured on Zen 5: nearer misses memory's latency, farther loses lines before they are read.
inline constexpr int kPrefetchBytes = 1536;
inline constexpr int kSixBitPrefetchBytes = 768;

constexpr std::array<std::uint8_t, kLineBytes> make_dense_fields() {
  std::array<std::uint8_t, kLineBytes> fields{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t trits = i % 32 < 27 ? i % 32 : 0;
    fields[i] = static_cast<std::uint8_t>(trits % 3 | trits / 3 % 3 << 2 | trits / 9 << 4);
  }
  return fields;
}
/// Three 2-bit fields of each 5-bit index of dense ternary, twice.
alignas(kLineBytes) inline constexpr std::array<std::uint8_t, kLineBytes> kDenseFields = make_dense_fields();
}  // namespace lutra::kernels
#endif

// Of two nested target attributes Clang takes the outer one, so VNNI is asked for in the only one.
#if HWY_TARGET == HWY_AVX3_DL
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")
#else
HWY_BEFORE_NAMESPACE();
#endif
namespace lutra::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Rows of activations of up to four tokens, at the start of a segment.
struct Rows {
  const std::int8_t* first;
  std::ptrdiff_t row_bytes;
  HWY_INLINE const std::int8_t* at(int token) const { return first + token * row_bytes; }
};

HWY_INLINE std::int32_t quad(const std::int8_t* a) {
  std::int32_t word = 0;
  std::memcpy(&word, a, sizeof(word));
  return word;
}

HWY_INLINE std::int64_t direct_tail(const std::uint8_t* codes, const std::int8_t* activations, std::size_t count, const std::uint8_t* table,
                                    int mask) {
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const int code = codes[k] & mask;
    sum += (table != nullptr ? table[code] : code) * activations[k];
  }
  return sum;
}

#include "kernels/epilogue-inl.h"
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
#include "kernels/portable-inl.h"
#elif HWY_TARGET == HWY_AVX3_DL
#include "kernels/byte_pairs-inl.h"
#include "kernels/dot_vnni-inl.h"
#include "kernels/lookup-inl.h"
#include "kernels/panel_vnni-inl.h"
#include "kernels/streams_vnni-inl.h"
#else
#include "kernels/byte_pairs-inl.h"
#include "kernels/dot_generic-inl.h"
#include "kernels/lookup-inl.h"
#endif
#include "kernels/exact_tables-inl.h"
#include "kernels/stream-inl.h"

const KernelSet& kernels() {
#if HWY_TARGET == HWY_AVX3_DL
  static constexpr KernelSet kSet{Target::kAvx512Vnni, dot_stream, dot_panels, 8, lookup, exact_tables, direct};
#else
#if HWY_TARGET == HWY_AVX3
  constexpr Target kTarget = Target::kAvx512;
#elif HWY_TARGET == HWY_AVX2
  constexpr Target kTarget = Target::kAvx2;
#elif HWY_TARGET == HWY_NEON
  constexpr Target kTarget = Target::kNeon;
#elif HWY_TARGET == HWY_SVE || HWY_TARGET == HWY_SVE2 || HWY_TARGET == HWY_SVE_256 || HWY_TARGET == HWY_SVE2_128
  constexpr Target kTarget = Target::kSve;
#else
  constexpr Target kTarget = Target::kPortable;
#endif
  static constexpr KernelSet kSet{kTarget, dot_stream, dot_stream, std::numeric_limits<int>::max(), lookup, exact_tables, direct};
#endif
  return kSet;
}

}  // namespace HWY_NAMESPACE
}  // namespace lutra::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/simd_targets-inl.h"
#endif
