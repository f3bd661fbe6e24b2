// The seeded generator: a counter goes through a mixing function, so that any slice can be made by itself.
#include "workloads/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <mutex>
#include <string_view>

#include "isa/error.h"
#include "isa/geometry.h"
#include "isa/splitmix.h"
#include "kernels/golden.h"
#include "workloads/types/nearest_code.h"

namespace lutra::workloads {
namespace {

constexpr int kSamplesPerWord = 4;   // 16 random bits a sample
constexpr int kQuantiles = 1 << 15;  // of |normal|; the sixteenth bit is the sign
constexpr float kUnit = 7000;        // table steps in one standard deviation; the largest quantile is 4.2 of them
constexpr int kOutlierOneIn = 256;
constexpr float kOutlierGain = 10;

std::uint64_t key_of(std::uint64_t seed, std::string_view name) {
  std::uint64_t key = splitmix(seed);
  for (const char c : name) key = splitmix_finalise((key + static_cast<unsigned char>(c)) * kSplitmixStep + 1);
  return key;
}

/// Table[i] = (i + 1/2) / kQuantiles quantile of |normal| in steps of 1 / kUnit, by Newton's method from the quantile before: the
/// distribution function is concave, so every step stays below the root.
std::vector<std::int16_t> half_normal_quantiles() {
  constexpr double kDensity = 0.79788456080286536;  // sqrt(2 / pi)
  std::vector<std::int16_t> table(kQuantiles);
  double x = 0;
  for (int i = 0; i < kQuantiles; ++i) {
    const double p = (i + 0.5) / kQuantiles;
    for (int step = 0; step < 20; ++step) {
      const double move = (p - std::erf(x / std::sqrt(2.0))) / (kDensity * std::exp(-x * x / 2));
      x += move;
      if (std::fabs(move) < 1e-7) break;
    }
    table[static_cast<std::size_t>(i)] = static_cast<std::int16_t>(std::lround(x * static_cast<double>(kUnit)));
  }
  return table;
}

/// Random 64-bit words of one row, four samples each.
class Row {
 public:
  Row(std::uint64_t key, long long row, long long depth)
      : state_(key + kSplitmixStep * (static_cast<std::uint64_t>(row) * static_cast<std::uint64_t>(ceil_div(depth, kSamplesPerWord)))) {}
  std::uint64_t next() { return splitmix_finalise(state_ += kSplitmixStep); }

 private:
  std::uint64_t state_;
};

class Normal {
 public:
  Normal() : table_(shared_table()) {}

  /// A row of samples in units of 1 / kUnit; `out` has room for four more than `depth`.
  void row(std::uint64_t key, long long row, long long depth, std::int16_t* out) const {
    Row words(key, row, depth);
    for (long long k = 0; k < depth; k += kSamplesPerWord) {
      std::uint64_t word = words.next();
      for (int i = 0; i < kSamplesPerWord; ++i) {
        const std::int16_t magnitude = table_[word & (kQuantiles - 1)];
        const auto negative = static_cast<std::int16_t>(-static_cast<std::int16_t>((word >> 15) & 1));
        out[k + i] = static_cast<std::int16_t>((magnitude ^ negative) - negative);
        word >>= 16;
      }
    }
  }

 private:
  static const std::vector<std::int16_t>& shared_table() {
    static const std::vector<std::int16_t> table = half_normal_quantiles();
    return table;
  }

