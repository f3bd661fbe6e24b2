// Multiply-add on packed codes with any vector length: sums of (field x activation) of one chunk of one segment, outputs in the lanes.
// Included by simd_kernels.cpp inside each target's namespace. Vectors are named one by one: SVE's cannot be array elements.

/// Lines after which a 16-bit sum of products could overflow: 256 (2^bits - 1) a product pair, 8 / bits of them a line.
template <int kBits>
constexpr std::size_t flush_lines() {
  return static_cast<std::size_t>(32767 / (256 * ((1 << kBits) - 1)) / (8 / kBits));
}

template <int kBits, int kField>
HWY_INLINE Bytes field(Bytes v) {
  const D8 d8;
  const auto moved = hn::BitCast(d8, hn::ShiftRight<kField * kBits>(hn::BitCast(hn::RepartitionToWide<D8>(), v)));
  return hn::And(moved, hn::Set(d8, static_cast<std::uint8_t>((1 << kBits) - 1)));
}

HWY_INLINE Quads activation(const std::int8_t* a) { return hn::Set(D32(), quad(a)); }

/// Fields kField and above of two vectors that share activations.
template <int kBits, int kFields, int kField = 0>
HWY_INLINE void add_fields(Bytes v, Bytes w, const std::int8_t* a, Pairs& sum_v, Pairs& sum_w) {
  const auto x = activation(a + 4 * kField);
  sum_v = hn::Add(sum_v, multiply_pairs(field<kBits, kField>(v), x));
  sum_w = hn::Add(sum_w, multiply_pairs(field<kBits, kField>(w), x));
  if constexpr (kField + 1 < kFields) add_fields<kBits, kFields, kField + 1>(v, w, a, sum_v, sum_w);
}

/// Fields kField and above of one vector for four tokens.
template <int kBits, int kFields, int kField = 0>
HWY_INLINE void add_fields_four(Bytes v, const Rows& rows, std::size_t k, Pairs& s0, Pairs& s1, Pairs& s2, Pairs& s3) {
  const Bytes u = field<kBits, kField>(v);
  s0 = hn::Add(s0, multiply_pairs(u, activation(rows.at(0) + k + 4 * kField)));
  s1 = hn::Add(s1, multiply_pairs(u, activation(rows.at(1) + k + 4 * kField)));
  s2 = hn::Add(s2, multiply_pairs(u, activation(rows.at(2) + k + 4 * kField)));
  s3 = hn::Add(s3, multiply_pairs(u, activation(rows.at(3) + k + 4 * kField)));
  if constexpr (kField + 1 < kFields) add_fields_four<kBits, kFields, kField + 1>(v, rows, k, s0, s1, s2, s3);
}

HWY_INLINE void add_to(std::int32_t* acc, Quads sum, int shift) {
  const D32 d;
  hn::StoreU(hn::Add(hn::LoadU(d, acc), hn::ShiftLeftSame(sum, shift)), d, acc);
}

HWY_INLINE void flush(Pairs& pairs, Quads& sum) {
  sum = hn::Add(sum, add_halves(pairs));
  pairs = hn::Zero(D16());
}

/// `Unpack` turns position i of the chunk (a line, or an index vector) into a vector of fields; `piece` is the first byte of a line to use.
template <int kBits, int kFields, class Unpack>
HWY_INLINE void stream_one(const Unpack& unpack, std::size_t count, const std::int8_t* a, int shift, std::int32_t* acc) {
  constexpr std::size_t kFlush = flush_lines<kBits>();
  const std::size_t n = hn::Lanes(D8());
  for (std::size_t piece = 0; piece < kLineBytes; piece += 2 * n) {
    const std::size_t second = piece + n < kLineBytes ? piece + n : piece;  // vectors of a whole line: the same one twice
    auto pairs_v = hn::Zero(D16()), pairs_w = pairs_v;
    auto sum_v = hn::Zero(D32()), sum_w = sum_v;
    for (std::size_t i = 0; i < count;) {
      const std::size_t end = i + kFlush < count ? i + kFlush : count;
      for (; i < end; ++i) add_fields<kBits, kFields>(unpack(i, piece), unpack(i, second), a + i * 4 * kFields, pairs_v, pairs_w);
      flush(pairs_v, sum_v);
      flush(pairs_w, sum_w);
    }
    add_to(acc + piece / 4, sum_v, shift);
    if (second != piece) add_to(acc + second / 4, sum_w, shift);
  }
}

