// Floating-point multiply-accumulate units: exact products, one aligned sum with the accumulator, one rounding a step.
#pragma once

#include "gen/designs/integer_array.h"

namespace lutra::gen {

struct FloatMacParameters {
  std::string name;
  int rows = 2, columns = 8;
  int length = 4;            // products of a step
  bool half_result = false;  // accumulate in FP16 instead of FP32
  FloatFormat format = kFp16;
  int stored_bits = 0;  // weights at the port are uniform codes of so many bits, dequantised once a column; 0: they are in `format`
  AdderStyle adder = {};
};

/// Shortcuts that make the unit smaller: operands are finite; the significands of a step are aligned to the largest exponent in a window as
/// wide as the wider of product and accumulator and cut off below it; an accumulator below the smallest normal number becomes zero, one
/// above the largest becomes infinity (FP32) or the largest number (FP16). Rounding is to nearest even.
IntegerDesign make_float_mac(const FloatMacParameters& parameters);

}  // namespace lutra::gen