  const std::vector<std::int16_t>& table_;
};

/// Round to nearest even of |x| < 2^22: adding 1.5 x 2^23 leaves no bits below one. Unlike nearbyint it vectorises.
float round_even(float x) {
  constexpr float kMagic = 12582912.0F;
  return (x + kMagic) - kMagic;
}

/// Rounds samples to the levels of a format: code = clamp(RNE(x * multiplier + offset), low, high) + shift, for one group.
struct Rounding {
  float multiplier = 0;
  float offset = 0;
  float low = 0, high = 0;
  int shift = 0;
  float scale = 0;        // s' of the group, for weights of standard deviation 1
  std::int16_t zero = 0;  // z' of kZeroPoint
};

Rounding rounding_of(const WeightFormat& format, const std::int16_t* samples, long long count) {
  const auto [min_it, max_it] = std::minmax_element(samples, samples + count);
  const float smallest = *min_it, largest = *max_it;
  const float top = std::max({-smallest, largest, 1.0F});
  const auto levels = static_cast<float>((1 << format.bits) - 1);
  Rounding r;
  switch (format.kind) {
    case WeightKind::kTwosComplement: {
      const int half = 1 << (format.bits - 1);
      const auto used = static_cast<float>(std::max(half - 1, 1));
      r = {used / top, 0, static_cast<float>(-half), static_cast<float>(half - 1), half, top / used, 0};
      break;
    }
    case WeightKind::kTernary:
    case WeightKind::kBinary:
    case WeightKind::kOddSymmetric:  // value 2 q - levels
      r = {levels / (2 * top), levels / 2, 0, levels, 0, 2 * top / levels, 0};
      break;
    case WeightKind::kZeroPoint: {
      const float range = std::max(std::max(largest, 0.0F) - std::min(smallest, 0.0F), 1.0F);
      const float zero = round_even(-std::min(smallest, 0.0F) * levels / range);
      r = {levels / range,
           zero,
           0,
           levels,
           0,
           range / levels,
           static_cast<std::int16_t>(2 * static_cast<int>(zero) - static_cast<int>(levels))};
      break;
    }
    case WeightKind::kConstantZero:  // only types of a table have these: TypeGenerator
    case WeightKind::kPasses:
      throw Error(fmt::format("weights of {} are not made by rounding", to_string(format)));
  }
  r.scale /= 2 * kUnit;
  return r;
}

/// A type's codes for samples: the nearest one on the scale of the group.
class TypeGenerator {
 public:
  explicit TypeGenerator(const std::string& text) : lowering_(parse_lowering(text)), nearest_(lowering_) {}

  /// Scale of a group at sample units, and what a sample is lifted by before it is rounded.
  struct Group {
    float scale = 1;
    float lift = 0;
  };
  [[nodiscard]] Group group_of(const std::int16_t* samples, long long count) const {
    const auto [min_it, max_it] = std::minmax_element(samples, samples + count);
    const float smallest = *min_it, largest = *max_it;
    if (lowering_.type.minimum.empty()) return {std::max({-smallest, largest, 1.0F}) / static_cast<float>(nearest_.top()), 0};
    const float lift = std::max(-smallest, 0.0F);
    return {std::max(largest + lift, 1.0F) / static_cast<float>(nearest_.top()), lift};
  }
  void codes(int pass, const std::int16_t* samples, long long count, std::uint8_t* out) const {
    const LoweringPass& p = lowering_.passes.at(static_cast<std::size_t>(pass));
    const Group group = group_of(samples, count);
    const float share = 1 / (group.scale * static_cast<float>(nearest_.top()));
    const auto mask = (1U << p.format.bits) - 1;
    for (long long i = 0; i < count; ++i)
      out[i] = static_cast<std::uint8_t>((nearest_.word((static_cast<float>(samples[i]) + group.lift) * share) >> p.first_plane) & mask);
  }
  /// s' of a pass for weights of standard deviation 1; scales of sign planes double from plane to plane.
  [[nodiscard]] float scale(int pass, const Group& group) const {
    const LoweringPass& p = lowering_.passes.at(static_cast<std::size_t>(pass));
    return static_cast<float>(p.factor) * group.scale * static_cast<float>(1 << p.scale_index) / kUnit;
  }

 private:
  Lowering lowering_;
  NearestCode nearest_;
};

class GeneratedWeights final : public WeightSource {
 public:
  GeneratedWeights(std::uint64_t seed, double zero_share) : seed_(seed), zero_share_(zero_share) {
    if (!(zero_share >= 0 && zero_share <= 1)) throw Error(fmt::format("zero share is {}, allowed is 0 to 1", zero_share));
  }

