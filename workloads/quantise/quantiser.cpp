// The quantisers, and the weight source that runs them on demand.
#include "workloads/quantise/quantiser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "isa/error.h"
#include "isa/geometry.h"

namespace lutra::workloads {
namespace {

constexpr int kMaxRounds = 50;         // of alternating least squares; it stops when signs stay
constexpr long long kRowsAtOnce = 64;  // when a whole tensor is passed over

double largest_of(std::span<const float> weights) {
  double largest = 0;
  for (const float w : weights) {
    if (!std::isfinite(w)) throw Error(fmt::format("a weight is {}, which cannot be quantised", w));
    largest = std::max(largest, std::fabs(static_cast<double>(w)));
  }
  return largest;
}

/// Codes of a type sorted by value.
std::vector<std::pair<double, std::uint32_t>> sorted_values(const Lowering& l) {
  std::vector<std::pair<double, std::uint32_t>> values;
  for (std::uint32_t code = 0; code < l.words.size(); ++code)
    if (l.words[code] != kNoCode) values.emplace_back(l.value(code), l.words[code]);
  std::sort(values.begin(), values.end());
  return values;
}

/// The word of the value nearest to `wanted`; of two equally near ones that of the smaller value.
std::uint32_t nearest(const std::vector<std::pair<double, std::uint32_t>>& values, double wanted) {
  auto above = std::lower_bound(values.begin(), values.end(), std::pair(wanted, std::uint32_t{0}));
  if (above == values.end()) return values.back().second;
  if (above == values.begin()) return above->second;
  const auto below = std::prev(above);
  return wanted - below->first <= above->first - wanted ? below->second : above->second;
}

/// Solves the symmetric positive semidefinite system a x = b of up to 8 unknowns by elimination; rows without a pivot give 0.
std::vector<double> solve(std::vector<std::vector<double>> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i) {
    if (std::fabs(a[i][i]) < 1e-9) continue;
    for (std::size_t j = i + 1; j < n; ++j) {
      const double factor = a[j][i] / a[i][i];
      for (std::size_t k = i; k < n; ++k) a[j][k] -= factor * a[i][k];
      b[j] -= factor * b[i];
    }
  }
  std::vector<double> x(n);
  for (std::size_t i = n; i-- > 0;) {
    if (std::fabs(a[i][i]) < 1e-9) continue;
    double sum = b[i];
    for (std::size_t k = i + 1; k < n; ++k) sum -= a[i][k] * x[k];
    x[i] = sum / a[i][i];
  }
  return x;
}

double sum_of_signs(const std::vector<double>& scales, std::uint32_t code) {
  double sum = 0;
  for (std::size_t i = 0; i < scales.size(); ++i) sum += ((code >> i) & 1) != 0 ? scales[i] : -scales[i];
  return sum;
}

std::vector<double> fit_scales(std::span<const float> w, const std::vector<std::uint32_t>& codes, std::size_t bits) {
  std::vector<std::vector<double>> a(bits, std::vector<double>(bits));
  std::vector<double> b(bits);
  for (std::size_t i = 0; i < w.size(); ++i) {
    const auto sign = [&codes, i](std::size_t plane) { return ((codes[i] >> plane) & 1) != 0 ? 1.0 : -1.0; };
    for (std::size_t p = 0; p < bits; ++p) {
      b[p] += sign(p) * w[i];
      for (std::size_t q = 0; q < bits; ++q) a[p][q] += sign(p) * sign(q);
    }
  }
  return solve(a, b);
}

QuantisedGroup quantise_planes(const Lowering& l, std::span<const float> w) {
  const auto bits = static_cast<std::size_t>(l.type.code_bits);
  QuantisedGroup group;
  group.words.assign(w.size(), 0);
  // Start: plane after plane, signs of what is left over, its mean magnitude as scale.
  std::vector<double> rest(w.begin(), w.end());
  for (std::size_t p = 0; p < bits; ++p) {
    double mean = 0;
    for (const double r : rest) mean += std::fabs(r);
    mean /= static_cast<double>(rest.size());
    group.scales.push_back(mean);
    for (std::size_t i = 0; i < rest.size(); ++i) {
      if (rest[i] >= 0) group.words[i] |= 1U << p;
      rest[i] -= rest[i] >= 0 ? mean : -mean;
    }
  }
  for (int round = 0; round < kMaxRounds; ++round) {
    group.scales = fit_scales(w, group.words, bits);
    std::vector<std::pair<double, std::uint32_t>> sums;
    for (std::uint32_t code = 0; code < 1U << bits; ++code) sums.emplace_back(sum_of_signs(group.scales, code), code);
    std::sort(sums.begin(), sums.end());
    bool changed = false;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const std::uint32_t code = nearest(sums, w[i]);
      changed = changed || code != group.words[i];
      group.words[i] = code;
    }
    if (!changed) break;
  }
  return group;
}

