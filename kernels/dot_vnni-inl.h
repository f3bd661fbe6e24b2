// Multiply-add on packed codes with AVX-512 VNNI: sums of (field x activation) of one chunk of one segment, 16 outputs in the lanes.
// Compiled for one target only; included by simd_kernels.cpp inside the target's namespace.

using Words = __m512i;

HWY_INLINE Words multiply_add(Words sum, Words u, const std::int8_t* a) { return _mm512_dpbusd_epi32(sum, u, _mm512_set1_epi32(quad(a))); }

HWY_INLINE Words load_line(const std::uint8_t* line) {
  _mm_prefetch(reinterpret_cast<const char*>(line) + kPrefetchBytes, _MM_HINT_T0);
  return _mm512_load_si512(line);
}

HWY_INLINE void add_to(std::int32_t* acc, Words sum, int shift) {
  const Words shifted = _mm512_sll_epi32(sum, _mm_cvtsi32_si128(shift));
  _mm512_storeu_si512(acc, _mm512_add_epi32(_mm512_loadu_si512(acc), shifted));
}

/// Fields stay where they are in the byte: field q comes out 2^(q kBits) too large, and its own accumulator is divided by that at the end.
template <int kBits, int kFields>
HWY_INLINE void add_in_place(Words v, const std::int8_t* a, Words (&sums)[kFields]) {
  for (int q = 0; q < kFields; ++q) {
    const Words mask = _mm512_set1_epi8(static_cast<char>(((1 << kBits) - 1) << (q * kBits)));
    sums[q] = multiply_add(sums[q], _mm512_and_si512(v, mask), a + 4 * q);
  }
}

template <int kBits, int kFields>
HWY_INLINE Words undo_places(const Words (&sums)[kFields]) {
  Words total = sums[0];
  for (int q = 1; q < kFields; ++q) total = _mm512_add_epi32(total, _mm512_srai_epi32(sums[q], static_cast<unsigned>(q * kBits)));
  return total;
}

template <int kFields>
HWY_INLINE void clear(Words (&sums)[kFields]) {
  for (Words& sum : sums) sum = _mm512_setzero_si512();
}

template <int kBits>
HWY_INLINE void accumulate_one(const std::uint8_t* lines, std::size_t count, const std::int8_t* a, int shift, std::int32_t* acc) {
  constexpr int kFields = 8 / kBits;
  Words even[kFields], odd[kFields];
  clear(even);
  clear(odd);
  for (; count >= 2; count -= 2, lines += 2 * kLineBytes, a += 8 * kFields) {
    add_in_place<kBits>(load_line(lines), a, even);
    add_in_place<kBits>(load_line(lines + kLineBytes), a + 4 * kFields, odd);
  }
  if (count == 1) add_in_place<kBits>(load_line(lines), a, even);
  add_to(acc, _mm512_add_epi32(undo_places<kBits>(even), undo_places<kBits>(odd)), shift);
}

/// Fields are moved to the low end, so that four tokens need two accumulators each.
template <int kBits, int kFields>
HWY_INLINE void add_four(Words v, const Rows& rows, std::size_t k, Words (&even)[4], Words (&odd)[4]) {
  const Words mask = _mm512_set1_epi8((1 << kBits) - 1);
  for (int q = 0; q < kFields; ++q) {
    const Words u = _mm512_and_si512(_mm512_srli_epi16(v, static_cast<unsigned>(q * kBits)), mask);
    for (int t = 0; t < 4; ++t) {
      Words& sum = q % 2 == 0 ? even[t] : odd[t];
      sum = multiply_add(sum, u, rows.at(t) + k + 4 * static_cast<std::size_t>(q));
    }
  }
}

HWY_INLINE void add_four_to(std::int32_t* acc, const Words (&even)[4], const Words (&odd)[4], int shift) {
  for (int t = 0; t < 4; ++t) add_to(acc + t * kBlockOutputs, _mm512_add_epi32(even[t], odd[t]), shift);
}

