// One token with AVX-512 VNNI: blocks far apart are read side by side. They share the broadcasts of activations, which at one load a cycle
// would limit a block alone, and several long streams draw more from memory than one.
// Included by simd_kernels.cpp inside the target's namespace.

/// Lines of the same chunk and segment in `kWays` blocks.
template <int kWays>
struct Ways {
  const std::uint8_t* lines[kWays];
  HWY_INLINE Words load(int way, std::size_t line) const { return load_line(lines[way] + line * kLineBytes); }
};

/// Fields of one vector a block, left in their places, times activations that all blocks share.
template <int kBits, int kFields, int kWays>
HWY_INLINE void add_ways(const Words (&v)[kWays], const std::int8_t* a, Words (&sums)[kWays][kFields]) {
  for (int q = 0; q < kFields; ++q) {
    const Words mask = _mm512_set1_epi8(static_cast<char>(((1 << kBits) - 1) << (q * kBits)));
    const Words x = _mm512_set1_epi32(quad(a + 4 * q));
    for (int w = 0; w < kWays; ++w) sums[w][q] = _mm512_dpbusd_epi32(sums[w][q], _mm512_and_si512(v[w], mask), x);
  }
}

template <int kBits, int kFields, int kWays>
HWY_INLINE void add_ways_to(std::int32_t* acc, const Words (&sums)[kWays][kFields], int shift) {
  for (int w = 0; w < kWays; ++w) add_to(acc + w * kBlockOutputs, undo_places<kBits>(sums[w]), shift);
}

template <int kBits, int kWays>
HWY_INLINE void accumulate_ways(const Ways<kWays>& ways, std::size_t count, const std::int8_t* a, int shift, std::int32_t* acc) {
  constexpr int kFields = 8 / kBits;
  Words sums[kWays][kFields];
  for (auto& way : sums) clear(way);
  for (std::size_t i = 0; i < count; ++i) {
    Words v[kWays];
    for (int w = 0; w < kWays; ++w) v[w] = ways.load(w, i);
    add_ways<kBits>(v, a + i * 4 * kFields, sums);
  }
  add_ways_to<kBits>(acc, sums, shift);
}

template <int kVector, int kWays>
HWY_INLINE void add_dense_ways(const Ways<kWays>& ways, std::size_t line, const std::int8_t* a, Words (&sums)[kWays][3]) {
  const Words table = _mm512_load_si512(kDenseFields.data());
  const Words low = _mm512_set1_epi8(7);
  constexpr int kSelect = DenseGroup::kSelect;
  Words fields[kWays];
  for (int w = 0; w < kWays; ++w) {
    Words index = ways.load(w, line + (kVector < 5 ? kVector : 0));
    if constexpr (kVector == 5 || kVector == 6) {
      index = _mm512_ternarylogic_epi32(low, _mm512_srli_epi16(ways.load(w, line + kVector - 5), 5),
                                        _mm512_srli_epi16(ways.load(w, line + kVector - 2), 2), kSelect);
    } else if constexpr (kVector == 7) {
      const Words high = _mm512_ternarylogic_epi32(_mm512_set1_epi8(8), _mm512_srli_epi16(ways.load(w, line + 3), 4),
                                                   _mm512_srli_epi16(ways.load(w, line + 4), 3), kSelect);
      index = _mm512_ternarylogic_epi32(low, _mm512_srli_epi16(ways.load(w, line + 2), 5), high, kSelect);
    }
    fields[w] = _mm512_permutexvar_epi8(index, table);
  }
  add_ways<2>(fields, a + 12 * kVector, sums);
}

template <int kWays>
HWY_INLINE void accumulate_dense_ways(const Ways<kWays>& ways, std::size_t groups, const std::int8_t* a, int shift, std::int32_t* acc) {
  Words sums[kWays][3];
  for (auto& way : sums) clear(way);
  for (std::size_t i = 0; i < groups; ++i, a += kDenseDepth) {
    const std::size_t line = i * kDenseLines;
    add_dense_ways<0>(ways, line, a, sums);
    add_dense_ways<1>(ways, line, a, sums);
    add_dense_ways<2>(ways, line, a, sums);
    add_dense_ways<3>(ways, line, a, sums);
    add_dense_ways<4>(ways, line, a, sums);
    add_dense_ways<5>(ways, line, a, sums);
    add_dense_ways<6>(ways, line, a, sums);
    add_dense_ways<7>(ways, line, a, sums);
  }
  add_ways_to<2>(acc, sums, shift);
}

template <int kWays>
HWY_INLINE void accumulate_chunk_ways(const Chunk& chunk, const Ways<kWays>& ways, const std::int8_t* a, std::int32_t* acc) {
  const std::size_t count = chunk.bytes / kLineBytes;
  switch (chunk.kind) {
    case ChunkKind::kField1: {  // eight sums a block: two blocks at a time fill the registers
      for (int w = 0; w < kWays; w += 2)
        accumulate_ways<1>(Ways<2>{{ways.lines[w], ways.lines[w + 1]}}, count, a, chunk.shift, acc + w * kBlockOutputs);
      return;
    }
    case ChunkKind::kField2:
      return accumulate_ways<2>(ways, count, a, chunk.shift, acc);
    case ChunkKind::kField4:
      return accumulate_ways<4>(ways, count, a, chunk.shift, acc);
    default:
      return accumulate_dense_ways(ways, count / kDenseLines, a, chunk.shift, acc);
  }
}

/// Blocks first, first + step, ... of one token.
template <int kWays>
void stream_ways(const DotCall& call, int first, int step) {
  const PlanData& plan = *call.plan;
  BlockResults results[kWays];
  const std::int8_t* a = call.codes;
  for (int s = 0; s < plan.segments; ++s, a += plan.padded_segment) {
    alignas(kLineBytes) std::int32_t acc[kWays * kBlockOutputs] = {};
    for (const Chunk& chunk : plan.chunks) {
      Ways<kWays> ways;
      for (int w = 0; w < kWays; ++w) ways.lines[w] = plan.segment_of(first + w * step, s) + chunk.offset;
      accumulate_chunk_ways(chunk, ways, a, acc);
    }
    for (int w = 0; w < kWays; ++w) add_segment(call, first + w * step, s, 0, 1, acc + w * kBlockOutputs, results[w]);
  }
  for (int w = 0; w < kWays; ++w) store_block(call, first + w * step, 0, 1, results[w]);
}

/// Streams for one token; returns the first block that is left to do.
int stream_one_token(const DotCall& call, int begin, int end) {
  constexpr int kWays = 4;
  const int step = (end - begin) / kWays;
  for (int i = 0; i < step; ++i) stream_ways<kWays>(call, begin + i, step);
  return begin + kWays * step;
}
