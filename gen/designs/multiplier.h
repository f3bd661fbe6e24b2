// Rivals that multiply: adder trees over signed or gated activations, and multiply-accumulate units of small weights.
#pragma once

#include "gen/designs/integer_array.h"

namespace lutra::gen {

/// How a weight's partial products are made.
enum class PartialProduct {
  kSignFlip,  // a plane bit adds or subtracts the activation (ADD)
  kGate,      // a plane bit adds the activation or nothing; the zero point makes up for it
  kDigit,     // two planes select -a, 0, a or 2a, the cheapest set of four consecutive multiples
  kTernary,   // a weight selects -a, 0 or a
  kOperator,  // what the synthesis tool makes of `*` and `+` on signed numbers
};

struct MultiplierParameters {
  std::string name;
  PartialProduct product = PartialProduct::kGate;
  int rows = 2, columns = 8;
  int depth = 32;       // activations of a step: the length of the dot product
  int planes = 2;       // weight bits taken a cycle
  int stored_bits = 0;  // bits of a weight at the port; fewer than `planes` where it is dequantised first; 0: planes
  Combine combine = Combine::kParallel;
  int max_shift = 0;  // of Combine::kShift
  AdderStyle adder = {};
  bool array = false;      // with activation and weight registers
  bool carry_save = true;  // else a tree of two-operand adders: one plane, a depth that is a power of two
};

IntegerDesign make_multiplier(const MultiplierParameters& parameters);

}  // namespace lutra::gen