  void codes(const Tensor& tensor, long long begin, long long end, std::uint8_t* out) const override {
    if (tensor.format.kind == WeightKind::kTernary) return ternary(tensor, begin, end, out);
    if (is_typed(tensor)) {
      const TypeGenerator& type = generator(tensor.format.type);
      for_each_samples(tensor, begin, end, [&](long long row, long long, long long first, const std::int16_t* x, long long count) {
        type.codes(tensor.format.pass, x, count, out + (row - begin) * tensor.depth + first);
      });
      return;
    }
    for_each_group(
        tensor, begin, end,
        [out, &tensor, begin](long long row, long long, long long first, const std::int16_t* x, long long count, const Rounding& r) {
          std::uint8_t* codes = out + (row - begin) * tensor.depth + first;
          for (long long i = 0; i < count; ++i) {
            const float level = std::min(std::max(round_even(static_cast<float>(x[i]) * r.multiplier + r.offset), r.low), r.high);
            codes[i] = static_cast<std::uint8_t>(static_cast<int>(level) + r.shift);
          }
        });
  }

  void zeros(const Tensor& tensor, long long begin, long long end, std::int16_t* out) const override {
    const long long groups = group_count(tensor);
    for_each_group(tensor, begin, end,
                   [out, groups, begin](long long row, long long group, long long, const std::int16_t*, long long, const Rounding& r) {
                     out[(row - begin) * groups + group] = r.zero;
                   });
  }

  void scales(const Tensor& tensor, long long begin, long long end, float* out) const override {
    if (tensor.format.kind == WeightKind::kTernary) {
      // Absmean of weights of standard deviation 1 is sqrt(2 / pi); s' is half of the scale.
      std::fill(out, out + (end - begin) * group_count(tensor), 0.39894228F);
      return;
    }
    if (is_typed(tensor)) {
      const TypeGenerator& type = generator(tensor.format.type);
      for_each_samples(tensor, begin, end, [&](long long, long long, long long, const std::int16_t* x, long long count) {
        *out++ = type.scale(tensor.format.pass, type.group_of(x, count));
      });
      return;
    }
    const long long groups = group_count(tensor);
    for_each_group(tensor, begin, end,
                   [out, groups, begin](long long row, long long group, long long, const std::int16_t*, long long, const Rounding& r) {
                     out[(row - begin) * groups + group] = r.scale;
                   });
  }

  void offsets(const Tensor& tensor, long long begin, long long end, float* out) const override {
    if (!is_typed(tensor) || tensor.format.pass != 0) return WeightSource::offsets(tensor, begin, end, out);
    const TypeGenerator& type = generator(tensor.format.type);
    for_each_samples(tensor, begin, end, [&](long long, long long, long long, const std::int16_t* x, long long count) {
      *out++ = -type.group_of(x, count).lift / kUnit;
    });
  }

 private:
  /// Whether codes come from a type's table; zero points of any packing are made like those of the plain kind.
  static bool is_typed(const Tensor& tensor) {
    return !tensor.format.type.empty() && tensor.format.kind != WeightKind::kTernary && tensor.format.kind != WeightKind::kZeroPoint;
  }

  const TypeGenerator& generator(const std::string& type) const {
    const std::lock_guard lock(mutex_);
    auto& known = types_[type];
    if (!known) known = std::make_unique<TypeGenerator>(type);
    return *known;
  }

  void ternary(const Tensor& tensor, long long begin, long long end, std::uint8_t* out) const {
    const std::uint64_t key = key_of(seed_, tensor.name);
    const auto zero_below = static_cast<std::uint32_t>(std::lround(zero_share_ * 65536));
    const std::uint32_t minus_below = zero_below + (65536 - zero_below) / 2;
    // Planes of -1, 0, +1: 00, 01, 11.
    const auto code = [zero_below, minus_below](std::uint64_t word) {
      const auto u = static_cast<std::uint32_t>(word & 0xFFFF);
      const std::uint32_t plus = u >= minus_below ? 3 : 0, zero = u < zero_below ? 1 : 0;
      return static_cast<std::uint8_t>(plus | zero);
    };
    for (long long row = begin; row < end; ++row) {
      Row words(key, row, tensor.depth);
      std::uint8_t* codes = out + (row - begin) * tensor.depth;
      long long k = 0;
      for (; k + kSamplesPerWord <= tensor.depth; k += kSamplesPerWord) {
        const std::uint64_t word = words.next();
        for (int i = 0; i < kSamplesPerWord; ++i) codes[k + i] = code(word >> (16 * i));
      }
      for (std::uint64_t word = words.next(); k < tensor.depth; ++k, word >>= 16) codes[k] = code(word);
    }
  }

