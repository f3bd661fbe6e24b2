// Looks every product up in whole tables, which are written out for one token at a time.
#include "kernels/scaled_golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "isa/error.h"

namespace lutra::kernels {
namespace {

std::size_t size_of(int n) { return static_cast<std::size_t>(n); }

constexpr std::uint32_t kNan = 0x7FC00000;

/// Tables of one token: every sum of signed activations, or of activations times trits.
template <typename Entry>
struct Tables {
  std::vector<Entry> entries;  // tables x `count`, the last one adds all activations
  std::vector<float> scales;   // of each group
};

class Golden {
 public:
  explicit Golden(const ScaledGemm& gemm)
      : g_(gemm),
        digits_(gemm.trits ? 3 : 2),
        planes_(gemm.trits ? 1 : gemm.type.planes),
        tables_((gemm.depth + gemm.table_inputs - 1) / gemm.table_inputs) {
    for (int i = 0; i < gemm.table_inputs; ++i) count_ *= digits_;
    check();
    index_codes();
  }

  std::vector<float> run() const {
    std::vector<float> out;
    for (int m = 0; m < g_.tokens; ++m) {
      if (floats()) {
        add_token<float>(tables_of<float>(m, g_.values), m, out);
        continue;
      }
      Tables<std::int32_t> tables = tables_of<std::int32_t>(m, g_.activations);
      scale(tables, m);
      add_token<std::int64_t>(tables, m, out);
    }
    return out;
  }

 private:
  [[nodiscard]] bool floats() const { return !g_.values.empty(); }

  template <typename Sum, typename Entry>
  void add_token(const Tables<Entry>& tables, int m, std::vector<float>& out) const {
    for (int n = 0; n < g_.outputs; ++n) out.push_back(output<Sum>(tables, m, n));
  }

  void check() const {
    const auto expect = [](const char* what, std::size_t given, std::size_t wanted) {
      if (given != wanted) throw Error(fmt::format("scaled GEMM: {} {}, the shape needs {}", given, what, wanted));
    };
    if (g_.segment < 1 || g_.segment % g_.table_inputs != 0 || (g_.table_group % g_.segment != 0 && g_.depth > g_.table_group))
      throw Error(
          fmt::format("scaled GEMM: segments of {} with tables of {} in groups of {}", g_.segment, g_.table_inputs, g_.table_group));
    const std::size_t tokens = size_of(g_.tokens), depth = size_of(g_.depth);
    const std::size_t parameters = size_of((g_.depth + g_.segment - 1) / g_.segment) * size_of(g_.outputs);
    expect("activations", floats() ? g_.values.size() : g_.activations.size(), tokens * depth);
    if (floats() && (g_.quantised || g_.table_group != 0)) throw Error("scaled GEMM: FP32 sums are not quantised and have no scales");
    expect("codes", g_.codes.size(), size_of(g_.outputs) * depth);
    expect("token scales", g_.token_scales.size(), tokens);
    expect("scales", g_.scales.size(), parameters);
    if (g_.type.zero_mode == ZeroMode::kPerColumn && g_.real_zeros.empty()) expect("zero points", g_.zeros.size(), parameters);
    if (!g_.real_zeros.empty()) expect("real zero points", g_.real_zeros.size(), parameters);
    if (g_.table_group != 0 && !g_.quantised) expect("table scales", g_.table_scales.size(), tokens * groups());
  }

  [[nodiscard]] std::size_t groups() const { return g_.table_group == 0 ? 0 : size_of((g_.depth + g_.table_group - 1) / g_.table_group); }

  /// Digit of plane p at k as 0, 1 (and 2).
  [[nodiscard]] int digit(int n, int p, int k) const {
    const int code = k < g_.depth ? g_.codes[size_of(n) * size_of(g_.depth) + size_of(k)] : 0;
    return g_.trits ? (code & 1) + (code >> 1 & 1) : code >> p & 1;
  }

  void index_codes() {
    indices_.reserve(size_of(g_.outputs) * size_of(planes_) * size_of(tables_));
    for (int n = 0; n < g_.outputs; ++n)
      for (int p = 0; p < planes_; ++p)
        for (int t = 0; t < tables_; ++t) {
          int index = 0;
          for (int i = g_.table_inputs - 1; i >= 0; --i) index = digits_ * index + digit(n, p, t * g_.table_inputs + i);
          indices_.push_back(static_cast<std::uint16_t>(index));
        }
  }

  /// Sums are rounded from left to right where entries are FP32, signs applied first; a trit of 0 leaves its activation out.
  template <typename Entry>
  [[nodiscard]] Entry entry_of(int x, const Entry* a) const {
    Entry entry = 0;
    bool first = true;
    for (int i = 0; i < g_.table_inputs; ++i, x /= digits_) {
      const int factor = g_.trits ? x % 3 - 1 : 2 * (x % 2) - 1;
      if (factor == 0) continue;
      const Entry term = factor > 0 ? a[i] : -a[i];
      entry = first ? term : entry + term;
      first = false;
    }
    return entry;
  }

  template <typename Entry>
  [[nodiscard]] Tables<Entry> tables_of(int m, std::span<const Entry> activations) const {
    Tables<Entry> tables;
    std::vector<Entry> row(size_of(tables_ * g_.table_inputs), Entry{0});
    std::copy_n(activations.begin() + static_cast<std::ptrdiff_t>(size_of(m) * size_of(g_.depth)), g_.depth, row.begin());
    for (int t = 0; t < tables_; ++t)
      for (int x = 0; x < count_; ++x) tables.entries.push_back(entry_of(x, row.data() + size_of(t * g_.table_inputs)));
    return tables;
  }

