// Byte products with any vector length, and the product of a row of unpacked codes with a token.
// Included by simd_kernels.cpp inside each target's namespace.

using D8 = hn::CappedTag<std::uint8_t, kLineBytes>;
using D16 = hn::RepartitionToWide<hn::RebindToSigned<D8>>;
using D32 = hn::RepartitionToWide<D16>;
using Bytes = hn::Vec<D8>;
using Pairs = hn::Vec<D16>;
using Quads = hn::Vec<D32>;

/// Sums of two products of neighbouring bytes, unsigned times signed. No sum here leaves 16 bits: fields are at most 15.
HWY_INLINE Pairs multiply_pairs(Bytes u, Quads a) {
  const D16 d16;
#if HWY_TARGET == HWY_AVX2
  return Pairs{_mm256_maddubs_epi16(u.raw, a.raw)};
#elif HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  return Pairs{_mm512_maddubs_epi16(u.raw, a.raw)};
#else
  const auto wide_u = hn::BitCast(d16, u);
  const auto wide_a = hn::BitCast(d16, a);
  const auto even = hn::Mul(hn::And(wide_u, hn::Set(d16, 0xFF)), hn::ShiftRight<8>(hn::ShiftLeft<8>(wide_a)));
  const auto odd = hn::Mul(hn::ShiftRight<8>(wide_u), hn::ShiftRight<8>(wide_a));
  return hn::Add(even, odd);
#endif
}

/// Both halves of each 32-bit lane, added.
HWY_INLINE Quads add_halves(Pairs pairs) {
#if HWY_TARGET == HWY_AVX2
  return Quads{_mm256_madd_epi16(pairs.raw, _mm256_set1_epi16(1))};
#elif HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  return Quads{_mm512_madd_epi16(pairs.raw, _mm512_set1_epi16(1))};
#else
  const auto lanes = hn::BitCast(D32(), pairs);
  return hn::Add(hn::ShiftRight<16>(lanes), hn::ShiftRight<16>(hn::ShiftLeft<16>(lanes)));
#endif
}

/// Sum over one row of u x activation, where u = table[low four bits of the code], or the code's `mask` bits when there is no table.
std::int64_t direct(const std::uint8_t* codes, const std::int8_t* activations, std::size_t count, const std::uint8_t* table, int mask) {
  const D8 d8;
  const D32 d32;
  const std::size_t n = hn::Lanes(d8);
  const auto wanted = hn::Set(d8, static_cast<std::uint8_t>(mask));
  const auto low = hn::Set(d8, 15);
  auto sum = hn::Zero(d32);
  std::size_t k = 0;
  for (; k + n <= count; k += n) {
    auto u = hn::And(hn::LoadU(d8, codes + k), wanted);
    if (table != nullptr) u = hn::TableLookupBytes(hn::LoadDup128(d8, table), u);
    const auto a = hn::BitCast(d32, hn::LoadU(d8, reinterpret_cast<const std::uint8_t*>(activations) + k));
    const auto upper = hn::And(hn::BitCast(d8, hn::ShiftRight<4>(hn::BitCast(hn::RepartitionToWide<D8>(), u))), low);
    sum = hn::Add(sum, add_halves(multiply_pairs(hn::And(u, low), a)));
    sum = hn::Add(sum, hn::ShiftLeft<4>(add_halves(multiply_pairs(upper, a))));
  }
  std::int32_t lanes[kBlockOutputs];
  hn::StoreU(sum, d32, lanes);
  std::int64_t total = 0;
  for (std::size_t i = 0; i < n / 4; ++i) total += lanes[i];
  return total + direct_tail(codes + k, activations + k, count - k, table, mask);
}
