#include "gen/designs/float_mac.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gen/fill.h"

namespace lutra::gen {
namespace {

/// Widths of a unit. Exponents are counted in the accumulator's bias: a number aligned to exponent e is X 2^(e - weight), X being `window`
/// bits.
struct Shape {
  explicit Shape(const FloatMacParameters& p)
      : length(p.length),
        exponent_bits(p.half_result ? 5 : 8),
        fraction_bits(p.half_result ? 10 : 23),
        format(p.format),
        significand(p.format.mantissa_bits + 1),
        product(2 * significand),
        window(std::max(product, fraction_bits + 1)) {
    while ((1 << extra) < length + 1) ++extra;
    sum_bits = window + extra + 1;
    while ((1 << steps) < sum_bits - 1) ++steps;
  }
  int length, exponent_bits, fraction_bits;
  FloatFormat format;
  int significand, product;  // bits of an operand's, hidden one included, and of a product's
  int window;
  int extra = 0;     // bits that the sum may be longer than a term
  int sum_bits = 0;  // two's complement
  int steps = 0;     // of the normalising shifter
  [[nodiscard]] int result_bits() const { return 1 + exponent_bits + fraction_bits; }
  [[nodiscard]] int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  /// Exponent of a product of two exponent fields ea + eb whose top bit is at the window's top: fields are a bias too large, and the
  /// product's leading one may be one place higher than that of one significand.
  [[nodiscard]] int product_bias() const { return bias() - 2 * format.bias() + 1; }
  /// Exponents inside the unit, offset so that none is negative.
  [[nodiscard]] int offset() const { return std::max(0, -(2 + product_bias())); }
  [[nodiscard]] int wide_exponent() const { return exponent_bits + 2; }
};

class Model : public FloatModel {
 public:
  explicit Model(const FloatMacParameters& p) : s_(p) {}

  [[nodiscard]] std::uint32_t step(std::uint32_t acc, std::span<const std::uint16_t> a, std::span<const std::uint16_t> w) const override {
    struct Term {
      bool negative;
      int exponent;
      std::int64_t significand;
    };
    std::vector<Term> terms;
    const int field = static_cast<int>(acc >> s_.fraction_bits) & ((1 << s_.exponent_bits) - 1);
    const std::int64_t fraction = acc & ((1U << s_.fraction_bits) - 1);
    terms.push_back({(acc >> (s_.result_bits() - 1)) != 0, field + s_.offset(),
                     field == 0 ? 0 : (fraction | 1LL << s_.fraction_bits) << (s_.window - s_.fraction_bits - 1)});
    for (std::size_t k = 0; k < a.size(); ++k) {
      const int f = s_.format.mantissa_bits, fields = (1 << s_.format.exponent_bits) - 1, hidden = 1 << f;
      const int ea = a[k] >> f & fields, ew = w[k] >> f & fields;
      const std::int64_t ma = (a[k] & (hidden - 1)) | (ea != 0 ? hidden : 0), mw = (w[k] & (hidden - 1)) | (ew != 0 ? hidden : 0);
      terms.push_back({((a[k] ^ w[k]) >> (s_.format.bits() - 1) & 1) != 0,
                       std::max(ea, 1) + std::max(ew, 1) + s_.product_bias() + s_.offset(), (ma * mw) << (s_.window - s_.product)});
    }
    int largest = 0;
    for (const Term& t : terms) largest = std::max(largest, t.exponent);
    std::int64_t sum = 0;
    for (const Term& t : terms) {
      const int shift = largest - t.exponent;
      const std::int64_t aligned = shift >= 32 ? 0 : t.significand >> shift;
      sum += t.negative ? -aligned : aligned;
    }
    return round(sum, largest);
  }

  [[nodiscard]] double value(std::uint32_t acc) const override {
    const int field = static_cast<int>(acc >> s_.fraction_bits) & ((1 << s_.exponent_bits) - 1);
    const double magnitude = field == 0 ? 0
                                        : std::ldexp(static_cast<double>((acc & ((1U << s_.fraction_bits) - 1)) | 1U << s_.fraction_bits),
                                                     field - s_.bias() - s_.fraction_bits);
    return (acc >> (s_.result_bits() - 1)) != 0 ? -magnitude : magnitude;
  }