  void scale(Tables<std::int32_t>& tables, int m) const {
    if (g_.quantised) quantise(tables);
    if (g_.table_group == 0 || g_.quantised) return;
    const auto first = g_.table_scales.begin() + static_cast<std::ptrdiff_t>(size_of(m) * groups());
    tables.scales.assign(first, first + static_cast<std::ptrdiff_t>(groups()));
  }

  void quantise(Tables<std::int32_t>& tables) const {
    const std::size_t length = size_of(g_.table_group / g_.table_inputs) * size_of(count_);
    for (std::size_t first = 0; first < tables.entries.size(); first += length) {
      const std::size_t end = std::min(first + length, tables.entries.size());
      std::int32_t largest = 0;
      for (std::size_t i = first; i < end; ++i) largest = std::max(largest, std::abs(tables.entries[i]));
      const TableScale scale = quantised_table_scale(largest, g_.power_of_two);
      for (std::size_t i = first; i < end; ++i) tables.entries[i] = quantised_entry(tables.entries[i], scale);
      tables.scales.push_back(scale.scale);
    }
  }

  /// Sums of a segment are exact integers, or FP32 numbers added table by table, a table's planes one after the other.
  template <typename Sum, typename Entry>
  [[nodiscard]] float output(const Tables<Entry>& tables, int m, int n) const {
    const int per_segment = g_.segment / g_.table_inputs;
    const std::uint16_t* indices = indices_.data() + size_of(n) * size_of(planes_) * size_of(tables_);
    float out = 0;
    for (int first = 0, s = 0; first < tables_; first += per_segment, ++s) {
      const int end = std::min(first + per_segment, tables_);
      Sum acc = 0, all = 0;
      for (int t = first; t < end; ++t) {
        const Entry* entries = tables.entries.data() + size_of(t) * size_of(count_);
        for (int p = 0; p < planes_; ++p)
          acc += entries[indices[size_of(p) * size_of(tables_) + size_of(t)]] *
                 static_cast<Sum>(std::int64_t{1} << (g_.trits ? 0 : g_.type.shifts[size_of(p)]));
        all += entries[count_ - 1];
      }
      const std::size_t parameter = size_of(s) * size_of(g_.outputs) + size_of(n);
      const float s_table = tables.scales.empty() ? 1.0F : tables.scales[size_of(first * g_.table_inputs / g_.table_group)];
      const float s_a = g_.token_scales[size_of(m)];
      const float c = (g_.scales[parameter] * s_table) * s_a;
      out = out + static_cast<float>(acc - static_cast<Sum>(zero(parameter)) * all) * c;
      if (!g_.real_zeros.empty()) out = out - static_cast<float>(all) * ((g_.real_zeros[parameter] * s_table) * s_a);
    }
    return std::isnan(out) ? std::bit_cast<float>(kNan) : out;
  }

  [[nodiscard]] int zero(std::size_t parameter) const {
    if (!g_.real_zeros.empty()) return 0;
    if (g_.type.zero_mode == ZeroMode::kPerColumn) return g_.zeros[parameter];
    return g_.type.zero_mode == ZeroMode::kConstant ? g_.type.zero : 0;
  }

  const ScaledGemm& g_;
  int digits_, planes_, tables_, count_ = 1;
  std::vector<std::uint16_t> indices_;  // outputs x planes x tables
};

}  // namespace

AlignedRow align_row(std::span<const float> values, const FloatFormat& format, int group, int mantissa_bits) {
  AlignedRow row;
  const float limit = std::ldexp(1.0F, mantissa_bits) - 1;
  for (std::size_t first = 0; first < values.size(); first += size_of(group)) {
    const std::span<const float> block = values.subspan(first, std::min(size_of(group), values.size() - first));
    int exponent = 1 - format.bias();
    bool finite = true;
    for (const float v : block) {
      finite = finite && std::isfinite(v);
      if (std::isfinite(v) && v != 0) exponent = std::max(exponent, std::ilogb(v));
    }
    const int unit = exponent - mantissa_bits + 1;
    row.scales.push_back(finite ? std::ldexp(1.0F, unit) : std::numeric_limits<float>::quiet_NaN());
    for (const float v : block) {
      const double integer = finite ? std::nearbyint(std::ldexp(static_cast<double>(v), -unit)) : 0;
      row.integers.push_back(static_cast<std::int32_t>(std::clamp(integer, -static_cast<double>(limit), static_cast<double>(limit))));
    }
  }
  return row;
}

TableScale quantised_table_scale(std::int32_t largest, bool power_of_two) {
  if (largest == 0) return {};
  const auto m = static_cast<float>(largest);
  if (!power_of_two) return {m / 127.0F, 127.0F / m};
  int e = -7;  // the smallest magnitude but 0 is 1
  while (std::nearbyint(std::ldexp(m, -e)) > 127.0F) ++e;
  return {std::ldexp(1.0F, e), std::ldexp(1.0F, -e)};
}

std::int32_t quantised_entry(std::int32_t entry, const TableScale& scale) {
  const float value = static_cast<float>(entry) * scale.inverse;
  return static_cast<std::int32_t>(std::clamp(std::nearbyint(value), -127.0F, 127.0F));
}

std::vector<float> golden_scaled_gemm(const ScaledGemm& gemm) { return Golden(gemm).run(); }

}  // namespace lutra::kernels