template <int kBits>
HWY_INLINE void accumulate_four(const std::uint8_t* lines, std::size_t count, const Rows& rows, int shift, std::int32_t* acc) {
  constexpr int kFields = 8 / kBits;
  Words even[4], odd[4];
  clear(even);
  clear(odd);
  for (std::size_t i = 0; i < count; ++i) add_four<kBits, kFields>(load_line(lines + i * kLineBytes), rows, i * 4 * kFields, even, odd);
  add_four_to(acc, even, odd, shift);
}

/// Index vectors of a dense group: five lines hold eight vectors of 5-bit indices (docs/kernels.md, Dense ternary), of which vpermb
/// makes bytes of three 2-bit fields. It ignores bits 6 and 7, and the table has every entry twice, so bit 5 does not matter either.
struct DenseGroup {
  HWY_INLINE explicit DenseGroup(const std::uint8_t* lines) {
    for (int l = 0; l < 5; ++l) v[l] = load_line(lines + l * kLineBytes);
  }
  template <int kVector>
  HWY_INLINE Words fields() const {
    const Words table = _mm512_load_si512(kDenseFields.data());
    const Words low = _mm512_set1_epi8(7);
    Words index = v[kVector < 5 ? kVector : 0];
    if constexpr (kVector == 5 || kVector == 6) {
      index = _mm512_ternarylogic_epi32(low, _mm512_srli_epi16(v[kVector - 5], 5), _mm512_srli_epi16(v[kVector - 2], 2), kSelect);
    } else if constexpr (kVector == 7) {
      const Words high = _mm512_ternarylogic_epi32(_mm512_set1_epi8(8), _mm512_srli_epi16(v[3], 4), _mm512_srli_epi16(v[4], 3), kSelect);
      index = _mm512_ternarylogic_epi32(low, _mm512_srli_epi16(v[2], 5), high, kSelect);
    }
    return _mm512_permutexvar_epi8(index, table);
  }
  static constexpr int kSelect = 0xCA;  // first ? second : third, bit by bit
  Words v[5];
};

HWY_INLINE void accumulate_dense_one(const std::uint8_t* lines, std::size_t groups, const std::int8_t* a, int shift, std::int32_t* acc) {
  Words even[3], odd[3];
  clear(even);
  clear(odd);
  for (std::size_t i = 0; i < groups; ++i, lines += kDenseLines * kLineBytes, a += kDenseDepth) {
    const DenseGroup group(lines);
    add_in_place<2>(group.fields<0>(), a, even);
    add_in_place<2>(group.fields<1>(), a + 12, odd);
    add_in_place<2>(group.fields<2>(), a + 24, even);
    add_in_place<2>(group.fields<3>(), a + 36, odd);
    add_in_place<2>(group.fields<4>(), a + 48, even);
    add_in_place<2>(group.fields<5>(), a + 60, odd);
    add_in_place<2>(group.fields<6>(), a + 72, even);
    add_in_place<2>(group.fields<7>(), a + 84, odd);
  }
  add_to(acc, _mm512_add_epi32(undo_places<2>(even), undo_places<2>(odd)), shift);
}

HWY_INLINE void accumulate_dense_four(const std::uint8_t* lines, std::size_t groups, const Rows& rows, int shift, std::int32_t* acc) {
  Words even[4], odd[4];
  clear(even);
  clear(odd);
  for (std::size_t i = 0; i < groups; ++i) {
    const DenseGroup group(lines + i * kDenseLines * kLineBytes);
    const std::size_t k = i * kDenseDepth;
    add_four<2, 3>(group.fields<0>(), rows, k, even, odd);
    add_four<2, 3>(group.fields<1>(), rows, k + 12, even, odd);
    add_four<2, 3>(group.fields<2>(), rows, k + 24, even, odd);
    add_four<2, 3>(group.fields<3>(), rows, k + 36, even, odd);
    add_four<2, 3>(group.fields<4>(), rows, k + 48, even, odd);
    add_four<2, 3>(group.fields<5>(), rows, k + 60, even, odd);
    add_four<2, 3>(group.fields<6>(), rows, k + 72, even, odd);
    add_four<2, 3>(group.fields<7>(), rows, k + 84, even, odd);
  }
  add_four_to(acc, even, odd, shift);
}