template <int kBits, int kFields, class Unpack>
HWY_INLINE void stream_four(const Unpack& unpack, std::size_t count, const Rows& rows, int shift, std::int32_t* acc) {
  constexpr std::size_t kFlush = flush_lines<kBits>();
  const std::size_t n = hn::Lanes(D8());
  for (std::size_t piece = 0; piece < kLineBytes; piece += n) {
    auto p0 = hn::Zero(D16()), p1 = p0, p2 = p0, p3 = p0;
    auto s0 = hn::Zero(D32()), s1 = s0, s2 = s0, s3 = s0;
    for (std::size_t i = 0; i < count;) {
      const std::size_t end = i + kFlush < count ? i + kFlush : count;
      for (; i < end; ++i) add_fields_four<kBits, kFields>(unpack(i, piece), rows, i * 4 * kFields, p0, p1, p2, p3);
      flush(p0, s0);
      flush(p1, s1);
      flush(p2, s2);
      flush(p3, s3);
    }
    add_to(acc + piece / 4, s0, shift);
    add_to(acc + kBlockOutputs + piece / 4, s1, shift);
    add_to(acc + 2 * kBlockOutputs + piece / 4, s2, shift);
    add_to(acc + 3 * kBlockOutputs + piece / 4, s3, shift);
  }
}

/// Lines as they are stored.
struct PlainLines {
  const std::uint8_t* lines;
  HWY_INLINE Bytes operator()(std::size_t i, std::size_t piece) const {
    const std::uint8_t* line = lines + i * kLineBytes + piece;
    hwy::Prefetch(line + kPrefetchBytes);
    return hn::LoadU(D8(), line);
  }
};

/// Index vector i of dense ternary, turned into three 2-bit fields by two 16-entry shuffles.
struct DenseLines {
  const std::uint8_t* lines;

  HWY_INLINE Bytes line(std::size_t group, std::size_t l, std::size_t piece) const {
    const std::uint8_t* at = lines + (group * kDenseLines + l) * kLineBytes + piece;
    hwy::Prefetch(at + kPrefetchBytes);
    return hn::LoadU(D8(), at);
  }
  template <int kShift>
  static HWY_INLINE Bytes bits(Bytes v, int mask) {
    const D8 d8;
    return hn::And(hn::BitCast(d8, hn::ShiftRight<kShift>(hn::BitCast(hn::RepartitionToWide<D8>(), v))),
                   hn::Set(d8, static_cast<std::uint8_t>(mask)));
  }
  HWY_INLINE Bytes operator()(std::size_t i, std::size_t piece) const {
    const std::size_t group = i / 8, vector = i % 8;
    const D8 d8;
    auto index = hn::Zero(d8);
    if (vector < 5) {
      index = hn::And(line(group, vector, piece), hn::Set(d8, 31));
    } else if (vector < 7) {
      index = hn::Or(bits<5>(line(group, vector - 5, piece), 7), bits<2>(line(group, vector - 2, piece), 24));
    } else {
      index = hn::Or(bits<5>(line(group, 2, piece), 7), hn::Or(bits<4>(line(group, 3, piece), 8), bits<3>(line(group, 4, piece), 16)));
    }
    const auto low_table = hn::LoadDup128(d8, kDenseFields.data());
    const auto high_table = hn::LoadDup128(d8, kDenseFields.data() + 16);
    const auto entry = hn::And(index, hn::Set(d8, 15));
    const auto is_high = hn::Eq(hn::And(index, hn::Set(d8, 16)), hn::Set(d8, 16));
    return hn::IfThenElse(is_high, hn::TableLookupBytes(high_table, entry), hn::TableLookupBytes(low_table, entry));
  }
};

template <int kBits>
HWY_INLINE void accumulate_one(const std::uint8_t* lines, std::size_t count, const std::int8_t* a, int shift, std::int32_t* acc) {
  stream_one<kBits, 8 / kBits>(PlainLines{lines}, count, a, shift, acc);
}

template <int kBits>
HWY_INLINE void accumulate_four(const std::uint8_t* lines, std::size_t count, const Rows& rows, int shift, std::int32_t* acc) {
  stream_four<kBits, 8 / kBits>(PlainLines{lines}, count, rows, shift, acc);
}

HWY_INLINE void accumulate_dense_one(const std::uint8_t* lines, std::size_t groups, const std::int8_t* a, int shift, std::int32_t* acc) {
  stream_one<2, 3>(DenseLines{lines}, 8 * groups, a, shift, acc);
}

HWY_INLINE void accumulate_dense_four(const std::uint8_t* lines, std::size_t groups, const Rows& rows, int shift, std::int32_t* acc) {
  stream_four<2, 3>(DenseLines{lines}, 8 * groups, rows, shift, acc);
}
