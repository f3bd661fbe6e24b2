// The floating-point units in plain integer arithmetic: the bits that the Verilog of gen/float/unit.h gives, operation by operation.
#pragma once

#include <cstdint>

#include "isa/float_format.h"

namespace lutra::gen {

// Operands and results are encodings in the low bits of a word; bits above the format are zero. Rounding is to nearest even, subnormals
// count, every NaN result is the format's canonical one, a result beyond the largest number is the format's overflow().

std::uint32_t float_add(const FloatFormat& format, std::uint32_t a, std::uint32_t b);
std::uint32_t float_multiply(const FloatFormat& format, std::uint32_t a, std::uint32_t b);
/// a / b. A finite a over zero gives what an infinite result does, zero over zero NaN.
std::uint32_t float_divide(const FloatFormat& format, std::uint32_t a, std::uint32_t b);
/// IEEE 754-2019 maximum: NaN if either is NaN; -0 is below +0.
std::uint32_t float_maximum(const FloatFormat& format, std::uint32_t a, std::uint32_t b);

struct FloatOrder {
  bool less;
  bool equal;  // +0 equals -0
  bool unordered;
};
FloatOrder float_compare(const FloatFormat& format, std::uint32_t a, std::uint32_t b);

std::uint32_t float_convert(const FloatFormat& from, const FloatFormat& to, std::uint32_t a);
/// fl(value) for a two's-complement integer of at most 64 bits.
std::uint32_t int_to_float(const FloatFormat& to, std::int64_t value);
/// To a signed integer of `bits` (at most 32): round to nearest even, then clamp to its range; NaN gives 0.
std::int32_t float_to_int(const FloatFormat& from, int bits, std::uint32_t a);

}  // namespace lutra::gen
