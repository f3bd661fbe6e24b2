// Finds the fewest planes that hold every value of a type, or the nearest ones.
#include "workloads/types/lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cmath>
#include <numeric>
#include <tuple>

#include "isa/error.h"

namespace lutra::workloads {
namespace {

constexpr int kMaxGroup = 1 << 16;
constexpr int kScaleTrials = 2000;
constexpr int kMaxZero = 511;  // |z'| that the instruction holds

std::vector<double> defined(const std::vector<double>& values) {
  std::vector<double> kept;
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept), [](double v) { return !std::isnan(v); });
  return kept;
}

/// Values as integers times the largest power of two that divides them all.
struct Scaled {
  double unit = 1;
  double low = 0, high = 0;
  bool all_odd = true;
};

Scaled scaled(const std::vector<double>& values) {
  int exponent = INT_MAX;
  for (const double v : values) {
    if (v == 0) continue;
    int e = 0;
    double m = std::frexp(v, &e);
    while (m != std::floor(m)) {
      m *= 2;
      --e;
    }
    exponent = std::min(exponent, e);
  }
  Scaled s;
  s.unit = exponent == INT_MAX ? 1 : std::ldexp(1.0, exponent);
  s.low = *std::min_element(values.begin(), values.end()) / s.unit;
  s.high = *std::max_element(values.begin(), values.end()) / s.unit;
  for (const double v : values) s.all_odd = s.all_odd && std::fabs(std::remainder(v / s.unit, 2)) == 1;
  return s;
}

/// Smallest b with lowest + 2^b > highest.
int bits_for(double span) {
  int b = 1;
  while (b < 64 && std::ldexp(1.0, b) <= span) ++b;
  return b;
}

/// words[code] = offset of the value in units, where the value is defined.
template <typename Code>
void fill_words(Lowering& l, Code code) {
  for (const double v : l.type.values) l.words.push_back(std::isnan(v) ? kNoCode : static_cast<std::uint32_t>(std::llround(code(v))));
}

/// Two's complement of up to eight planes, or of more in two passes: q' of the low byte less z' = 1, and 256 times the odd rest.
void lower_signed(Lowering& l, double unit, int bits) {
  const double half = std::ldexp(1.0, bits - 1);
  fill_words(l, [unit, half](double v) { return v / unit + half; });
  if (bits <= kernels::kMaxPlanes) {
    l.passes.push_back({{WeightKind::kTwosComplement, bits, l.group}, unit / 2, 0, 0});
    return;
  }
  l.passes.push_back({{WeightKind::kTwosComplement, kernels::kMaxPlanes, l.group}, unit / 2, 0, 0});
  l.passes.push_back({{WeightKind::kOddSymmetric, bits - kernels::kMaxPlanes, l.group},
                      std::ldexp(unit / 2, kernels::kMaxPlanes),
                      0,
                      kernels::kMaxPlanes});
}

/// True when `l` got planes that hold every value of the type.
bool lower_exactly(Lowering& l) {
  const std::vector<double> values = defined(l.type.values);
  const Scaled s = scaled(values);
  if (s.low == -1 && s.high == 1 && std::count(values.begin(), values.end(), 0.0) > 0) {
    fill_words(l, [&s](double v) { return v < 0 ? 0 : v / s.unit * 2 + 1; });
    l.passes.push_back({{WeightKind::kTernary, 2, l.group}, s.unit / 2, 0, 0});
    return true;
  }
  const double magnitude = std::max(-s.low, s.high);
  if (s.all_odd && bits_for(magnitude) <= kernels::kMaxPlanes) {
    const int bits = bits_for(magnitude);
    const double top = std::ldexp(1.0, bits) - 1;
    fill_words(l, [&s, top](double v) { return (v / s.unit + top) / 2; });
    l.passes.push_back({{bits == 1 ? WeightKind::kBinary : WeightKind::kOddSymmetric, bits, l.group}, s.unit, 0, 0});
    return true;
  }
  const int two = 1 + bits_for(std::max({-s.low - 1, s.high, 0.5}));
  const int constant = bits_for(s.high - s.low);
  const double zero = 2 * -s.low + 1 - std::ldexp(1.0, constant);
  if (constant < two && constant <= kernels::kMaxPlanes && std::fabs(zero) <= kMaxZero) {
    fill_words(l, [&s](double v) { return v / s.unit - s.low; });
    WeightFormat format{WeightKind::kConstantZero, constant, l.group};
    format.zero = static_cast<int>(-s.low);
    l.passes.push_back({format, s.unit / 2, 0, 0});
    return true;
  }
  if (two > kMaxLoweredPlanes) return false;
  lower_signed(l, s.unit, two);
  return true;
}

double nearest_level(double v, double unit, double low, double high, bool odd) {
  const double level = odd ? 2 * std::nearbyint((v / unit - 1) / 2) + 1 : std::nearbyint(v / unit);
  return std::min(std::max(level, low), high);
}