  template <typename Visit>
  void for_each_samples(const Tensor& tensor, long long begin, long long end, Visit visit) const {
    const std::uint64_t key = key_of(seed_, tensor.name);
    const long long group = tensor.format.group > 0 ? tensor.format.group : tensor.depth;
    std::vector<std::int16_t> samples(static_cast<std::size_t>(tensor.depth) + kSamplesPerWord);
    for (long long row = begin; row < end; ++row) {
      normal_.row(key, row, tensor.depth, samples.data());
      for (long long first = 0, index = 0; first < tensor.depth; first += group, ++index)
        visit(row, index, first, samples.data() + first, std::min(group, tensor.depth - first));
    }
  }

  template <typename Visit>
  void for_each_group(const Tensor& tensor, long long begin, long long end, Visit visit) const {
    for_each_samples(tensor, begin, end, [&](long long row, long long index, long long first, const std::int16_t* x, long long count) {
      visit(row, index, first, x, count, rounding_of(tensor.format, x, count));
    });
  }

  std::uint64_t seed_;
  double zero_share_;
  Normal normal_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<TypeGenerator>> types_;  // by text, made when first asked for
};

class GeneratedActivations final : public ActivationSource {
 public:
  explicit GeneratedActivations(std::uint64_t seed) : seed_(splitmix_finalise(seed + 1)) {}

  void codes(const std::string& name, long long depth, long long begin, long long end, std::int8_t* out, float* scales) const override {
    std::vector<float> token(static_cast<std::size_t>(depth));
    for (long long t = begin; t < end; ++t) {
      values(name, depth, t, t + 1, token.data());
      const kernels::QuantisedToken quantised = kernels::quantise_token(token);
      std::copy(quantised.codes.begin(), quantised.codes.end(), out + (t - begin) * depth);
      if (scales != nullptr) scales[t - begin] = quantised.scale;
    }
  }

  void values(const std::string& name, long long depth, long long begin, long long end, float* out) const override {
    const std::uint64_t key = key_of(seed_, name);
    std::vector<std::int16_t> samples(static_cast<std::size_t>(depth) + kSamplesPerWord);
    for (long long t = begin; t < end; ++t, out += depth) {
      normal_.row(key, t, depth, samples.data());
      for (long long k = 0; k < depth; ++k) {
        const bool outlier =
            splitmix_finalise(key ^ static_cast<std::uint64_t>(k)) % kOutlierOneIn == 0;  // a channel, the same for every token
        out[k] = static_cast<float>(samples[static_cast<std::size_t>(k)]) / kUnit * (outlier ? kOutlierGain : 1.0F);
      }
    }
  }

 private:
  std::uint64_t seed_;
  Normal normal_;
};

}  // namespace

long long group_count(const Tensor& tensor) { return tensor.format.group > 0 ? ceil_div(tensor.depth, tensor.format.group) : 1; }

void WeightSource::offsets(const Tensor& tensor, long long begin, long long end, float* out) const {
  std::fill(out, out + (end - begin) * group_count(tensor), 0.0F);
}

void ActivationSource::values(const std::string& name, long long depth, long long begin, long long end, float* out) const {
  std::vector<std::int8_t> tokens(static_cast<std::size_t>((end - begin) * depth));
  std::vector<float> token_scales(static_cast<std::size_t>(end - begin));
  codes(name, depth, begin, end, tokens.data(), token_scales.data());
  for (std::size_t i = 0; i < tokens.size(); ++i)
    out[i] = static_cast<float>(tokens[i]) * token_scales[i / static_cast<std::size_t>(depth)];
}

std::unique_ptr<WeightSource> make_generated_weights(std::uint64_t seed, double zero_share) {
  return std::make_unique<GeneratedWeights>(seed, zero_share);
}

std::unique_ptr<ActivationSource> make_generated_activations(std::uint64_t seed) { return std::make_unique<GeneratedActivations>(seed); }

}  // namespace lutra::workloads
