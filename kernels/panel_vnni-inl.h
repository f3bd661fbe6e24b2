// Multiply-add for many tokens with AVX-512 VNNI: codes of up to three blocks are unpacked to bytes once, then met by eight tokens at a
// time. Included by simd_kernels.cpp inside the target's namespace.

/// Unpacks one chunk of one segment; position i of the panel holds 4 k of 16 outputs. Adds to what other chunks left there.
template <int kBits>
HWY_INLINE void unpack_chunk(const std::uint8_t* lines, std::size_t count, int shift, std::uint8_t* panel, std::size_t stride, bool first) {
  constexpr int kFields = 8 / kBits;
  const Words mask = _mm512_set1_epi8((1 << kBits) - 1);
  const __m128i places = _mm_cvtsi32_si128(shift);
  for (std::size_t i = 0; i < count; ++i) {
    const Words v = load_line(lines + i * kLineBytes);
    for (int q = 0; q < kFields; ++q) {
      Words u = _mm512_and_si512(_mm512_srli_epi16(v, static_cast<unsigned>(q * kBits)), mask);
      u = _mm512_sll_epi16(u, places);
      std::uint8_t* to = panel + (i * kFields + static_cast<std::size_t>(q)) * stride;
      _mm512_store_si512(to, first ? u : _mm512_or_si512(u, _mm512_load_si512(to)));
    }
  }
}

template <int kVector>
HWY_INLINE void unpack_dense_vector(const DenseGroup& group, std::uint8_t* panel, std::size_t stride) {
  const Words v = group.fields<kVector>();
  const Words mask = _mm512_set1_epi8(3);
  for (int q = 0; q < 3; ++q) {
    _mm512_store_si512(panel + static_cast<std::size_t>(3 * kVector + q) * stride,
                       _mm512_and_si512(_mm512_srli_epi16(v, static_cast<unsigned>(2 * q)), mask));
  }
}

HWY_INLINE void unpack_dense(const std::uint8_t* lines, std::size_t groups, std::uint8_t* panel, std::size_t stride) {
  for (std::size_t i = 0; i < groups; ++i, panel += kDenseDepth / 4 * stride) {
    const DenseGroup group(lines + i * kDenseLines * kLineBytes);
    unpack_dense_vector<0>(group, panel, stride);
    unpack_dense_vector<1>(group, panel, stride);
    unpack_dense_vector<2>(group, panel, stride);
    unpack_dense_vector<3>(group, panel, stride);
    unpack_dense_vector<4>(group, panel, stride);
    unpack_dense_vector<5>(group, panel, stride);
    unpack_dense_vector<6>(group, panel, stride);
    unpack_dense_vector<7>(group, panel, stride);
  }
}

/// A whole block of outputs into the panel: segments x padded_segment / 4 positions, `stride` bytes apart.
HWY_INLINE void unpack_block(const PlanData& plan, int block, std::uint8_t* panel, std::size_t stride) {
  for (int s = 0; s < plan.segments; ++s, panel += static_cast<std::size_t>(plan.padded_segment) / 4 * stride) {
    const std::uint8_t* segment = plan.segment_of(block, s);
    bool first = true;
    for (const Chunk& chunk : plan.chunks) {
      const std::uint8_t* lines = segment + chunk.offset;
      const std::size_t count = chunk.bytes / kLineBytes;
      switch (chunk.kind) {
        case ChunkKind::kField1:
          unpack_chunk<1>(lines, count, chunk.shift, panel, stride, first);
          break;
        case ChunkKind::kField2:
          unpack_chunk<2>(lines, count, chunk.shift, panel, stride, first);
          break;
        case ChunkKind::kField4:
          unpack_chunk<4>(lines, count, chunk.shift, panel, stride, first);
          break;
        default:
          unpack_dense(lines, count / kDenseLines, panel, stride);
      }
      first = false;
    }
  }
}

/// acc[b][t] = sum over `quads` positions of panel x activations, kBlocks blocks by kPanelTokens tokens.
template <int kBlocks>
HWY_INLINE void multiply_panel(const std::uint8_t* panel, const std::int8_t* tile, std::size_t quads, std::int32_t* acc) {
  Words sums[kBlocks][kPanelTokens];
  for (auto& block : sums) clear(block);
  for (std::size_t i = 0; i < quads; ++i, panel += kBlocks * kLineBytes, tile += 4 * kPanelTokens) {
    Words u[kBlocks];
    for (int b = 0; b < kBlocks; ++b) u[b] = _mm512_load_si512(panel + b * kLineBytes);
    for (int t = 0; t < kPanelTokens; ++t) {
      const Words a = _mm512_set1_epi32(quad(tile + 4 * t));
      for (int b = 0; b < kBlocks; ++b) sums[b][t] = _mm512_dpbusd_epi32(sums[b][t], u[b], a);
    }
  }
  for (int b = 0; b < kBlocks; ++b) {
    for (int t = 0; t < kPanelTokens; ++t) _mm512_store_si512(acc + (b * kPanelTokens + t) * kBlockOutputs, sums[b][t]);
  }
}

template <int kBlocks>
void panel_gemm(const DotCall& call, int block, std::uint8_t* panel) {
  const PlanData& plan = *call.plan;
  const std::size_t quads = static_cast<std::size_t>(plan.padded_segment) / 4;
  for (int b = 0; b < kBlocks; ++b) unpack_block(plan, block + b, panel + b * kLineBytes, kBlocks * kLineBytes);
  for (int token = 0; token < call.tokens; token += kPanelTokens) {
    const int tokens = call.tokens - token < kPanelTokens ? call.tokens - token : kPanelTokens;
    BlockResults results[kBlocks];
    alignas(kLineBytes) std::int32_t acc[kBlocks * kPanelTokens * kBlockOutputs];
    const std::int8_t* tile = call.tiles + static_cast<std::ptrdiff_t>(token) * call.row_bytes;
    for (int s = 0; s < plan.segments; ++s) {
      multiply_panel<kBlocks>(panel + static_cast<std::size_t>(s) * quads * kBlocks * kLineBytes,
                              tile + static_cast<std::size_t>(s) * quads * 4 * kPanelTokens, quads, acc);
      for (int b = 0; b < kBlocks; ++b) add_segment(call, block + b, s, token, tokens, acc + b * kPanelTokens * kBlockOutputs, results[b]);
    }
    for (int b = 0; b < kBlocks; ++b) store_block(call, block + b, token, tokens, results[b]);
  }
}

void dot_panels(const DotCall& call, int begin, int end) {
  const PlanData& plan = *call.plan;
  const AlignedBytes panel(3 * kLineBytes * static_cast<std::size_t>(plan.segments) * static_cast<std::size_t>(plan.padded_segment) / 4);
  int block = begin;
  for (; block + 3 <= end; block += 3) panel_gemm<3>(call, block, panel.data());
  for (; block < end; ++block) panel_gemm<1>(call, block, panel.data());
}
