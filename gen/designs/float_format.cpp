// Numbers as codes of small floating-point formats, and back.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "gen/designs/design.h"

namespace lutra::gen {

std::uint16_t encode_float(float value, const FloatFormat& f) {
  const int sign = std::signbit(value) ? 1 << (f.bits() - 1) : 0;
  if (value == 0) return static_cast<std::uint16_t>(sign);
  const int smallest = 1 - f.bias(), exponent = std::max(std::ilogb(value), smallest);
  const long significand = std::lrint(std::ldexp(std::fabs(value), f.mantissa_bits - exponent));  // may round up to the next exponent
  // The hidden bit adds one to the exponent field.
  const long code = (static_cast<long>(exponent - smallest) << f.mantissa_bits) + significand;
  return static_cast<std::uint16_t>(sign | std::min<long>(code, f.largest()));
}

float decode_float(std::uint16_t code, const FloatFormat& f) {
  const int field = code >> f.mantissa_bits & ((1 << f.exponent_bits) - 1), hidden = 1 << f.mantissa_bits;
  const int fraction = code & (hidden - 1), significand = field == 0 ? fraction : hidden + fraction;
  const float magnitude = std::ldexp(static_cast<float>(significand), std::max(field, 1) - f.bias() - f.mantissa_bits);
  return (code >> (f.bits() - 1) & 1) != 0 ? -magnitude : magnitude;
}

std::string label_of(const FloatFormat& format) {
  std::string label(format.name);
  for (char& c : label) c = c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return label;
}

}  // namespace lutra::gen
