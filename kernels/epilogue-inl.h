// From integer sums to outputs: zero points, scales and the FP32 sum over segments (docs/numerics.md, Accumulation).
// Included by simd_kernels.cpp inside each target's namespace.

inline constexpr int kMaxTileTokens = 8;

/// Outputs of one block for a few tokens, all INT32 or all FP32.
struct BlockResults {
  BlockResults() { std::memset(words, 0, sizeof(words)); }
  alignas(kLineBytes) std::uint8_t words[kMaxTileTokens * kBlockOutputs * 4];
};

using I32 = hn::CappedTag<std::int32_t, kBlockOutputs>;
using F32 = hn::Rebind<float, I32>;

/// One segment of one token: what all its outputs share.
struct SegmentScales {
  std::int32_t sum;  // S
  float s_table;
  float s_a;
  bool quantised;  // sums are of quantised entries; otherwise of u, of which acc is twice less max S
};

/// Adds one segment's sums for 16 outputs, from lane `column` of a block on, to their results: acc' = acc - z' S, then scales.
HWY_INLINE void add_outputs(const PlanData& plan, int block, int segment, std::size_t column, const SegmentScales& shared,
                            const std::int32_t* acc, bool integers, std::uint8_t* results) {
  const I32 di;
  const F32 df;
  const std::size_t n = hn::Lanes(di);
  const int group = segment / plan.group_segments;
  const auto sum = hn::Set(di, shared.sum);
  const auto max_value = hn::Set(di, plan.max_value);
  for (std::size_t i = 0; i < kBlockOutputs; i += n) {
    auto offset = plan.column_offsets ? hn::LoadU(di, plan.offsets_of(block, group) + column + i) : hn::Set(di, plan.offset);
    auto value = hn::LoadU(di, acc + i);
    if (shared.quantised) {
      offset = hn::Sub(offset, max_value);
    } else {
      value = hn::ShiftLeft<1>(value);
    }
    value = hn::Sub(value, hn::Mul(offset, sum));
    if (integers) {
      auto* out = reinterpret_cast<std::int32_t*>(results) + i;
      hn::StoreU(hn::Add(hn::LoadU(di, out), value), di, out);
      continue;
    }
    auto* out = reinterpret_cast<float*>(results) + i;
    const auto scale = plan.column_scales ? hn::LoadU(df, plan.scales_of(block, group) + column + i) : hn::Set(df, plan.tensor_scale);
    const auto c = hn::Mul(hn::Mul(scale, hn::Set(df, shared.s_table)), hn::Set(df, shared.s_a));
    auto total = hn::Add(hn::LoadU(df, out), hn::Mul(hn::ConvertTo(df, value), c));
    if (plan.real_zeros) {
      const auto zero = hn::Mul(scale, hn::LoadU(df, plan.real_zeros_of(block, group) + column + i));
      const auto scaled = hn::Mul(hn::Mul(zero, hn::Set(df, shared.s_table)), hn::Set(df, shared.s_a));
      total = hn::Sub(total, hn::Mul(hn::ConvertTo(df, sum), scaled));
    }
    hn::StoreU(total, df, out);
  }
}

/// Adds one segment's sums of u, tokens x 16, to the results of a block.
HWY_INLINE void add_segment(const DotCall& call, int block, int segment, int token, int tokens, const std::int32_t* acc,
                            BlockResults& results) {
  const bool integers = call.output.type == ValueType::kInt32;
  for (int t = 0; t < tokens; ++t) {
    const SegmentScales shared{call.sums[static_cast<std::ptrdiff_t>(token + t) * call.plan->segments + segment], 1,
                               call.token_scales[token + t], false};
    add_outputs(*call.plan, block, segment, 0, shared, acc + t * kBlockOutputs, integers, results.words + t * kBlockOutputs * 4);
  }
}

HWY_INLINE void store_block(const DotCall& call, int block, int token, int tokens, const BlockResults& results) {
  const int column = block * kBlockOutputs;
  const int count = call.output.outputs - column < kBlockOutputs ? call.output.outputs - column : kBlockOutputs;
  for (int t = 0; t < tokens; ++t) {
    store_results(call.output, token + t, column, count, results.words + t * kBlockOutputs * 4);
  }
}
