// Table lookup: byte shuffles pick sums of activations, 64 outputs at a time, and bytes are added before they are widened.
// Included by simd_kernels.cpp inside each target's namespace.

using L8 = hn::CappedTag<std::uint8_t, kLineBytes>;
using L16 = hn::RepartitionToWide<L8>;
using L32 = hn::RepartitionToWide<L16>;
using LookupBytes = hn::Vec<L8>;
using LookupWords = hn::Vec<L16>;

/// Sums of byte vectors without widening each: words take whole 16-bit lanes and, apart, their upper bytes; the lower bytes' sum is the
/// rest. Right for up to 257 additions.
struct WideSum {
  HWY_INLINE static void add(LookupBytes bytes, LookupWords& whole, LookupWords& upper) {
    const auto words = hn::BitCast(L16(), bytes);
    whole = hn::Add(whole, words);
    upper = hn::Add(upper, hn::ShiftRight<8>(words));
  }
};

inline constexpr std::size_t kWideAdditions = 256;

/// Adds 16-bit sums to the 64 INT32 sums of a line, times `factor`; byte 4 i + r of a line is output 16 r + i.
HWY_INLINE void widen(LookupWords whole, LookupWords upper, std::int32_t factor, std::size_t piece, std::int32_t* acc) {
  const L32 d;
  const hn::RebindToSigned<L32> di;
  const auto lower = hn::Sub(whole, hn::ShiftLeft<8>(upper));
  const auto scale = hn::Set(di, factor);
  const auto mask = hn::Set(d, 0xFFFF);
  const auto even = hn::BitCast(d, lower), odd = hn::BitCast(d, upper);
  const auto add = [&](auto value, std::size_t r) HWY_ATTR {
    std::int32_t* to = acc + 16 * r + piece / 4;
    hn::StoreU(hn::Add(hn::LoadU(di, to), hn::Mul(hn::BitCast(di, value), scale)), di, to);
  };
  add(hn::And(even, mask), 0);
  add(hn::And(odd, mask), 1);
  add(hn::ShiftRight<16>(even), 2);
  add(hn::ShiftRight<16>(odd), 3);
}

HWY_INLINE LookupBytes look_up_16(const std::uint8_t* table, LookupBytes index) {
  return hn::TableLookupBytes(hn::LoadDup128(L8(), table), index);
}

HWY_INLINE LookupBytes low_nibble(LookupBytes v) { return hn::And(v, hn::Set(L8(), 15)); }
HWY_INLINE LookupBytes high_nibble(LookupBytes v) { return low_nibble(hn::BitCast(L8(), hn::ShiftRight<4>(hn::BitCast(L16(), v)))); }

/// Quantised tables of 4 activations: one byte an entry. `count` lines of one plane.
HWY_INLINE void look_up_quantised(const std::uint8_t* lines, std::size_t count, const std::uint8_t* tables, int shift, std::int32_t* acc) {
  const std::size_t n = hn::Lanes(L8());
  for (std::size_t piece = 0; piece < kLineBytes; piece += n) {
    for (std::size_t i = 0; i < count;) {
      auto whole = hn::Zero(L16()), upper = whole;
      const std::size_t end = i + kWideAdditions / 2 < count ? i + kWideAdditions / 2 : count;
      for (; i < end; ++i) {
        hwy::Prefetch(lines + i * kLineBytes + piece + kPrefetchBytes);
        const auto v = hn::LoadU(L8(), lines + i * kLineBytes + piece);
        WideSum::add(look_up_16(tables + i * 32, low_nibble(v)), whole, upper);
        WideSum::add(look_up_16(tables + i * 32 + 16, high_nibble(v)), whole, upper);
      }
      widen(whole, upper, 1 << shift, piece, acc);
    }
  }
}

inline constexpr std::size_t kByteAdditions = 8;  // entries of at most 31 that a byte holds the sum of

/// Exact tables of 4 activations: low and high part an entry.
HWY_INLINE void look_up_nibbles(const std::uint8_t* lines, std::size_t count, const std::uint8_t* tables, int shift, std::int32_t* acc) {
  const L8 d8;
  const std::size_t n = hn::Lanes(d8);
  constexpr std::size_t kLines = kByteAdditions / 2;
  for (std::size_t piece = 0; piece < kLineBytes; piece += n) {
    for (std::size_t i = 0; i < count;) {
      auto low_whole = hn::Zero(L16()), low_upper = low_whole, high_whole = low_whole, high_upper = low_whole;
      const std::size_t end = i + kWideAdditions * kLines < count ? i + kWideAdditions * kLines : count;
      while (i < end) {
        auto low = hn::Zero(d8), high = low;
        for (const std::size_t stop = i + kLines < end ? i + kLines : end; i < stop; ++i) {
          const std::uint8_t* table = tables + i * 64;
          hwy::Prefetch(lines + i * kLineBytes + piece + kPrefetchBytes);
          const auto v = hn::LoadU(d8, lines + i * kLineBytes + piece);
          const auto first = low_nibble(v), second = high_nibble(v);
          low = hn::Add(low, hn::Add(look_up_16(table, first), look_up_16(table + 32, second)));
          high = hn::Add(high, hn::Add(look_up_16(table + 16, first), look_up_16(table + 48, second)));
        }
        WideSum::add(low, low_whole, low_upper);
        WideSum::add(high, high_whole, high_upper);
      }
      widen(low_whole, low_upper, 1 << shift, piece, acc);
      widen(high_whole, high_upper, 32 << shift, piece, acc);
    }
  }
}