 private:
  [[nodiscard]] std::uint32_t round(std::int64_t sum, int largest) const {
    if (sum == 0) return 0;
    std::uint64_t magnitude = static_cast<std::uint64_t>(sum < 0 ? -sum : sum);
    int exponent = largest - s_.offset() + s_.extra;
    while ((magnitude >> (s_.sum_bits - 2)) == 0) magnitude <<= 1, --exponent;
    const int dropped = s_.sum_bits - 1 - (s_.fraction_bits + 1);
    std::uint64_t kept = magnitude >> dropped;
    const std::uint64_t rest = magnitude & ((1ULL << dropped) - 1), half = 1ULL << (dropped - 1);
    if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
    if ((kept >> (s_.fraction_bits + 1)) != 0) kept >>= 1, ++exponent;
    const std::uint32_t sign = sum < 0 ? 1U << (s_.result_bits() - 1) : 0;
    if (exponent < 1) return 0;
    const int top = (1 << s_.exponent_bits) - 1;
    if (exponent >= top) {
      const std::uint32_t infinity = static_cast<std::uint32_t>(top) << s_.fraction_bits;
      return sign | (s_.exponent_bits == 5 ? infinity - 1 : infinity);
    }
    return sign | static_cast<std::uint32_t>(exponent) << s_.fraction_bits |
           static_cast<std::uint32_t>(kept & ((1ULL << s_.fraction_bits) - 1));
  }

