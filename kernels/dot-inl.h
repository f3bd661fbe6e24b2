// Multiply-add on packed codes: sums of (field x activation) for one chunk of one segment, for 16 outputs and one or four tokens.
// Compiled once for each target; included by simd_kernels.cpp only.
#if defined(LUTRA_KERNELS_DOT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LUTRA_KERNELS_DOT_INL_H
#undef LUTRA_KERNELS_DOT_INL_H
#else
#define LUTRA_KERNELS_DOT_INL_H
#endif

#include <cstring>

#include "hwy/highway.h"
#include "kernels/plan.h"

HWY_BEFORE_NAMESPACE();
#if HWY_TARGET == HWY_AVX3_DL
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")
#endif
namespace lutra::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Rows of activations of up to four tokens at the start of a segment.
struct Rows {
  const std::int8_t* first;
  std::ptrdiff_t row_bytes;
  HWY_INLINE const std::int8_t* at(int token) const { return first + token * row_bytes; }
};

HWY_INLINE std::int32_t quad(const std::int8_t* a) {
  std::int32_t word;
  std::memcpy(&word, a, sizeof(word));
  return word;
}

#if HWY_TARGET == HWY_AVX3_DL

using Words = __m512i;

HWY_INLINE Words load_line(const std::uint8_t* line) { return _mm512_load_si512(line); }
HWY_INLINE Words multiply_add(Words sum, Words u, const std::int8_t* a) { return _mm512_dpbusd_epi32(sum, u, _mm512_set1_epi32(quad(a))); }
HWY_INLINE void prefetch_ahead(const std::uint8_t* line) { _mm_prefetch(reinterpret_cast<const char*>(line) + kPrefetchBytes, _MM_HINT_T0); }

/// Fields stay where they are in the byte: field q is 2^(q bits) too large, which its own accumulator makes good at the end.
template <int kBits, int kLines>
HWY_INLINE void add_lines_in_place(const std::uint8_t* lines, const std::int8_t* a, Words (&sums)[kLines][8 / kBits]) {
  constexpr int kFields = 8 / kBits;
  for (int l = 0; l < kLines; ++l) {
    const Words v = load_line(lines + l * kLineBytes);
    prefetch_ahead(lines + l * kLineBytes);
    for (int q = 0; q < kFields; ++q) {
      const Words mask = _mm512_set1_epi8(static_cast<char>(((1 << kBits) - 1) << (q * kBits)));
      sums[l][q] = multiply_add(sums[l][q], _mm512_and_si512(v, mask), a + 4 * (l * kFields + q));
    }
  }
}

template <int kBits>
HWY_INLINE void accumulate_one(const std::uint8_t* lines, std::size_t count, const std::int8_t* a, int shift, std::int32_t* acc) {
  constexpr int kFields = 8 / kBits;
  constexpr int kLines = kBits == 1 ? 1 : 2;
  Words sums[kLines][kFields];
  for (auto& line : sums) {
    for (auto& sum : line) sum = _mm512_setzero_si512();
  }
  std::size_t i = 0;
  for (; i + kLines <= count; i += kLines) {
    add_lines_in_place<kBits, kLines>(lines + i * kLineBytes, a + i * 4 * kFields, sums);
  }
  if constexpr (kLines == 2) {
    if (i < count) {
      Words(&last)[1][kFields] = *reinterpret_cast<Words(*)[1][kFields]>(&sums[0]);
      add_lines_in_place<kBits, 1>(lines + i * kLineBytes, a + i * 4 * kFields, last);
    }
  }
  Words total = _mm512_setzero_si512();
  for (int q = 0; q < kFields; ++q) {
    Words sum = sums[0][q];
    if constexpr (kLines == 2) sum = _mm512_add_epi32(sum, sums[1][q]);
    total = _mm512_add_epi32(total, _mm512_srai_epi32(sum, static_cast<unsigned>(q * kBits)));
  }
  total = _mm512_sll_epi32(total, _mm_cvtsi32_si128(shift));
  _mm512_storeu_si512(acc, _mm512_add_epi32(_mm512_loadu_si512(acc), total));
}

template <int kBits>
HWY_INLINE void accumulate_four(const std::uint8_t* lines, std::size_t count, const Rows& rows, int shift, std::int32_t* acc) {
  constexpr int kFields = 8 / kBits;
  const Words mask = _mm512_set1_epi8((1 << kBits) - 1);
  const std::int8_t *a0 = rows.at(0), *a1 = rows.at(1), *a2 = rows.at(2), *a3 = rows.at(3);
  Words even[4], odd[4];
  for (int t = 0; t < 4; ++t) even[t] = odd[t] = _mm512_setzero_si512();
  for (std::size_t i = 0; i < count; ++i) {
    const Words v = load_line(lines + i * kLineBytes);
    prefetch_ahead(lines + i * kLineBytes);
    for (int q = 0; q < kFields; ++q) {
      const Words u = _mm512_and_si512(_mm512_srli_epi16(v, static_cast<unsigned>(q * kBits)), mask);
      Words(&sums)[4] = q % 2 == 0 ? even : odd;
      const std::size_t k = 4 * (i * kFields + static_cast<std::size_t>(q));
      sums[0] = multiply_add(sums[0], u, a0 + k);
      sums[1] = multiply_add(sums[1], u, a1 + k);
      sums[2] = multiply_add(sums[2], u, a2 + k);
      sums[3] = multiply_add(sums[3], u, a3 + k);
    }
  }
  for (int t = 0; t < 4; ++t) {
    const Words total = _mm512_sll_epi32(_mm512_add_epi32(even[t], odd[t]), _mm_cvtsi32_si128(shift));
    _mm512_storeu_si512(acc + t * kBlockOutputs, _mm512_add_epi32(_mm512_loadu_si512(acc + t * kBlockOutputs), total));
  }
}

#endif
