// Both families in plain C++, for CPUs without a vector path of their own: 16 (or 64) outputs are the innermost loop.
// Included by simd_kernels.cpp inside the target's namespace.

/// What vpermb and shuffles make of index vector `vector` of a dense group, for one byte of a line.
HWY_INLINE std::uint8_t dense_fields(const std::uint8_t* byte, std::size_t vector) {
  const auto line = [byte](std::size_t l) { return unsigned{byte[l * kLineBytes]}; };
  unsigned index = 0;
  if (vector < 5) {
    index = line(vector) & 31;
  } else if (vector < 7) {
    index = line(vector - 5) >> 5 | (line(vector - 2) >> 2 & 24);
  } else {
    index = line(2) >> 5 | (line(3) >> 4 & 8) | (line(4) >> 3 & 16);
  }
  return kDenseFields[index];
}

/// One position of a chunk, its fields already bytes of `line`.
template <int kBits, int kFields>
HWY_INLINE void add_line(const std::uint8_t* line, const std::int8_t* a, std::int32_t (&sums)[kBlockOutputs]) {
  for (int q = 0; q < kFields; ++q) {
    for (int i = 0; i < kBlockOutputs; ++i) {
      for (int j = 0; j < 4; ++j) sums[i] += (line[4 * i + j] >> (q * kBits) & ((1 << kBits) - 1)) * a[4 * q + j];
    }
  }
}

HWY_INLINE void add_shifted(std::int32_t* acc, const std::int32_t (&sums)[kBlockOutputs], int shift) {
  for (int i = 0; i < kBlockOutputs; ++i) {
    acc[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(acc[i]) + (static_cast<std::uint32_t>(sums[i]) << shift));
  }
}

template <int kBits>
HWY_INLINE void accumulate_one(const std::uint8_t* lines, std::size_t count, const std::int8_t* a, int shift, std::int32_t* acc) {
  std::int32_t sums[kBlockOutputs] = {};
  for (std::size_t i = 0; i < count; ++i) add_line<kBits, 8 / kBits>(lines + i * kLineBytes, a + i * (32 / kBits), sums);
  add_shifted(acc, sums, shift);
}

HWY_INLINE void accumulate_dense_one(const std::uint8_t* lines, std::size_t groups, const std::int8_t* a, int shift, std::int32_t* acc) {
  std::int32_t sums[kBlockOutputs] = {};
  for (std::size_t i = 0; i < 8 * groups; ++i) {
    std::uint8_t fields[kLineBytes];
    for (std::size_t b = 0; b < kLineBytes; ++b) fields[b] = dense_fields(lines + i / 8 * kDenseLines * kLineBytes + b, i % 8);
    add_line<2, 3>(fields, a + 12 * i, sums);
  }
  add_shifted(acc, sums, shift);
}

template <int kBits>
HWY_INLINE void accumulate_four(const std::uint8_t* lines, std::size_t count, const Rows& rows, int shift, std::int32_t* acc) {
  for (int t = 0; t < 4; ++t) accumulate_one<kBits>(lines, count, rows.at(t), shift, acc + t * kBlockOutputs);
}

HWY_INLINE void accumulate_dense_four(const std::uint8_t* lines, std::size_t groups, const Rows& rows, int shift, std::int32_t* acc) {
  for (int t = 0; t < 4; ++t) accumulate_dense_one(lines, groups, rows.at(t), shift, acc + t * kBlockOutputs);
}

/// One plane of one segment; tables are those of the segment, of 4 activations.
HWY_INLINE void look_up_plane(const Chunk& chunk, bool quantised, const std::uint8_t* lines, const std::uint8_t* tables,
                              std::int32_t* acc) {
  const std::size_t table_bytes = quantised ? 16 : 32;
  for (std::size_t i = 0; i < chunk.bytes; i += kLineBytes, tables += 2 * table_bytes) {
    for (std::size_t b = 0; b < kLineBytes; ++b) {
      const std::uint8_t *low = tables + (lines[i + b] & 15), *high = tables + table_bytes + (lines[i + b] >> 4);
      const int sum = quantised ? *low + *high : low[0] + 32 * low[16] + high[0] + 32 * high[16];
      acc[b % 4 * 16 + b / 4] += sum << chunk.shift;
    }
  }
}

std::int64_t direct(const std::uint8_t* codes, const std::int8_t* activations, std::size_t count, const std::uint8_t* table, int mask) {
  return direct_tail(codes, activations, count, table, mask);
}
