// Exact tables: subset sums less their smallest, split into five low bits and the rest.
// Included by simd_kernels.cpp inside each target's namespace.

/// Ones where subset x has activation i.
template <int kK>
struct Subsets {
  static constexpr int kEntries = 1 << kK;
  constexpr Subsets() {
    for (int i = 0; i < kK; ++i) {
      for (int x = 0; x < kEntries; ++x) has[i][x] = static_cast<std::int16_t>(-(x >> i & 1));
    }
  }
  alignas(kLineBytes) std::int16_t has[kK][kEntries] = {};
};

/// For one token, building tables one entry after the other would take as long as reading them.
template <int kK>
void build_exact(const std::int8_t* a, std::size_t count, std::uint8_t* to) {
  static constexpr Subsets<kK> kSubsets;
  constexpr std::size_t kEntries = Subsets<kK>::kEntries, kMostLanes = kEntries < 32 ? kEntries : 32;
  const hn::CappedTag<std::int16_t, kMostLanes> d;
  const hn::Rebind<std::uint8_t, decltype(d)> bytes;
  const std::size_t n = hn::Lanes(d);
  for (std::size_t t = 0; t < count; ++t, a += kK, to += 2 * kEntries) {
    int least = 0;
    for (int i = 0; i < kK; ++i) least += a[i] < 0 ? a[i] : 0;
    for (std::size_t x = 0; x < kEntries; x += n) {
      auto sums = hn::Set(d, static_cast<std::int16_t>(-least));
      for (int i = 0; i < kK; ++i) sums = hn::Add(sums, hn::And(hn::Load(d, kSubsets.has[i] + x), hn::Set(d, std::int16_t{a[i]})));
      hn::StoreU(hn::DemoteTo(bytes, hn::And(sums, hn::Set(d, 31))), bytes, to + x);
      hn::StoreU(hn::DemoteTo(bytes, hn::ShiftRight<5>(sums)), bytes, to + kEntries + x);
    }
  }
}

void exact_tables(int k, const std::int8_t* activations, std::size_t count, std::uint8_t* to) {
  if (k == 6) return build_exact<6>(activations, count, to);
  build_exact<4>(activations, count, to);
}
