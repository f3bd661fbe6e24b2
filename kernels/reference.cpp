// The scaled reference: each segment of each output on its own, nothing shared, nothing reordered.
#include "kernels/reference.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace lutra::kernels {
namespace {

std::size_t size_of(int n) { return static_cast<std::size_t>(n); }

/// One token in one segment of k: what its tables are made of.
struct Segment {
  int begin = 0, end = 0;
  float s_table = 1;
  float inverse = 0;  // quantised: what entries are multiplied by; 0: entries are 0
};

struct Row {
  const WeightMatrix& weights;
  const PlanOptions& options;
  std::vector<float> a;  // activations; FP32 holds sums of eight INT8 ones exactly
  float s_a = 1;
};

/// One table entry before quantisation: activations [begin, end) with the signs of `digits`, left to right.
template <typename Digits>
float entry(const Row& row, int begin, int end, const Digits& positive) {
  float sum = 0;
  for (int k = begin; k < end; ++k) {
    const float term = positive(k) ? row.a[size_of(k)] : -row.a[size_of(k)];
    sum = k == begin ? term : sum + term;
  }
  return sum;
}

float quantised(const Segment& segment, float value) {
  if (value == 0) return 0;
  return std::clamp(std::nearbyint(value * segment.inverse), -127.0F, 127.0F);
}

void scale_tables(const Row& row, Segment& segment, int group_begin, int group_end) {
  float m = 0;
  for (int begin = group_begin; begin < group_end;) {
    // Tables do not cross segments.
    const int k = row.options.table_k, group = row.weights.group == 0 ? row.weights.depth : row.weights.group;
    const int end = std::min({begin + k, group_end, (begin / group + 1) * group});
    for (unsigned x = 0; x < 1U << k; ++x)
      m = std::max(m, std::fabs(entry(row, begin, end, [&](int i) { return (x >> (i - begin) & 1) != 0; })));
    begin = end;
  }
  if (m == 0) return;
  segment.s_table = m / 127.0F;
  segment.inverse = 127.0F / m;
  if (!row.options.pow2) return;
  int e = -126;
  while (std::nearbyint(std::ldexp(m, -e)) > 127.0F) ++e;
  segment.s_table = std::ldexp(1.0F, e);
  segment.inverse = std::ldexp(1.0F, -e);
}

std::vector<Segment> cut(const Row& row) {
  const int depth = row.weights.depth;
  const int group = row.weights.group == 0 ? depth : row.weights.group;
  const bool scaled = row.options.mode == TableMode::kQuantised;
  const int table_group = scaled && row.options.table_group != 0 ? row.options.table_group : depth;
  std::vector<Segment> segments;
  for (int begin = 0; begin < depth;) {
    Segment segment;
    segment.begin = begin;
    segment.end = std::min({depth, (begin / group + 1) * group, (begin / table_group + 1) * table_group});
    const int table_begin = begin / table_group * table_group;
    if (scaled) scale_tables(row, segment, table_begin, std::min(depth, table_begin + table_group));
    segments.push_back(segment);
    begin = segment.end;
  }
  return segments;
}

/// Sum is int64 for integer entries and float for FP32 ones.
template <typename Sum>
void add_segment(const Row& row, const Segment& segment, int n, float& out, std::int64_t& integer) {
  const WeightMatrix& w = row.weights;
  const std::uint8_t* codes = w.codes.data() + size_of(n) * size_of(w.depth);
  Sum acc = 0, all = 0;
  for (int begin = segment.begin; begin < segment.end; begin += row.options.table_k) {
    const int end = std::min(begin + row.options.table_k, segment.end);
    const auto value = [&](const auto& digits) {
      const float exact = entry(row, begin, end, digits);
      return static_cast<Sum>(row.options.mode == TableMode::kQuantised ? quantised(segment, exact) : exact);
    };
    for (int p = 0; p < w.type.planes; ++p) {
      acc += value([&](int k) { return (codes[k] >> p & 1) != 0; }) * static_cast<Sum>(1 << w.type.shifts[size_of(p)]);
    }
    all += value([](int) { return true; });
  }
  const std::size_t group = w.group == 0 ? 0 : size_of(segment.begin / w.group), parameter = group * size_of(w.outputs) + size_of(n);
  int zero = 0;
  if (w.type.zero_mode == ZeroMode::kConstant) zero = w.type.zero;
  if (w.type.zero_mode == ZeroMode::kPerColumn) zero = w.zeros[parameter];
  const Sum corrected = acc - static_cast<Sum>(zero) * all;
  float scale = 1;
  if (w.scales.size() == 1) scale = w.scales[0];
  if (w.scales.size() > 1) scale = w.scales[parameter];
  if constexpr (std::is_integral_v<Sum>) integer += corrected;
  const float c = (scale * segment.s_table) * row.s_a;
  out = out + static_cast<float>(corrected) * c;
  if (!w.real_zeros.empty()) out = out - static_cast<float>(all) * (((scale * w.real_zeros[parameter]) * segment.s_table) * row.s_a);
}

}  // namespace

ReferenceOutput reference_mpgemm(const WeightMatrix& weights, const PlanOptions& options, const ReferenceInput& input) {
  ReferenceOutput output;
  for (int m = 0; m < input.tokens; ++m) {
    Row row{weights, options, {}, 1};
    const bool integer_activations = !input.codes.empty();
    const std::size_t begin = size_of(m) * size_of(weights.depth);
    if (integer_activations) {
      row.a.assign(input.codes.begin() + static_cast<std::ptrdiff_t>(begin),
                   input.codes.begin() + static_cast<std::ptrdiff_t>(begin + size_of(weights.depth)));
      if (!input.scales.empty()) row.s_a = input.scales[size_of(m)];
    } else {
      row.a.assign(input.values.begin() + static_cast<std::ptrdiff_t>(begin),
                   input.values.begin() + static_cast<std::ptrdiff_t>(begin + size_of(weights.depth)));
    }
    if (!integer_activations && options.mode == TableMode::kExact) {
      const QuantisedToken token = quantise_token(row.a);
      row.a.assign(token.codes.begin(), token.codes.end());
      row.s_a = token.scale;
    }
    const std::vector<Segment> segments = cut(row);
    for (int n = 0; n < weights.outputs; ++n) {
      float out = 0;
      std::int64_t integer = 0;
      for (const Segment& segment : segments) {
        if (options.mode == TableMode::kFloat) {
          add_segment<float>(row, segment, n, out, integer);
        } else {
          add_segment<std::int64_t>(row, segment, n, out, integer);
        }
      }
      output.values.push_back(out);
      output.integers.push_back(integer);
    }
  }
  return output;
}

}  // namespace lutra::kernels