/// The grid of `planes` planes whose largest error is smallest: two's complement, or odd numbers, at the best of many scales.
void lower_nearest(Lowering& l, int planes) {
  const std::vector<double> values = defined(l.type.values);
  double top = 0;
  for (const double v : values) top = std::max(top, std::fabs(v));
  double best_error = INFINITY, best_unit = 1;
  bool best_odd = false;
  for (const bool odd : {false, true}) {
    if (!odd && planes == 1) continue;
    const double high = odd ? std::ldexp(1.0, planes) - 1 : std::ldexp(1.0, planes - 1) - 1, low = odd ? -high : -high - 1;
    const auto offer = [&](double unit) {
      double error = 0;
      for (const double v : values) error = std::max(error, std::fabs(nearest_level(v, unit, low, high, odd) * unit - v));
      if (error < best_error * (1 - 1e-12)) std::tie(best_error, best_unit, best_odd) = std::tuple(error, unit, odd);
    };
    offer(scaled(values).unit);  // exact where the planes reach that far
    for (int i = 1; i <= 2 * kScaleTrials; ++i) offer(top / high * i / kScaleTrials);
  }
  const double high = best_odd ? std::ldexp(1.0, planes) - 1 : std::ldexp(1.0, planes - 1) - 1, low = best_odd ? -high : -high - 1;
  fill_words(l, [&](double v) {
    const double level = nearest_level(v, best_unit, low, high, best_odd);
    return best_odd ? (level - low) / 2 : level - low;
  });
  const WeightKind kind = !best_odd ? WeightKind::kTwosComplement : planes == 1 ? WeightKind::kBinary : WeightKind::kOddSymmetric;
  l.passes.push_back({{kind, planes, l.group}, best_odd ? best_unit : best_unit / 2, 0, 0});
}

void lower_fixed(Lowering& l) {
  const int bits = l.type.code_bits;
  for (int code = 0; code < 1 << bits; ++code) l.words.push_back(static_cast<std::uint32_t>(code));
  if (l.type.kind == ValueKind::kZeroPoint) {
    l.passes.push_back({{WeightKind::kZeroPoint, bits, l.group}, 0.5, 0, 0});
    return;
  }
  for (int plane = 0; plane < bits; ++plane) l.passes.push_back({{WeightKind::kBinary, 1, l.group}, 1, plane, plane});
}

void measure_loss(Lowering& l) {
  double top = 0, sum = 0;
  int count = 0;
  for (std::size_t code = 0; code < l.type.values.size(); ++code) {
    const double v = l.type.values[code];
    if (std::isnan(v)) continue;
    const double error = std::fabs(l.value(static_cast<std::uint32_t>(code)) - v);
    l.max_error = std::max(l.max_error, error);
    sum += error;
    top = std::max(top, std::fabs(v));
    ++count;
  }
  if (count == 0 || top == 0) return;
  l.exact = l.max_error == 0;
  l.max_error /= top;
  l.mean_error = sum / count / top;
}

/// Takes "PREFIXnumber" off the end of `text`; 0 when it is not there.
int take_suffix(std::string& text, const std::string& prefix, int max) {
  const std::size_t at = text.rfind(prefix);
  if (at == std::string::npos) return 0;
  int value = 0;
  const char* first = text.data() + at + prefix.size();
  const auto [end, code] = std::from_chars(first, text.data() + text.size(), value);
  if (end == first || end != text.data() + text.size()) return 0;  // no number: the prefix is a part of the name
  if (code != std::errc() || value < 1 || value > max)
    throw Error(fmt::format("'{}': given {}, allowed {}1 to {}{}", text, text.substr(at), prefix, prefix, max));
  text.resize(at);
  return value;
}

}  // namespace

int Lowering::planes() const {
  return std::accumulate(passes.begin(), passes.end(), 0, [](int sum, const LoweringPass& p) { return sum + p.format.bits; });
}

double Lowering::value(std::uint32_t code) const {
  double sum = 0;
  for (const LoweringPass& p : passes) {
    const kernels::PlaneType planes = plane_type(p.format);
    const auto bits = static_cast<std::uint8_t>((words.at(code) >> p.first_plane) & ((1U << p.format.bits) - 1));
    const int zero = planes.zero_mode == kernels::ZeroMode::kConstant    ? planes.zero
                     : planes.zero_mode == kernels::ZeroMode::kPerColumn ? 1 - (1 << p.format.bits)
                                                                         : 0;
    sum += p.factor * (kernels::plane_value(planes, bits) - zero);
  }
  return sum;
}

Lowering lower(const DataType& type, int group, int planes) {
  Lowering l;
  l.type = type;
  l.group = group;
  if (type.kind != ValueKind::kTable) {
    lower_fixed(l);
    return l;
  }
  if (defined(type.values).empty()) throw Error(fmt::format("{}: no code has a finite value", type.name), type.place);
  if (planes == 0 && lower_exactly(l)) {
    measure_loss(l);
    return l;
  }
  lower_nearest(l, planes == 0 ? kernels::kMaxPlanes : planes);
  measure_loss(l);
  if (planes == 0) {
    throw Error(fmt::format(
        "{} does not fit {} weight planes without loss; {} planes would lose up to {:.3g} % of the largest value, {:.3g} % in "
        "the mean: write {}~{} or give --allow-loss to accept that",
        type.name, kMaxLoweredPlanes, kernels::kMaxPlanes, 100 * l.max_error, 100 * l.mean_error, type.name, kernels::kMaxPlanes));
  }
  return l;
}