QuantisedGroup quantise_zero_point(const Lowering& l, std::span<const float> w) {
  const auto [low_it, high_it] = std::minmax_element(w.begin(), w.end());
  const double low = std::min(0.0F, *low_it), high = std::max(0.0F, *high_it);
  const double levels = (1 << l.type.code_bits) - 1, scale = high > low ? (high - low) / levels : 1;
  QuantisedGroup group;
  group.scales = {scale};
  group.zero = static_cast<int>(std::nearbyint(-low / scale));
  for (const float x : w)
    group.words.push_back(static_cast<std::uint32_t>(std::clamp(std::nearbyint(x / scale) + group.zero, 0.0, levels)));
  return group;
}

class QuantisedWeights final : public WeightSource {
 public:
  explicit QuantisedWeights(const FloatSource& source) : source_(source) {}

  void codes(const Tensor& t, long long begin, long long end, std::uint8_t* out) const override {
    const Lowering& l = lowering(t);
    const LoweringPass& pass = l.passes.at(static_cast<std::size_t>(t.format.pass));
    const auto mask = (1U << pass.format.bits) - 1;
    for_each(t, l, begin, end, [&](long long, const QuantisedGroup& g) {
      for (const std::uint32_t word : g.words) *out++ = static_cast<std::uint8_t>((word >> pass.first_plane) & mask);
    });
  }
  void zeros(const Tensor& t, long long begin, long long end, std::int16_t* out) const override {
    for_each(t, lowering(t), begin, end,
             [&](long long, const QuantisedGroup& g) { *out++ = static_cast<std::int16_t>(2 * g.zero + 1 - (1 << t.format.bits)); });
  }
  void scales(const Tensor& t, long long begin, long long end, float* out) const override {
    const Lowering& l = lowering(t);
    if (t.format.kind == WeightKind::kTernary && t.format.group == 0) {
      // One scale for the tensor; a source gives one a row.
      for (long long row = begin; row < end; ++row) *out++ = static_cast<float>(l.passes.front().factor * mean_magnitude(t));
      return;
    }
    const LoweringPass& pass = l.passes.at(static_cast<std::size_t>(t.format.pass));
    for_each(t, l, begin, end, [&](long long, const QuantisedGroup& g) {
      *out++ = static_cast<float>(pass.factor * g.scales[static_cast<std::size_t>(pass.scale_index)]);
    });
  }
  void offsets(const Tensor& t, long long begin, long long end, float* out) const override {
    const Lowering& l = lowering(t);
    if (l.type.minimum.empty() || t.format.pass != 0) return WeightSource::offsets(t, begin, end, out);
    for_each(t, l, begin, end, [&](long long, const QuantisedGroup& g) { *out++ = static_cast<float>(-g.minimum); });
  }

 private:
  const Lowering& lowering(const Tensor& t) const {
    const std::lock_guard lock(mutex_);
    const std::string text = t.format.type.empty() ? to_string(t.format) : t.format.type;
    auto& known = lowerings_[text];
    if (!known) known = std::make_unique<Lowering>(parse_lowering(text));
    return *known;
  }

  double mean_magnitude(const Tensor& t) const {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = means_.find(t.name); found != means_.end()) return found->second;
    }
    double sum = 0;
    std::vector<float> rows(static_cast<std::size_t>(kRowsAtOnce * t.depth));
    for (long long row = 0; row < t.outputs; row += kRowsAtOnce) {
      const long long count = std::min(kRowsAtOnce, t.outputs - row);
      source_.rows(t.name, t.outputs, t.depth, row, row + count, rows.data());
      for (long long i = 0; i < count * t.depth; ++i) sum += std::fabs(static_cast<double>(rows[static_cast<std::size_t>(i)]));
    }
    const std::lock_guard lock(mutex_);
    return means_[t.name] = sum / static_cast<double>(t.outputs * t.depth);
  }

  template <typename Visit>
  void for_each(const Tensor& t, const Lowering& l, long long begin, long long end, Visit visit) const {
    const long long group = t.format.group > 0 ? t.format.group : t.depth;
    const bool whole = t.format.kind == WeightKind::kTernary && t.format.group == 0;
    std::vector<float> row_of(static_cast<std::size_t>(t.depth));
    for (long long row = begin; row < end; ++row) {
      source_.rows(t.name, t.outputs, t.depth, row, row + 1, row_of.data());
      for (long long first = 0; first < t.depth; first += group) {
        const auto w = std::span<const float>(row_of).subspan(static_cast<std::size_t>(first),
                                                              static_cast<std::size_t>(std::min(group, t.depth - first)));
        visit(row, whole ? quantise_ternary(l, w, mean_magnitude(t)) : quantise_group(l, w));
      }
    }
  }

  const FloatSource& source_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<Lowering>> lowerings_;
  mutable std::map<std::string, double> means_;
};

}  // namespace