#if HWY_TARGET == HWY_AVX3_DL

/// Indices of 24 k in 64 outputs: three from the low six bits of three lines, the fourth from their top bits. vpermb ignores an index's
/// upper two bits.
struct SixBitIndices {
  HWY_INLINE explicit SixBitIndices(const std::uint8_t* lines)
      : v{_mm512_load_si512(lines), _mm512_load_si512(lines + kLineBytes), _mm512_load_si512(lines + 2 * kLineBytes)} {
    constexpr int kSelect = 0xCA;  // first ? second : third, bit by bit
    for (int l = 0; l < 3; ++l) _mm_prefetch(reinterpret_cast<const char*>(lines) + kSixBitPrefetchBytes + l * kLineBytes, _MM_HINT_T0);
    const __m512i top = _mm512_ternarylogic_epi32(_mm512_set1_epi8(3), _mm512_srli_epi16(v[0], 6), _mm512_srli_epi16(v[1], 4), kSelect);
    v[3] = _mm512_ternarylogic_epi32(_mm512_set1_epi8(15), top, _mm512_srli_epi16(v[2], 2), kSelect);
  }
  __m512i v[4];
};

/// Byte sums of up to eight lookups, low and high parts, in `kWays` blocks.
template <int kWays>
struct SixBitSums {
  HWY_INLINE SixBitSums() {
    for (int w = 0; w < kWays; ++w) low[w] = high[w] = _mm512_setzero_si512();
  }
  HWY_INLINE void add(const std::uint8_t* const (&lines)[kWays], std::size_t group, const std::uint8_t* tables) {
    for (int w = 0; w < kWays; ++w) {
      const SixBitIndices index(lines[w] + group * 3 * kLineBytes);
      for (int i = 0; i < 4; ++i) {
        const std::uint8_t* table = tables + (group * 4 + static_cast<std::size_t>(i)) * 2 * kLineBytes;
        low[w] = _mm512_add_epi8(low[w], _mm512_permutexvar_epi8(index.v[i], _mm512_load_si512(table)));
        high[w] = _mm512_add_epi8(high[w], _mm512_permutexvar_epi8(index.v[i], _mm512_load_si512(table + kLineBytes)));
      }
    }
  }
  __m512i low[kWays], high[kWays];
};

/// Exact tables of 6 activations. `groups` of three lines in `kWays` blocks, which share the loads of tables.
template <int kWays>
HWY_INLINE void look_up_six_bits(const std::uint8_t* const (&lines)[kWays], std::size_t groups, const std::uint8_t* tables, int shift,
                                 std::int32_t (&acc)[kWays][kLookupOutputs]) {
  for (std::size_t i = 0; i < groups;) {
    LookupWords low_whole[kWays], low_upper[kWays], high_whole[kWays], high_upper[kWays];
    for (int w = 0; w < kWays; ++w) low_whole[w] = low_upper[w] = high_whole[w] = high_upper[w] = hn::Zero(L16());
    const std::size_t end = i + 2 * kWideAdditions < groups ? i + 2 * kWideAdditions : groups;
    for (; i < end; i += 2) {
      SixBitSums<kWays> sums;
      sums.add(lines, i, tables);
      if (i + 1 < end) sums.add(lines, i + 1, tables);
      for (int w = 0; w < kWays; ++w) {
        WideSum::add(LookupBytes{sums.low[w]}, low_whole[w], low_upper[w]);
        WideSum::add(LookupBytes{sums.high[w]}, high_whole[w], high_upper[w]);
      }
    }
    for (int w = 0; w < kWays; ++w) {
      widen(low_whole[w], low_upper[w], 1 << shift, 0, acc[w]);
      widen(high_whole[w], high_upper[w], 32 << shift, 0, acc[w]);
    }
  }
}

#endif

/// One plane of one segment in 4-bit indices; tables are those of the segment.
HWY_INLINE void look_up_plane(const Chunk& chunk, bool quantised, const std::uint8_t* lines, const std::uint8_t* tables,
                              std::int32_t* acc) {
  const std::size_t count = chunk.bytes / kLineBytes;
  if (quantised) return look_up_quantised(lines, count, tables, chunk.shift, acc);
  look_up_nibbles(lines, count, tables, chunk.shift, acc);
}
