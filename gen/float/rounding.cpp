#include "gen/float/rounding.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/geometry.h"

namespace lutra::gen {
namespace {

/// "name[high:low]", short for one bit.
std::string part(const std::string& name, int high, int low) {
  return high == low ? fmt::format("{}[{}]", name, high) : fmt::format("{}[{}:{}]", name, high, low);
}

/// Shifts left until the leading one or the smallest exponent is at the top.
void normalise(Pipeline& p, const Unrounded& x) {
  const int places = x.zeros + 1;
  const int count_bits = clog2_min1(places);
  p.section("Leading zeros, no more than the exponent can give.");
  std::string probe = part("significand", x.width - 1, x.width - places);
  if (x.least - x.zeros < 1) {
    p.wire("spare", x.exponent_bits, fmt::format("{} - {}", x.exponent, constant(x.exponent_bits, 1)));
    const std::string top = fmt::format("{{1'b1, {}}}", constant(places - 1, 0));
    p.wire("limit", places, x.least < 1 ? fmt::format("below ? {0} : {0} >> spare", top) : top + " >> spare");
    probe += " | limit";
  }
  p.wire("probe", places, probe);
  count_leading_zeros(p, "zeros", "probe", places);
  p.section("Normalise.");
  p.wire("normal", x.width, "significand << zeros");
  p.wire("scale", x.exponent_bits, fmt::format("{} - {{{}, zeros}}", x.exponent, constant(x.exponent_bits - count_bits, 0)));
}

}  // namespace

void unpack_operand(Pipeline& p, const FloatFormat& f, const std::string& name, const std::string& bits) {
  const int m = f.mantissa_bits, top = f.bits() - 2;
  const auto wire = [&](const char* suffix, int width, const std::string& expression) { p.wire(name + suffix, width, expression); };
  const std::string field = part(bits, top, m), mantissa = part(bits, m - 1, 0);
  wire("_sign", 1, part(bits, top + 1, top + 1));
  wire("_normal", 1, fmt::format("|{}", field));
  wire("_exp", f.exponent_bits, fmt::format("{{{}, {} | ~{}_normal}}", part(bits, top, m + 1), part(bits, m, m), name));
  wire("_sig", f.precision(), fmt::format("{{{}_normal, {}}}", name, mantissa));
  if (f.nan == NanEncoding::kAllOnes) {
    wire("_nan", 1, fmt::format("&{}", part(bits, top, 0)));
    return;
  }
  wire("_special", 1, fmt::format("&{}", field));
  wire("_nan", 1, fmt::format("{}_special & (|{})", name, mantissa));
  if (f.infinities) wire("_inf", 1, fmt::format("{}_special & ~(|{})", name, mantissa));
}

void shift_right(Pipeline& p, const std::string& name, const std::string& value, int width, const std::string& amount, int amount_bits) {
  int steps = 0;
  while ((1 << steps) < width && steps < amount_bits) ++steps;
  std::string now = value, lost;
  for (int b = 0; b < steps; ++b) {
    const int step = 1 << b;
    const std::string bit = amount_bits == 1 ? amount : fmt::format("{}[{}]", amount, b), next = fmt::format("{}_{}", name, step);
    const std::string moved = step >= width ? constant(width, 0) : fmt::format("{{{}, {}}}", constant(step, 0), part(now, width - 1, step));
    p.wire(next, width, fmt::format("{} ? {} : {}", bit, moved, now));
    p.wire(next + "_lost", 1,
           fmt::format("{}({} & (|{}))", lost.empty() ? "" : lost + " | ", bit, part(now, std::min(step, width) - 1, 0)));
    now = next;
    lost = next + "_lost";
  }
  if (steps < amount_bits) {
    p.wire(name + "_far", 1, fmt::format("|{}", part(amount, amount_bits - 1, steps)));
    p.wire(name, width, fmt::format("{} & {{{}{{~{}_far}}}}", now, width, name));
    p.wire(name + "_lost", 1, fmt::format("{} | ({}_far & (|{}))", lost, name, now));
  } else {
    p.wire(name, width, now);
    p.wire(name + "_lost", 1, lost);
  }
}

void count_leading_zeros(Pipeline& p, const std::string& name, const std::string& value, int width) {
  const int steps = clog2_min1(width);
  const int padded = 1 << steps;
  std::string now = value, count;
  if (padded != width) {
    now = name + "_padded";
    p.wire(now, padded, fmt::format("{{{}, {}}}", value, constant(padded - width, 0)));
  }
  if (steps == 1) p.spare(fmt::format("{}[0]", now));
  for (int b = steps - 1; b >= 0; --b) {
    const int half = 1 << b;
    const std::string none = fmt::format("{}_none{}", name, half);
    p.wire(none, 1, b == 0 && steps > 1 ? fmt::format("~{}", now) : fmt::format("~(|{})", part(now, 2 * half - 1, half)));
    count += (count.empty() ? "" : ", ") + none;
    if (b == 0) break;
    const std::string next = fmt::format("{}_half{}", name, half);
    // Of the last two bits only the first is looked at.
    if (b == 1) p.spare(fmt::format("{}[0]", now));
    if (b == 1)
      p.wire(next, 1, fmt::format("{} ? {}[1] : {}[3]", none, now, now));
    else
      p.wire(next, half, fmt::format("{} ? {} : {}", none, part(now, half - 1, 0), part(now, 2 * half - 1, half)));
    now = next;
  }
  p.wire(name, steps, fmt::format("{{{}}}", count));
}

void round_and_pack(Pipeline& p, const FloatFormat& f, const Unrounded& x) {
  const bool left = x.zeros > 0 && x.most > 1, right = x.least < 1;
  const int precision = f.precision(), m = f.mantissa_bits, ew = x.exponent_bits;
  p.wire("significand", x.width, x.significand);
  if (right) {
    p.wire("below", 1, fmt::format("{0}[{1}] | ~(|{0})", x.exponent, ew - 1));
    p.wire("deficit", ew, fmt::format("{} - {}", constant(ew, 1), x.exponent));
  }
  if (left) normalise(p, x);
  std::string kept = left ? "normal" : "significand", lost;
  if (right) {
    if (!left) p.section("Below the smallest normal number: shift right.");
    // Where nothing is below, the shifter's answer is not taken; its amount may be anything.
    shift_right(p, "denormal", "significand", x.width, "deficit", ew);
    p.wire("placed", x.width, fmt::format("below ? denormal : {}", kept));
    p.wire("placed_lost", 1, "below & denormal_lost");
    kept = "placed";
    lost = "placed_lost";
  }
  p.section("Round to nearest even, and pack: a carry out of the mantissa moves into the exponent.");
  const int guard = x.width - precision - 1;
  std::string sticky = lost;
  if (guard >= 1) sticky += (sticky.empty() ? "|" : " | (|") + part(kept, guard - 1, 0) + (sticky.empty() ? "" : ")");
  if (guard >= 0)
    p.wire("up", 1, fmt::format("{0}[{1}] & ({0}[{2}]{3})", kept, guard, guard + 1, sticky.empty() ? "" : " | (" + sticky + ")"));
  const int magnitude_bits = ew + m;
  p.wire("field", ew, fmt::format("{} & {{{}{{{}[{}]}}}}", left ? "scale" : x.exponent, ew, kept, x.width - 1));
  std::string magnitude = fmt::format("{{field, {}}}", part(kept, x.width - 2, x.width - precision));
  if (guard >= 0) magnitude += fmt::format(" + {{{}, up}}", constant(magnitude_bits - 1, 0));
  p.wire("magnitude", magnitude_bits, magnitude);
  std::string infinite = x.infinite;
  if (x.most > static_cast<int>(f.top_exponent()) - 2) {
    p.wire("over", 1, fmt::format("magnitude > {}", constant(magnitude_bits, f.largest())));
    infinite = infinite.empty() ? "over" : infinite + " | over";
  } else {
    p.spare(part("magnitude", magnitude_bits - 1, f.bits() - 1));
  }
  std::string number = part("magnitude", f.bits() - 2, 0);
  if (!x.empty.empty()) number = fmt::format("{} & {{{}{{~{}}}}}", number, f.bits() - 1, x.empty);
  const std::string nan = constant(f.bits(), f.canonical_nan);
  std::string result = fmt::format("{{{}, {}}}", x.sign, number);
  if (!infinite.empty()) {
    p.wire("infinite", 1, infinite);
    const bool canonical = f.overflow() == f.canonical_nan;
    result = fmt::format("infinite ? {} : {}", canonical ? nan : fmt::format("{{{}, {}}}", x.sign, constant(f.bits() - 1, f.overflow())),
                         result);
  }
  if (!x.nan.empty()) result = fmt::format("{} ? {} : {}", x.nan, nan, result);
  p.wire("result", f.bits(), result);
}

}  // namespace lutra::gen