  Shape s_;
};

std::string product_text(const Shape& s, int k, AdderStyle adder) {
  const int first = s.format.bits() * k;
  std::string text =
      fill(R"(
  // Product @K@: exact significand, exponent of its window.
  wire a@K@_normal = |operand_i[@E1@:@E0@];
  wire w@K@_normal = |control_i[@E1@:@E0@];
  wire [@SIGNIFICAND@-1:0] a@K@ = {a@K@_normal, operand_i[@F1@:@F0@]};
  wire [@SIGNIFICAND@-1:0] w@K@ = {w@K@_normal, control_i[@F1@:@F0@]};
  wire sign@K@ = operand_i[@S@] ^ control_i[@S@];
  wire [@X@:0] e@K@_fields = {1'b0, operand_i[@E1@:@E0p1@], operand_i[@E0@] | ~a@K@_normal} + {1'b0, control_i[@E1@:@E0p1@], control_i[@E0@] | ~w@K@_normal};
  wire [@EW@-1:0] e@K@ = {{(@EW@-1-@X@){1'b0}}, e@K@_fields} + @BIAS@;
)",
           {{"K", k},
            {"S", first + s.format.bits() - 1},
            {"E1", first + s.format.bits() - 2},
            {"E0", first + s.format.mantissa_bits},
            {"E0p1", first + s.format.mantissa_bits + 1},
            {"F1", first + s.format.mantissa_bits - 1},
            {"F0", first},
            {"X", s.format.exponent_bits},
            {"SIGNIFICAND", s.significand},
            {"EW", s.wide_exponent()},
            {"BIAS", fmt::format("{}'d{}", s.wide_exponent(), (s.product_bias() + s.offset()) & ((1 << s.wide_exponent()) - 1))}});
  BitHeap heap(fmt::format("m{}", k), s.product, adder);
  for (int i = 0; i < s.significand; ++i) {
    text += fmt::format("  wire [{2}:0] pp{0}_{1} = a{0} & {{{3}{{w{0}[{1}]}}}};\n", k, i, s.significand - 1, s.significand);
    heap.add_vector(i, fmt::format("pp{}_{}", k, i), 0, s.significand, 2);
  }
  return text + heap.sum(fmt::format("product{}", k));
}

/// The larger of two exponents, as a tree.
std::string largest_text(const Shape& s) {
  std::vector<std::string> names = {"e_acc"};
  for (int k = 0; k < s.length; ++k) names.push_back(fmt::format("e{}", k));
  std::string text = "\n  // Largest exponent.\n";
  for (int made = 0; names.size() > 1;) {
    std::vector<std::string> next;
    for (std::size_t i = 0; i + 1 < names.size(); i += 2, ++made) {
      text += fmt::format("  wire [{0}:0] larger{1} = {2} > {3} ? {2} : {3};\n", s.wide_exponent() - 1, made, names[i], names[i + 1]);
      next.push_back(fmt::format("larger{}", made));
    }
    if (names.size() % 2 != 0) next.push_back(names.back());
    names = next;
  }
  return text + fmt::format("  wire [{}:0] largest = {};\n", s.wide_exponent() - 1, names[0]);
}

std::string align_text(const Shape& s, const std::string& key, const std::string& significand, const std::string& sign) {
  return fill(R"(
  wire [@EW@-1:0] distance@K@ = largest - e@K@;
  wire [@W@-1:0] aligned@K@ = (@SIG@ >> distance@K@[4:0]) & {@W@{~|distance@K@[@EW@-1:5]}};
  wire [@W@-1:0] signed@K@ = aligned@K@ ^ {@W@{@SIGN@}};
)",
              {{"EW", s.wide_exponent()}, {"K", key}, {"W", s.window}, {"SIG", significand}, {"SIGN", sign}});
}

std::string sum_text(const Shape& s, AdderStyle adder) {
  BitHeap heap("t", s.sum_bits, adder);
  const auto term = [&](const std::string& key, const std::string& sign) {
    heap.add_vector(0, "signed" + key, 0, s.window, 30);
    heap.add(0, sign, 2);
    heap.add(s.window, "~" + sign, 2);  // the sign bit's weight is negative: 2^window (1 - sign) - 2^window
  };
  term("_acc", "sign_acc");
  for (int k = 0; k < s.length; ++k) term(std::to_string(k), fmt::format("sign{}", k));
  const long long constant = -(static_cast<long long>(s.length + 1) << s.window) & ((1LL << s.sum_bits) - 1);
  for (int i = 0; i < s.sum_bits; ++i)
    if ((constant >> i & 1) != 0) heap.add(i, "1'b1");
  return "\n  // Sum of the aligned numbers, two's complement.\n" + heap.sum("sum");
}

std::string normalise_text(const Shape& s) {
  std::string text = fill(R"(
  // Sign and magnitude, then the leading one to the top.
  wire negative = sum[@TOP@];
  wire [@TOP@-1:0] magnitude = (sum[@TOP@-1:0] ^ {@TOP@{negative}}) + {{(@TOP@-1){1'b0}}, negative};
)",
                          {{"TOP", s.sum_bits - 1}});
  const int width = s.sum_bits - 1;
  std::string value = "magnitude", places;
  for (int b = s.steps - 1; b >= 0; --b) {
    const int step = 1 << b;
    if (step >= width) {
      places += (places.empty() ? "" : ", ") + std::string("1'b0");
      continue;
    }
    text += fmt::format("  wire zero{0} = ~|{1}[{2}:{3}];\n  wire [{2}:0] norm{0} = zero{0} ? {{{1}[{4}:0], {5}'d0}} : {1};\n", b, value,
                        width - 1, width - step, width - step - 1, step);
    value = fmt::format("norm{}", b);
    places += (places.empty() ? "" : ", ") + fmt::format("zero{}", b);
  }
  return text + fmt::format("  wire [{}:0] normal = {};\n  wire [{}:0] places = {{{}}};\n", width - 1, value, s.steps - 1, places);
}

std::string round_text(const Shape& s) {
  const int width = s.sum_bits - 1, dropped = width - (s.fraction_bits + 1), ew = s.wide_exponent();
  std::string sticky = dropped >= 2 ? fmt::format("|normal[{}:0]", dropped - 2) : std::string("1'b0");
  const int correction = (s.extra - s.offset()) & ((1 << ew) - 1);
  return fill(R"(
  // Round to nearest even; a carry out of the significand moves the exponent by one.
  wire round_up = normal[@G@] & (normal[@G@+1] | @STICKY@);
  wire [@F@+1:0] rounded = {1'b0, normal[@TOP@-1:@G@+1]} + {{(@F@+1){1'b0}}, round_up};
  wire [@EW@-1:0] exponent = largest + @CORRECTION@ - {{(@EW@-@STEPS@){1'b0}}, places} + {{(@EW@-1){1'b0}}, rounded[@F@+1]};
  wire [@F@-1:0] fraction = rounded[@F@-1:0];
  wire below = exponent[@EW@-1] | ~|exponent | ~normal[@TOP@-1];
  wire above = ~exponent[@EW@-1] & (exponent[@EW@-2] | &exponent[@E@-1:0]);
  wire [@R@-2:0] number = above ? @ABOVE@ : {exponent[@E@-1:0], fraction};
  always @(posedge clk_i) acc_q <= {negative, number} & {@R@{~below}};
  assign result_o = acc_q;
)",
              {{"G", dropped - 1},
               {"STICKY", sticky},
               {"F", s.fraction_bits},
               {"TOP", width},
               {"EW", ew},
               {"CORRECTION", fmt::format("{}'d{}", ew, correction)},
               {"STEPS", s.steps},
               {"R", s.result_bits()},
               {"E", s.exponent_bits},
               {"ABOVE", s.exponent_bits == 5 ? std::string("15'h7BFF") : std::string("31'h7F800000")}});
}

std::string accumulate_text(const Shape& s, AdderStyle adder) {
  const int ew = s.wide_exponent();
  std::string text =
      fill(R"(
  // Accumulator as the further addend.
  reg  [@R@-1:0] acc_q;
  wire [@R@-1:0] base = acc_q & {@R@{~clear_i}};
  wire sign_acc = base[@R@-1];
  wire [@EW@-1:0] e_acc = {{(@EW@-@E@){1'b0}}, base[@R@-2:@F@]} + @OFFSET@;
  wire acc_normal = |base[@R@-2:@F@];
  wire [@W@-1:0] sig_acc = {acc_normal, base[@F@-1:0] & {@F@{acc_normal}}@PAD@};
)",
           {{"R", s.result_bits()},
            {"EW", ew},
            {"E", s.exponent_bits},
            {"F", s.fraction_bits},
            {"OFFSET", fmt::format("{}'d{}", ew, s.offset())},
            {"W", s.window},
            {"PAD", s.window > s.fraction_bits + 1 ? fmt::format(", {}'d0", s.window - s.fraction_bits - 1) : std::string()}});
  text += largest_text(s);
  text += align_text(s, "_acc", "sig_acc", "sign_acc");
  for (int k = 0; k < s.length; ++k) {
    const std::string padded =
        s.window > s.product ? fmt::format("{{product{}, {}'d0}}", k, s.window - s.product) : fmt::format("product{}", k);
    text += align_text(s, std::to_string(k), padded, fmt::format("sign{}", k));
  }
  return text + sum_text(s, adder) + normalise_text(s) + round_text(s);
}

/// Code q of b bits becomes 2q - (2^b - 1).
std::string dequantise_text(const FloatMacParameters& p) {
  std::string text = "\n";
  const int b = p.stored_bits, w = p.format.bits();
  for (int k = 0; k < p.length; ++k) {
    std::string value;
    for (int q = 0; q < (1 << b); ++q) {
      const int code = encode_float(static_cast<float>(2 * q + 1 - (1 << b)), p.format);
      value += q + 1 < (1 << b) ? fmt::format("weight_i[{}:{}] == {}'d{} ? {}'d{} : ", k * b + b - 1, k * b, b, q, w, code)
                                : fmt::format("{}'d{}", w, code);
    }
    text += fmt::format("  assign control_o[{}:{}] = {};\n", k * w + w - 1, k * w, value);
  }
  return text;
}

}  // namespace

IntegerDesign make_float_mac(const FloatMacParameters& p) {
  const Shape s(p);
  IntegerDesign d;
  d.name = p.name;
  d.family = p.format.bits() == 16 ? "mac_fp16" : "mac_fp8";
  d.description = fmt::format("{} exact {} products, one aligned sum with the accumulator, one rounding into {}{}", p.length,
                              label_of(p.format), p.half_result ? "FP16" : "FP32",
                              p.stored_bits != 0 ? fmt::format("; weights of {} bits dequantised once a column", p.stored_bits) : "");
  d.rows = p.rows;
  d.columns = p.columns;
  d.depth = p.length;
  d.activation_bits = 16;
  d.format = p.format;
  d.stored_bits = p.stored_bits;
  d.accumulator_bits = s.result_bits();
  d.float_model = std::make_shared<Model>(p);
  LaneParts parts;
  parts.operand_bits = parts.weight_bits = parts.control_bits = p.format.bits() * p.length;
  parts.decode_text = "\n  assign control_o = weight_i;\n";
  if (p.stored_bits != 0) {
    parts.weight_bits = p.stored_bits * p.length;
    parts.decode_text = dequantise_text(p);
  }
  for (int k = 0; k < p.length; ++k) parts.lane_text += product_text(s, k, p.adder);
  parts.adder = p.adder;
  parts.accumulate_text = accumulate_text(s, p.adder);
  emit_integer_array(d, parts);
  return d;
}

}  // namespace lutra::gen