Lowering parse_lowering(const std::string& text, bool allow_loss) {
  std::string name = text;
  const int planes = take_suffix(name, "~", kernels::kMaxPlanes);
  int group = take_suffix(name, "_g", kMaxGroup);
  const DataType type = find_type(name);
  if (group != 0 && !type.scales_beside())
    throw Error(fmt::format("'{}': {} has a scale for {} weights inside its tile, a group is not allowed", text, type.name, type.group));
  if (!type.scales_beside()) group = type.group;
  try {
    Lowering l = lower(type, group, planes);
    l.text = text;
    return l;
  } catch (const Error&) {
    if (!allow_loss || planes != 0) throw;
  }
  return parse_lowering(fmt::format("{}~{}", text, kernels::kMaxPlanes));
}

WeightFormat format_of(const Lowering& l, int pass) {
  WeightFormat format = l.passes.at(static_cast<std::size_t>(pass)).format;
  format.type = l.text;
  format.pass = pass;
  format.passes = static_cast<int>(l.passes.size());
  format.minimum = pass == 0 && !l.type.minimum.empty();
  return format;
}

WeightFormat format_of(const Lowering& l) {
  if (l.passes.size() == 1) return format_of(l, 0);
  WeightFormat format{WeightKind::kPasses, l.planes(), l.group};
  format.type = l.text;
  format.passes = static_cast<int>(l.passes.size());
  format.scales = l.type.kind == ValueKind::kPlanes ? format.passes : 1;
  return format;
}

namespace {

std::vector<std::uint32_t> digit_rows(Digits digits) {
  std::vector<std::uint32_t> rows;
  if (digits == Digits::kBalanced3) {
    // Codes 0, 1, 2 of trits -1, 0, 1; the number is 9 t0 + 3 t1 + t2.
    for (int word = 0; word < 32; ++word) {
      const int magnitude = word & 15, number = (word & 16) != 0 ? -magnitude : magnitude;
      const bool none = magnitude > 13 || word == 16;  // a negative zero is no code
      const int shifted = number + 13;
      for (const int digit : {shifted / 9, shifted / 3 % 3, shifted % 3})
        rows.push_back(none ? kNoCode : static_cast<std::uint32_t>(digit));
    }
    return rows;
  }
  for (int byte = 0; byte < 256; ++byte) {
    int number = byte;
    for (int i = 0; i < 5; ++i) {
      if (digits == Digits::kBase3) {
        rows.push_back(byte >= 243 ? kNoCode : static_cast<std::uint32_t>(number % 3));
        number /= 3;
      } else {
        rows.push_back(static_cast<std::uint32_t>(number * 3 / 256));
        number = number * 3 % 256;
      }
    }
  }
  return rows;
}

std::vector<int> order_of(const DataType& type) {
  std::vector<int> from;
  for (const OrderRun& run : type.order) {
    int count = 1;
    for (const auto& [size, stride] : run.walk) count *= size;
    for (int i = 0; i < count; ++i) {
      int rest = i, at = run.from;
      for (const auto& [size, stride] : run.walk) {
        at += rest % size * stride;
        rest /= size;
      }
      from.push_back(at);
    }
  }
  return from;
}

}  // namespace

Chain unpacking(const DataType& type) {
  Chain chain;
  int words = 0, bits = 0;
  for (const WordRun& run : type.code) words += run.count;
  for (const BitPiece& piece : type.code.front().pieces) bits += piece.bits;
  chain.add(make_slice(type.code, type.bytes, fmt::format("{} words of {} bits out of {} bytes", words, bits, type.bytes)));
  const int digits = digits_of(type.digits);
  if (type.digits != Digits::kNone)
    chain.add(make_convert(digit_rows(type.digits), digits, fmt::format("a word of {} bits to {} trits", bits, digits)));
  if (!type.order.empty()) {
    std::string walk;
    for (const OrderRun& run : type.order) {
      walk += walk.empty() ? "" : "; ";
      for (const auto& [size, stride] : run.walk)
        walk += fmt::format("{}{} x {}", walk.empty() || walk.back() == ' ' ? "" : ", ", size, stride);
    }
    chain.add(make_map(order_of(type), words * digits, fmt::format("stored order to k order (size x stride: {})", walk)));
  }
  return chain;
}

Chain conversion(const Lowering& l) {
  Chain chain;
  chain.add(make_convert(l.words, 1, fmt::format("codes of {} bits to {} planes", l.type.code_bits, l.planes())));
  return chain;
}

}  // namespace lutra::workloads
