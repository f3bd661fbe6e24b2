// Rounds, aligns and, where software makes the tables, builds them.
#include "workloads/machine_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "kernels/float_code.h"
#include "kernels/scaled_golden.h"

namespace lutra::workloads {
namespace {

std::size_t size_of(long long n) { return static_cast<std::size_t>(n); }

int group_of(const Geometry& g) { return g.group_ksteps * g.kstep; }

MachineRows integer_rows(const PlacedJob& job, const ActivationSource& source) {
  const GemmShape& s = job.layout.shape;
  std::vector<std::int8_t> codes(size_of(s.tokens * s.depth));
  MachineRows rows;
  rows.token_scales.resize(size_of(s.tokens));
  source.codes(job.activations, s.depth, 0, s.tokens, codes.data(), rows.token_scales.data());
  rows.loaded.assign(codes.begin(), codes.end());
  rows.integers.assign(codes.begin(), codes.end());
  return rows;
}

MachineRows float_rows(const PlacedJob& job, const ActivationSource& source) {
  const GemmShape& s = job.layout.shape;
  const Geometry& g = job.layout.geometry;
  const FloatFormat& format = *find_float_format(job.activation_type);
  std::vector<float> values(size_of(s.tokens * s.depth));
  source.values(job.activations, s.depth, 0, s.tokens, values.data());
  MachineRows rows;
  for (float& value : values) {
    const std::uint32_t bits = kernels::encode_float(format, value);
    value = kernels::decode_float(format, bits);
    rows.loaded.push_back(static_cast<std::int16_t>(bits));
  }
  rows.token_scales.assign(size_of(s.tokens), 1.0F);
  if (g.floating) {
    rows.values = std::move(values);
    return rows;
  }
  for (long long m = 0; m < s.tokens; ++m) {
    const kernels::AlignedRow row =
        kernels::align_row(std::span(values).subspan(size_of(m * s.depth), size_of(s.depth)), format, group_of(g), g.operand_bits - 1);
    rows.integers.insert(rows.integers.end(), row.integers.begin(), row.integers.end());
    rows.aligned_scales.insert(rows.aligned_scales.end(), row.scales.begin(), row.scales.end());
  }
  return rows;
}

/// A word of loaded tables while it is filled.
class TableWord {
 public:
  TableWord(const Geometry& geometry, int table_inputs, int rows, std::span<std::uint8_t> word)
      : g_(geometry), inputs_(table_inputs), rows_(rows), word_(word) {}

  /// Tables of one row from K G integers, the sum of their last entries, and their scale.
  void put(int row, std::span<const std::int32_t> a, const kernels::TableScale& scale) {
    std::int64_t sum = 0;
    for (int t = 0; t < g_.tables; ++t) {
      const long long at = std::int64_t{row} * g_.table_row_bits + std::int64_t{t} * g_.stored_table_bits;
      std::int32_t entry = 0;
      for (int j = 0; j < g_.entries; ++j) {
        entry = entry_of<std::int32_t>(j, a.subspan(size_of(std::int64_t{t} * inputs_), size_of(inputs_)));
        if (g_.quantised) entry = kernels::quantised_entry(entry, scale);
        bits(at + std::int64_t{j} * g_.entry_bits, g_.entry_bits, static_cast<std::uint64_t>(g_.parity ? entry >> 1 : entry));
      }
      if (g_.parity) bits(at + g_.stored_table_bits - 1, 1, static_cast<std::uint64_t>(entry & 1));
      sum += entry;
    }
    const long long sums = std::int64_t{rows_} * g_.table_row_bits, scales = sums + std::int64_t{rows_} * g_.sum_bits;
    bits(sums + std::int64_t{row} * g_.sum_bits, g_.sum_bits, static_cast<std::uint64_t>(sum));
    if (g_.grouped) bits(scales + std::int64_t{row} * g_.table_scale_bits, g_.table_scale_bits, std::bit_cast<std::uint32_t>(scale.scale));
  }

  /// Tables of one row from K numbers in FP32, and the sum of their last entries, which is one of one table.
  void put(int row, std::span<const float> a) {
    const auto number = [this](long long at, float value) {
      bits(at, g_.entry_bits, std::isnan(value) ? kFp32.canonical_nan : std::bit_cast<std::uint32_t>(value));
    };
    float entry = 0;
    for (int j = 0; j < g_.entries; ++j) {
      entry = entry_of(j, a);
      number(std::int64_t{row} * g_.table_row_bits + std::int64_t{j} * g_.entry_bits, entry);
    }
    number(std::int64_t{rows_} * g_.table_row_bits + std::int64_t{row} * g_.sum_bits, entry);
  }

