#include "gen/float/unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "gen/float/pipeline.h"
#include "gen/float/rounding.h"

namespace lutra::gen {
namespace {

/// Bits of a two's-complement number from `least` to `most`.
int signed_bits(int least, int most) {
  int bits = 1;
  while (-(1 << (bits - 1)) > least || (1 << (bits - 1)) - 1 < most) ++bits;
  return bits;
}

std::string zero_extended(const std::string& name, int from, int to) {
  return from == to ? name : fmt::format("{{{}, {}}}", constant(to - from, 0), name);
}

std::string either(const FloatFormat& f, const std::string& text) { return f.infinities ? text : std::string(); }

void add(Pipeline& p, const FloatFormat& f) {
  const int precision = f.precision(), magnitude = f.bits() - 1, ew = f.exponent_bits + 2;
  p.section("The operand of larger magnitude is x.", 2);
  p.wire("swap", 1, fmt::format("a_i[{0}:0] < b_i[{0}:0]", magnitude - 1));
  p.wire("x", f.bits(), "swap ? b_i : a_i");
  p.wire("y", f.bits(), "swap ? a_i : b_i");
  unpack_operand(p, f, "x", "x");
  unpack_operand(p, f, "y", "y");
  p.wire("distance", f.exponent_bits, "x_exp - y_exp");
  p.wire("subtract", 1, "x_sign ^ y_sign");
  p.wire("nan", 1, "x_nan | y_nan" + either(f, " | (x_inf & y_inf & subtract)"));
  if (f.infinities) p.wire("inf", 1, "x_inf");
  p.section("Align y to x: two bits and a sticky one below.", 2);
  p.wire("y_wide", precision + 2, "{y_sig, 2'd0}");
  shift_right(p, "aligned", "y_wide", precision + 2, "distance", f.exponent_bits);
  p.section("Add; the smaller is inverted to be subtracted.", 2);
  p.wire("addend", precision + 4, fmt::format("{{1'b0, aligned, aligned_lost}} ^ {{{}{{subtract}}}}", precision + 4));
  p.wire("sum", precision + 4, fmt::format("{{1'b0, x_sig, 3'd0}} + addend + {{{}, subtract}}", constant(precision + 3, 0)));
  p.wire("sign", 1, "x_sign & (y_sign | (|sum))");
  p.wire("exponent", ew, fmt::format("{} + {}", zero_extended("x_exp", f.exponent_bits, ew), constant(ew, 1)));
  Unrounded r;
  r.sign = "sign";
  r.exponent = "exponent";
  r.exponent_bits = ew;
  r.significand = "sum";
  r.least = 2;
  r.most = static_cast<int>(f.top_exponent()) + 1;
  r.width = precision + 4;
  r.zeros = precision + 3;
  r.nan = "nan";
  r.infinite = either(f, "inf");
  round_and_pack(p, f, r);
}

void multiply(Pipeline& p, const FloatFormat& f) {
  const int precision = f.precision(), top = static_cast<int>(f.top_exponent());
  p.section("Exact product of the significands.", 4);
  unpack_operand(p, f, "a", "a_i");
  unpack_operand(p, f, "b", "b_i");
  p.wire("sign", 1, "a_sign ^ b_sign");
  if (f.infinities) {
    p.wire("nan", 1, "a_nan | b_nan | (a_inf & ~(|b_sig)) | (b_inf & ~(|a_sig))");
    p.wire("inf", 1, "a_inf | b_inf");
  } else {
    p.wire("nan", 1, "a_nan | b_nan");
  }
  p.wire("product", 2 * precision,
         fmt::format("{} * {}", zero_extended("a_sig", precision, 2 * precision), zero_extended("b_sig", precision, 2 * precision)));
  Unrounded r;
  r.sign = "sign";
  r.significand = "product";
  r.width = 2 * precision;
  r.zeros = precision;  // a subnormal times a normal number; two subnormals are far below
  r.nan = "nan";
  r.infinite = either(f, "inf");
  const int offset = 1 - f.bias();
  r.least = 2 + offset;
  r.most = 2 * top + offset;
  r.exponent_bits = signed_bits(r.least - 1 - r.zeros, r.most + 1);
  r.exponent = "exponent";
  p.wire("exponent", r.exponent_bits,
         fmt::format("{} + {} + {}", zero_extended("a_exp", f.exponent_bits, r.exponent_bits),
                     zero_extended("b_exp", f.exponent_bits, r.exponent_bits), constant(r.exponent_bits, offset)));
  round_and_pack(p, f, r);
}

void divide(Pipeline& p, const FloatFormat& f) {
  const int precision = f.precision(), top = static_cast<int>(f.top_exponent()), m = f.mantissa_bits;
  const int digits = precision + 2;
  const int count_bits = clog2_min1(precision), ew = signed_bits(-m, top);
  p.section("Normalise both operands.", 3);
  for (const char* x : {"a", "b"}) {
    const std::string name = x;
    unpack_operand(p, f, name, name + "_i");
    count_leading_zeros(p, name + "_zeros", name + "_sig", precision);
    p.wire(name + "_norm", precision, fmt::format("{0}_sig << {0}_zeros", name));
    p.wire(name + "_scale", ew,
           fmt::format("{} - {}", zero_extended(name + "_exp", f.exponent_bits, ew), zero_extended(name + "_zeros", count_bits, ew)));
    p.wire(name + "_zero", 1, fmt::format("~(|{}_sig)", name));
  }
  p.wire("sign", 1, "a_sign ^ b_sign");
  p.wire("nan", 1, "a_nan | b_nan | (a_zero & b_zero)" + either(f, " | (a_inf & b_inf)"));
  p.wire("inf", 1, f.infinities ? "a_inf | b_zero" : "b_zero");
  p.wire("none", 1, f.infinities ? "a_zero | b_inf" : "a_zero");
  std::string rest = "{1'b0, a_norm}", quotient;
  for (int i = 0; i < digits; ++i) {
    p.section(fmt::format("Quotient bit {}: subtract where the rest is large enough.", digits - 1 - i));
    const std::string n = std::to_string(i);
    p.wire("rest" + n, precision + 1, rest);
    // The rest is below twice b, so that the top bit of the difference is its sign.
    p.wire("less" + n, precision + 1, fmt::format("rest{} - {{1'b0, b_norm}}", n));
    p.wire("kept" + n, precision, fmt::format("less{0}[{1}] ? rest{0}[{2}:0] : less{0}[{2}:0]", n, precision, precision - 1));
    p.wire("digit" + n, 1, fmt::format("~less{}[{}]", n, precision));
    quotient += (i == 0 ? "digit" : ", digit") + n;
    rest = fmt::format("{{kept{}, 1'b0}}", n);
  }
  p.wire("quotient", digits + 1, fmt::format("{{{}, |kept{}}}", quotient, digits - 1));
  Unrounded r;
  r.sign = "sign";
  r.significand = "quotient";
  r.width = digits + 1;
  r.zeros = 1;
  r.nan = "nan";
  r.infinite = "inf";
  r.empty = "none";
  r.least = 1 - m - top + f.bias();
  r.most = top + m - 1 + f.bias();
  r.exponent_bits = signed_bits(r.least - 2, r.most + 1);
  r.exponent = "exponent";
  const auto wide = [&](const char* name) { return fmt::format("{{{{{}{{{}[{}]}}}}, {}}}", r.exponent_bits - ew, name, ew - 1, name); };
  p.wire("exponent", r.exponent_bits, fmt::format("{} - {} + {}", wide("a_scale"), wide("b_scale"), constant(r.exponent_bits, f.bias())));
  round_and_pack(p, f, r);
}

/// Wires `less` and `equal` of two numbers.
void order(Pipeline& p, const FloatFormat& f) {
  const int top = f.bits() - 2;
  p.section("Order of two numbers in sign and magnitude.");
  for (const char* x : {"a", "b"}) {
    const std::string name = x;
    p.wire(name + "_sign", 1, fmt::format("{}_i[{}]", name, top + 1));
    p.wire(name + "_size", top + 1, fmt::format("{}_i[{}:0]", name, top));
    p.wire(name + "_nan", 1,
           f.nan == NanEncoding::kAllOnes ? fmt::format("&{}_size", name)
                                          : fmt::format("{}_size > {}", name, constant(top + 1, f.infinity())));
  }
  p.wire("unordered", 1, "a_nan | b_nan");
  p.wire("zeros", 1, "~(|a_size) & ~(|b_size)");
  p.wire("smaller", 1, "a_size < b_size");
  p.wire("same", 1, "a_size == b_size");
  p.wire("below", 1, "a_sign ? ~b_sign | ~(smaller | same) : ~b_sign & smaller");
}

void compare(Pipeline& p, const FloatFormat& f) {
  order(p, f);
  p.output("less_o", "below & ~zeros & ~unordered");
  p.output("equal_o", "(zeros | (same & ~(a_sign ^ b_sign))) & ~unordered");
  p.output("unordered_o", "unordered");
}

void maximum(Pipeline& p, const FloatFormat& f) {
  order(p, f);
  // Where a is not below b it is the maximum, -0 against +0 included: -0 is below.
  p.wire("result", f.bits(), fmt::format("unordered ? {} : below ? b_i : a_i", constant(f.bits(), f.canonical_nan)));
}

void convert(Pipeline& p, const FloatFormat& from, const FloatFormat& to) {
  const int offset = to.bias() - from.bias();
  Unrounded r;
  r.sign = "x_sign";
  r.least = 1 + offset;
  r.most = static_cast<int>(from.top_exponent()) + offset;
  r.zeros = offset > 0 ? from.mantissa_bits : 0;
  r.width = std::max(from.precision(), to.precision() + (r.least < 1 ? 1 : 0));
  r.exponent_bits = signed_bits(r.least - 1 - r.zeros, r.most + 1);
  r.nan = "x_nan";
  r.infinite = either(from, "x_inf");
  p.section("Take apart; change the bias.");
  unpack_operand(p, from, "x", "value_i");
  p.wire("exponent", r.exponent_bits,
         fmt::format("{} + {}", zero_extended("x_exp", from.exponent_bits, r.exponent_bits), constant(r.exponent_bits, offset)));
  r.exponent = "exponent";
  const int pad = r.width - from.precision();
  r.significand = pad == 0 ? "x_sig" : fmt::format("{{x_sig, {}}}", constant(pad, 0));
  round_and_pack(p, to, r);
}

void from_int(Pipeline& p, int bits, const FloatFormat& to) {
  Unrounded r;
  r.sign = "sign";
  r.least = r.most = to.bias() + bits - 1;
  r.zeros = bits - 1;
  r.width = std::max(bits, to.precision());
  r.exponent_bits = signed_bits(r.least - 1 - r.zeros, r.most + 1);
  r.exponent = "exponent";
  p.section("Sign and magnitude.");
  p.wire("sign", 1, fmt::format("value_i[{}]", bits - 1));
  p.wire("size", bits, fmt::format("(value_i ^ {{{}{{sign}}}}) + {{{}, sign}}", bits, constant(bits - 1, 0)));
  p.wire("exponent", r.exponent_bits, constant(r.exponent_bits, r.least));
  r.significand = r.width == bits ? "size" : fmt::format("{{size, {}}}", constant(r.width - bits, 0));
  round_and_pack(p, to, r);
}

void to_int(Pipeline& p, const FloatFormat& f, int bits) {
  const int precision = f.precision(), width = std::max(bits + 1, precision), top = static_cast<int>(f.top_exponent());
  const int last = bits - 1 + f.bias();  // biased exponent of 2^(bits - 1), the place of the significand before it is shifted
  const int ew = signed_bits(last - top, last);
  p.section("Shift to the binary point.", 2);
  unpack_operand(p, f, "x", "value_i");
  p.wire("amount", ew, fmt::format("{} - {}", constant(ew, last), zero_extended("x_exp", f.exponent_bits, ew)));
  const int pad = width - precision;
  p.wire("placed", width, pad == 0 ? "x_sig" : fmt::format("{{x_sig, {}}}", constant(pad, 0)));
  shift_right(p, "shifted", "placed", width, "amount", ew);
  if (last < top) p.wire("above", 1, fmt::format("amount[{}]", ew - 1));
  p.section("Round to nearest even, clamp, and give it its sign.");
  const int guard = width - bits - 1;
  const std::string rest = guard > 0 ? fmt::format(" | (|shifted[{}:0])", guard - 1) : "";
  p.wire("up", 1, fmt::format("shifted[{0}] & (shifted[{1}] | shifted_lost{2})", guard, guard + 1, rest));
  p.wire("size", bits + 1, fmt::format("{{1'b0, shifted[{}:{}]}} + {{{}, up}}", width - 1, guard + 1, constant(bits, 0)));
  const long long most = (1LL << (bits - 1)) - 1;
  std::string beyond = fmt::format("size > (x_sign ? {} : {})", constant(bits + 1, most + 1), constant(bits + 1, most));
  if (last < top) beyond = fmt::format("above | ({})", beyond);
  if (f.infinities && last >= top) beyond = fmt::format("x_inf | ({})", beyond);
  p.wire("beyond", 1, beyond);
  p.wire("number", bits, fmt::format("(size[{0}:0] ^ {{{1}{{x_sign}}}}) + {{{2}, x_sign}}", bits - 1, bits, constant(bits - 1, 0)));
  p.wire("result", bits, fmt::format("x_nan ? {} : beyond ? {{x_sign, {{{}{{~x_sign}}}}}} : number", constant(bits, 0), bits - 1));
}

struct Shape {
  int operand_bits, result_bits;
  bool two;
  std::string purpose, name;
};

Shape shape_of(const FloatUnit& u) {
  const std::string from(u.from.name), to(u.to.name), integer = "int" + std::to_string(u.integer_bits);
  const int n = u.from.bits();
  switch (u.operation) {
    case FloatOperation::kAdd:
      return {n, n, true, "a + b in " + from, from + "_add"};
    case FloatOperation::kMultiply:
      return {n, n, true, "a * b in " + from, from + "_multiply"};
    case FloatOperation::kDivide:
      return {n, n, true, "a / b in " + from, from + "_divide"};
    case FloatOperation::kMaximum:
      return {n, n, true, "IEEE 754-2019 maximum in " + from, from + "_maximum"};
    case FloatOperation::kCompare:
      return {n, 0, true, "order of a and b in " + from, from + "_compare"};
    case FloatOperation::kConvert:
      return {n, u.to.bits(), false, from + " to " + to, from + "_to_" + to};
    case FloatOperation::kFromInt:
      return {u.integer_bits, u.to.bits(), false, integer + " to " + to, integer + "_to_" + to};
    case FloatOperation::kToInt:
      return {n, u.integer_bits, false, from + " to " + integer + ", clamped; 0 for NaN", from + "_to_" + integer};
  }
  throw std::logic_error("no such operation");
}

void datapath(Pipeline& p, const FloatUnit& u) {
  switch (u.operation) {
    case FloatOperation::kAdd:
      return add(p, u.from);
    case FloatOperation::kMultiply:
      return multiply(p, u.from);
    case FloatOperation::kDivide:
      return divide(p, u.from);
    case FloatOperation::kMaximum:
      return maximum(p, u.from);
    case FloatOperation::kCompare:
      return compare(p, u.from);
    case FloatOperation::kConvert:
      return convert(p, u.from, u.to);
    case FloatOperation::kFromInt:
      return from_int(p, u.integer_bits, u.to);
    case FloatOperation::kToInt:
      return to_int(p, u.from, u.integer_bits);
  }
}

}  // namespace

FloatUnit float_adder(const FloatFormat& f, int registers) { return {FloatOperation::kAdd, f, f, 0, registers}; }
FloatUnit float_multiplier(const FloatFormat& f, int registers) { return {FloatOperation::kMultiply, f, f, 0, registers}; }
FloatUnit float_divider(const FloatFormat& f, int registers) { return {FloatOperation::kDivide, f, f, 0, registers}; }
FloatUnit float_maximiser(const FloatFormat& f, int registers) { return {FloatOperation::kMaximum, f, f, 0, registers}; }
FloatUnit float_comparator(const FloatFormat& f, int registers) { return {FloatOperation::kCompare, f, f, 0, registers}; }
FloatUnit float_converter(const FloatFormat& from, const FloatFormat& to, int registers) {
  return {FloatOperation::kConvert, from, to, 0, registers};
}
FloatUnit int_to_float_unit(int integer_bits, const FloatFormat& to, int registers) {
  return {FloatOperation::kFromInt, to, to, integer_bits, registers};
}
FloatUnit float_to_int_unit(const FloatFormat& from, int integer_bits, int registers) {
  return {FloatOperation::kToInt, from, from, integer_bits, registers};
}

std::string name_of(const FloatUnit& unit) {
  return "lutra_" + shape_of(unit).name + (unit.registers > 0 ? fmt::format("_r{}", unit.registers) : "");
}

EmittedFile emit_float_unit(const FloatUnit& unit) {
  const bool to_int = unit.operation == FloatOperation::kToInt, from_int = unit.operation == FloatOperation::kFromInt;
  if ((to_int || from_int) && (unit.integer_bits < 2 || unit.integer_bits > (to_int ? 32 : 63)))
    throw std::logic_error("an integer of " + std::to_string(unit.integer_bits) + " bits");
  const Shape shape = shape_of(unit);
  Pipeline p(unit.registers);
  std::vector<Port> ports;
  for (const char* name : {"a_i", "b_i"})
    if (shape.two) ports.push_back({false, shape.operand_bits, name, "operand"});
  if (!shape.two) ports.push_back({false, shape.operand_bits, "value_i", "operand"});
  for (const Port& port : ports) p.input(port.name, port.bits);
  datapath(p, unit);
  if (shape.result_bits != 0) {
    p.output("result_o", "result");
    ports.push_back({true, shape.result_bits, "result_o", "result"});
  } else {
    ports.push_back({true, 1, "less_o", "a < b"});
    ports.push_back({true, 1, "equal_o", "a == b, +0 and -0 included"});
    ports.push_back({true, 1, "unordered_o", "a or b is NaN"});
  }
  const std::string purpose =
      fmt::format("{}: {}, rounded to nearest even; subnormals, infinities and NaN as IEEE 754 has them.", shape.purpose,
                  unit.registers == 0 ? "combinational" : fmt::format("{} registers", unit.registers));
  const std::string name = name_of(unit);
  return {name + ".v", module_text(purpose, name, ports, p.text(), unit.registers == 0 ? Clocking::kNone : Clocking::kClock)};
}

}  // namespace lutra::gen
