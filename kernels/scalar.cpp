// The scalar family: one output at a time from tables of any size, in every mode. Slow; there where no vector kernel applies.
#include <algorithm>

#include "kernels/parallel.h"
#include "kernels/tables.h"

namespace lutra::kernels {
namespace {

/// Sum over tables (ascending k) and planes (first plane first) of plane weight x entry, for one row and segment.
template <typename Sum, typename Entry>
Sum look_up_row(const PlanData& plan, const std::uint8_t* codes, std::size_t depth, const Entry* tables) {
  const auto k = static_cast<std::size_t>(plan.options.table_k);
  Sum sum = 0;
  for (std::size_t begin = 0; begin < depth; begin += k, tables += std::size_t{1} << k) {
    for (int p = 0; p < plan.type.planes; ++p) {
      std::size_t index = 0;
      for (std::size_t i = begin; i < std::min(begin + k, depth); ++i) index |= static_cast<std::size_t>(codes[i] >> p & 1) << (i - begin);
      sum += static_cast<Sum>(tables[index]) * static_cast<Sum>(1 << plan.type.shifts[static_cast<std::size_t>(p)]);
    }
  }
  return sum;
}

struct RowResult {
  float value = 0;
  std::int64_t integer = 0;
};

template <typename Sum, typename Entry>
RowResult row_result(const PlanData& plan, const NumberTables<Entry>& tables, int row, float s_a) {
  const std::size_t per_segment = tables.entries.size() / static_cast<std::size_t>(plan.segments);
  RowResult result;
  for (int s = 0; s < plan.segments; ++s) {
    const int group = s / plan.group_segments;
    const int depth = std::min(plan.segment, plan.depth - s * plan.segment);
    const auto acc = look_up_row<Sum>(plan, plan.segment_of(row, s), static_cast<std::size_t>(depth),
                                      tables.entries.data() + static_cast<std::size_t>(s) * per_segment);
    const auto sum = static_cast<Sum>(tables.sums[static_cast<std::size_t>(s)]);
    const int zero = (plan.column_offsets ? *plan.offsets_of(row, group) : plan.offset) - plan.max_value;
    const Sum corrected = acc - static_cast<Sum>(zero) * sum;
    const float scale = plan.column_scales ? *plan.scales_of(row, group) : plan.tensor_scale;
    const float s_table = tables.scales[static_cast<std::size_t>(s)];
    result.integer += static_cast<std::int64_t>(corrected);
    result.value += static_cast<float>(corrected) * (scale * s_table * s_a);
    if (plan.real_zeros) result.value -= static_cast<float>(sum) * (scale * *plan.real_zeros_of(row, group) * s_table * s_a);
  }
  return result;
}

template <typename Sum, typename Entry>
void run_rows(const PlanData& plan, const NumberTables<Entry>& tables, int token, float s_a, const OutputView& output, int threads) {
  const auto run = [&](int row) {
    const RowResult result = row_result<Sum>(plan, tables, row, s_a);
    const auto integer = static_cast<std::int32_t>(result.integer);
    if (output.type == ValueType::kInt32) {
      store_results(output, token, row, 1, &integer);
    } else {
      store_results(output, token, row, 1, &result.value);
    }
  };
  parallel_parts(threads, plan.outputs, [&](int begin, int end) {
    for (int row = begin; row < end; ++row) run(row);
  });
}

}  // namespace

void scalar_gemm(const PlanData& plan, const ResolvedActivations& activations, int token, const OutputView& output, int threads) {
  const float s_a = activations.scales[static_cast<std::size_t>(token)];
  switch (plan.options.mode) {
    case TableMode::kExact:
      return run_rows<std::int32_t>(plan, build_integer_tables(plan, activations, token), token, s_a, output, threads);
    case TableMode::kQuantised:
      return run_rows<std::int32_t>(plan, build_quantised_tables(plan, activations, token), token, s_a, output, threads);
    case TableMode::kFloat:
      return run_rows<float>(plan, build_float_tables(plan, activations, token), token, s_a, output, threads);
  }
}

}  // namespace lutra::kernels