 private:
  /// The sum from left to right, signs first.
  template <typename Number>
  [[nodiscard]] Number entry_of(int j, std::span<const Number> a) const {
    Number entry = 0;
    bool first = true;
    for (int i = 0, number = j + 1; i < inputs_; ++i) {
      const int trit = (number + 1) % 3 - 1;
      number = (number - trit) / 3;
      const int factor = g_.ternary ? trit : i == inputs_ - 1 || (j >> i & 1) != 0 ? 1 : -1;
      if (factor == 0) continue;
      const Number term = factor > 0 ? a[size_of(i)] : -a[size_of(i)];
      entry = first ? term : entry + term;
      first = false;
    }
    return entry;
  }

  void bits(long long at, int count, std::uint64_t value) { put_bits(word_, at, count, value); }

  const Geometry& g_;
  int inputs_, rows_;
  std::span<std::uint8_t> word_;
};

/// Scales of the tables of one row, a group of k after the other.
std::vector<kernels::TableScale> scales_of(const PlacedJob& job, const MachineRows& rows, long long m) {
  const Geometry& g = job.layout.geometry;
  const long long depth = job.layout.shape.depth;
  std::vector<kernels::TableScale> scales;
  for (long long first = 0; g.grouped && first < depth; first += group_of(g)) {
    if (g.aligned) {
      scales.push_back({rows.aligned_scales[size_of(m * ceil_div(depth, group_of(g)) + first / group_of(g))], 0});
      continue;
    }
    std::int32_t largest = 0;
    for (long long k = first; k < std::min(first + group_of(g), depth); k += job.layout.table_inputs) {
      std::int32_t sum = 0;
      for (long long i = k; i < std::min(k + job.layout.table_inputs, depth); ++i) sum += std::abs(rows.integers[size_of(m * depth + i)]);
      largest = std::max(largest, sum);
    }
    scales.push_back(kernels::quantised_table_scale(largest, job.tables.pow2));
  }
  return scales;
}

/// The numbers of a k-step of token m, zeros beyond its depth.
template <typename Number>
std::vector<Number> numbers_of(const GemmLayout& layout, const std::vector<Number>& rows, long long m, long long kstep) {
  std::vector<Number> a(size_of(layout.geometry.kstep));
  for (std::size_t i = 0; i < a.size(); ++i) {
    const long long k = kstep * layout.geometry.kstep + static_cast<long long>(i);
    if (k < layout.shape.depth) a[i] = rows[size_of(m * layout.shape.depth + k)];
  }
  return a;
}

void pack_tables(const PlacedJob& job, const MachineRows& rows, std::span<std::uint8_t> out) {
  const GemmLayout& layout = job.layout;
  const Geometry& g = layout.geometry;
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  for (long long m = 0; m < layout.shape.tokens; ++m) {
    const std::vector<kernels::TableScale> scales = scales_of(job, rows, m);
    for (long long s = 0; s < layout.ksteps; ++s) {
      const std::size_t group = g.grouped ? std::min(size_of(s / g.group_ksteps), scales.size() - 1) : 0;
      const long long at = m / layout.rows * layout.activation_pitch + s * g.table.stride_bytes;
      TableWord word(g, layout.table_inputs, layout.rows, out.subspan(size_of(at), size_of(g.table.stride_bytes)));
      const auto row = static_cast<int>(m % layout.rows);
      if (g.floating) {
        word.put(row, numbers_of(layout, rows.values, m, s));
      } else {
        word.put(row, numbers_of(layout, rows.integers, m, s), scales.empty() ? kernels::TableScale{} : scales[group]);
      }
    }
  }
}

}  // namespace

MachineRows machine_rows(const PlacedJob& job, const ActivationSource& source) {
  const Geometry& g = job.layout.geometry;
  return g.aligned || g.floating ? float_rows(job, source) : integer_rows(job, source);
}

void pack_rows(const PlacedJob& job, const MachineRows& rows, std::span<std::uint8_t> out) {
  if (job.layout.geometry.memory) return pack_tables(job, rows, out);
  pack_activations(job.layout, rows.loaded, out);
}

}  // namespace lutra::workloads
