// Each family's loops over blocks, tokens, segments and chunks.
// Included by simd_kernels.cpp inside each target's namespace.

HWY_INLINE void accumulate_chunk(const Chunk& chunk, const std::uint8_t* segment, const Rows& rows, int tokens, std::int32_t* acc) {
  const std::uint8_t* lines = segment + chunk.offset;
  const std::size_t count = chunk.bytes / kLineBytes;
  if (tokens == 4) {
    switch (chunk.kind) {
      case ChunkKind::kField1:
        return accumulate_four<1>(lines, count, rows, chunk.shift, acc);
      case ChunkKind::kField2:
        return accumulate_four<2>(lines, count, rows, chunk.shift, acc);
      case ChunkKind::kField4:
        return accumulate_four<4>(lines, count, rows, chunk.shift, acc);
      default:
        return accumulate_dense_four(lines, count / kDenseLines, rows, chunk.shift, acc);
    }
  }
  switch (chunk.kind) {
    case ChunkKind::kField1:
      return accumulate_one<1>(lines, count, rows.first, chunk.shift, acc);
    case ChunkKind::kField2:
      return accumulate_one<2>(lines, count, rows.first, chunk.shift, acc);
    case ChunkKind::kField4:
      return accumulate_one<4>(lines, count, rows.first, chunk.shift, acc);
    default:
      return accumulate_dense_one(lines, count / kDenseLines, rows.first, chunk.shift, acc);
  }
}

void stream_block(const DotCall& call, int block, int token, int tokens) {
  const PlanData& plan = *call.plan;
  BlockResults results;
  Rows rows{call.codes + token * call.row_bytes, call.row_bytes};
  for (int s = 0; s < plan.segments; ++s, rows.first += plan.padded_segment) {
    const std::uint8_t* segment = plan.segment_of(block, s);
    alignas(kLineBytes) std::int32_t acc[4 * kBlockOutputs] = {};
    for (const Chunk& chunk : plan.chunks) accumulate_chunk(chunk, segment, rows, tokens, acc);
    add_segment(call, block, s, token, tokens, acc, results);
  }
  store_block(call, block, token, tokens, results);
}

void dot_stream(const DotCall& call, int begin, int end) {
#if HWY_TARGET == HWY_AVX3_DL
  if (call.tokens == 1) begin = stream_one_token(call, begin, end);
#endif
  for (int block = begin; block < end; ++block) {
    int token = 0;
    for (; token + 4 <= call.tokens; token += 4) stream_block(call, block, token, 4);
    for (; token < call.tokens; ++token) stream_block(call, block, token, 1);
  }
}

/// One plane of one segment in `kWays` blocks, `step` apart from `block` on.
template <int kWays>
HWY_INLINE void look_up_chunk(const LookupCall& call, const Chunk& chunk, int block, int step, int segment, const std::uint8_t* tables,
                              std::int32_t (&acc)[kWays][kLookupOutputs]) {
  const PlanData& plan = *call.plan;
  const std::uint8_t* lines[kWays];
  for (int w = 0; w < kWays; ++w) lines[w] = plan.segment_of(block + w * step, segment) + chunk.offset;
#if HWY_TARGET == HWY_AVX3_DL
  if (chunk.kind == ChunkKind::kSixBit) return look_up_six_bits(lines, chunk.bytes / (3 * kLineBytes), tables, chunk.shift, acc);
#endif
  const bool quantised = plan.options.mode == TableMode::kQuantised;
  for (int w = 0; w < kWays; ++w) look_up_plane(chunk, quantised, lines[w], tables, acc[w]);
}

/// `kWays` blocks of 64 outputs, `step` apart from `block` on, side by side.
template <int kWays>
void look_up_blocks(const LookupCall& call, int block, int step) {
  const PlanData& plan = *call.plan;
  const bool quantised = plan.options.mode == TableMode::kQuantised;
  const bool integers = call.output.type == ValueType::kInt32;
  const std::size_t table_bytes = lookup_table_bytes(plan);
  alignas(kLineBytes) std::uint8_t results[kWays][kLookupOutputs * 4] = {};
  for (int s = 0; s < plan.segments; ++s) {
    alignas(kLineBytes) std::int32_t acc[kWays][kLookupOutputs];
    for (auto& sums : acc) {
      for (std::int32_t& sum : sums) sum = call.corrections[s];
    }
    const std::uint8_t* tables = call.tables + static_cast<std::size_t>(s) * table_bytes;
    for (const Chunk& chunk : plan.chunks) look_up_chunk(call, chunk, block, step, s, tables, acc);
    const SegmentScales shared{call.sums[s], call.table_scales[s], call.token_scale, quantised};
    for (int w = 0; w < kWays; ++w) {
      for (std::size_t i = 0; i < kLookupOutputs; i += kBlockOutputs)
        add_outputs(plan, block + w * step, s, i, shared, acc[w] + i, integers, results[w] + 4 * i);
    }
  }
  for (int w = 0; w < kWays; ++w) {
    const int column = (block + w * step) * kLookupOutputs;
    const int count = call.output.outputs - column < kLookupOutputs ? call.output.outputs - column : kLookupOutputs;
    store_results(call.output, call.token, column, count, results[w]);
  }
}

/// Blocks far apart are read side by side (docs/kernels.md, How a code is read), as far as they go round.
void lookup(const LookupCall& call, int begin, int end) {
  constexpr int kWays = 4;
  const int step = (end - begin) / kWays;
  for (int i = 0; i < step; ++i) look_up_blocks<kWays>(call, begin + i, step);
  for (int block = begin + kWays * step; block < end; ++block) look_up_blocks<1>(call, block, 0);
}