QuantisedGroup quantise_ternary(const Lowering& l, std::span<const float> weights, double scale) {
  static_cast<void>(largest_of(weights));
  const auto values = sorted_values(l);  // -1, 0, +1
  QuantisedGroup group;
  group.scales = {scale};
  for (const float w : weights) {
    const double level = scale > 0 ? std::clamp(std::nearbyint(w / scale), -1.0, 1.0) : 0;
    group.words.push_back(nearest(values, level));
  }
  return group;
}

QuantisedGroup quantise_group(const Lowering& l, std::span<const float> weights) {
  const double largest = largest_of(weights);
  if (l.type.kind == ValueKind::kPlanes) return quantise_planes(l, weights);
  if (l.type.kind == ValueKind::kZeroPoint) return quantise_zero_point(l, weights);
  if (l.passes.front().format.kind == WeightKind::kTernary) {
    double sum = 0;
    for (const float w : weights) sum += std::fabs(static_cast<double>(w));
    return quantise_ternary(l, weights, sum / static_cast<double>(weights.size()));
  }
  const auto values = sorted_values(l);
  QuantisedGroup group;
  double lift = 0, reach = largest;
  if (!l.type.minimum.empty()) {
    lift = std::max(0.0, -static_cast<double>(*std::min_element(weights.begin(), weights.end())));
    reach = *std::max_element(weights.begin(), weights.end()) + lift;
    group.minimum = lift;
  }
  // The scale takes the largest magnitude to the smaller end of the values, so that both signs fit.
  const double end = values.front().first < 0 ? std::min(-values.front().first, values.back().first) : values.back().first;
  const double top = end > 0 ? end : -values.front().first;
  group.scales = {reach > 0 ? reach / top : 1};
  for (const float w : weights) group.words.push_back(nearest(values, (w + lift) / group.scales.front()));
  return group;
}

std::unique_ptr<WeightSource> make_quantised_weights(const FloatSource& source) { return std::make_unique<QuantisedWeights>(source); }

QuantisationError quantisation_error(const FloatSource& source, const Tensor& tensor) {
  const QuantisedWeights quantised(source);
  const auto depth = static_cast<std::size_t>(tensor.depth), groups = static_cast<std::size_t>(group_count(tensor));
  const auto group = static_cast<std::size_t>(tensor.format.group > 0 ? tensor.format.group : tensor.depth);
  double squares = 0, errors = 0, largest = 0, worst = 0;
  std::vector<float> row(depth), scales(groups), offsets(groups);
  std::vector<std::uint8_t> codes(depth);
  std::vector<std::int16_t> zeros(groups);
  for (long long n = 0; n < tensor.outputs; ++n) {
    source.rows(tensor.name, tensor.outputs, tensor.depth, n, n + 1, row.data());
    std::vector<double> value(depth);
    for (const WeightFormat& format : passes_of(tensor.format)) {
      const Tensor pass{tensor.name, tensor.outputs, tensor.depth, format};
      const kernels::PlaneType planes = plane_type(format);
      quantised.codes(pass, n, n + 1, codes.data());
      quantised.scales(pass, n, n + 1, scales.data());
      quantised.offsets(pass, n, n + 1, offsets.data());
      std::fill(zeros.begin(), zeros.end(), static_cast<std::int16_t>(planes.zero_mode == kernels::ZeroMode::kConstant ? planes.zero : 0));
      if (planes.zero_mode == kernels::ZeroMode::kPerColumn) quantised.zeros(pass, n, n + 1, zeros.data());
      for (std::size_t k = 0; k < depth; ++k) {
        const std::size_t g = k / group;
        value[k] += static_cast<double>(scales[g]) * (kernels::plane_value(planes, codes[k]) - zeros[g]) + offsets[g];
      }
    }
    for (std::size_t k = 0; k < depth; ++k) {
      const double w = row[k], error = w - value[k];
      squares += w * w;
      errors += error * error;
      largest = std::max(largest, std::fabs(w));
      worst = std::max(worst, std::fabs(error));
    }
  }
  return {squares > 0 ? std::sqrt(errors / squares) : 0, largest > 0 ? worst / largest : 0};
}

}  // namespace lutra::workloads
