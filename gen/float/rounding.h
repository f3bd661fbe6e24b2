// The parts that the floating-point units share: taking an operand apart, shifters, and normalise-round-pack.
#pragma once

#include <string>

#include "gen/float/pipeline.h"
#include "isa/float_format.h"

namespace lutra::gen {

/// Wires NAME_sign, NAME_nan, NAME_inf (where the format has one), NAME_exp (at least 1) and NAME_sig (hidden bit first) of the operand in
/// the wire `bits`.
void unpack_operand(Pipeline& p, const FloatFormat& format, const std::string& name, const std::string& bits);

/// Wires NAME (shifted) and NAME_lost (a one was shifted out), of `width` bits each: `value` >> `amount`; all is lost where the amount is
/// beyond the shifter. `amount` has `amount_bits` bits.
void shift_right(Pipeline& p, const std::string& name, const std::string& value, int width, const std::string& amount, int amount_bits);

/// Wire NAME: leading zeros of `value`, clog2(width) bits; all ones where there is no one.
void count_leading_zeros(Pipeline& p, const std::string& name, const std::string& value, int width);

/// What is to be rounded: (-1)^sign significand, whose top bit has the weight of a hidden bit at the biased exponent `exponent`.
struct Unrounded {
  std::string sign;         // wire
  std::string exponent;     // wire, two's complement, exponent_bits wide
  std::string significand;  // wire
  int exponent_bits;
  int least, most;                   // range of the exponent
  int width;                         // of the significand: a precision at least, and one more where it may be shifted right
  int zeros;                         // leading zeros that it may have and still be a normal number
  std::string nan, infinite, empty;  // wires: NaN, infinite, exactly zero whatever the significand; "" for never
};

/// Sections that normalise, round to nearest even and pack; the result is the wire `result`.
void round_and_pack(Pipeline& p, const FloatFormat& format, const Unrounded& x);

}  // namespace lutra::gen
