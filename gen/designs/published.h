// The designs that the LUT Tensor Core paper compares in its Table 2: its own and UNPU as it re-implemented it.
#pragma once

#include "gen/designs/integer_array.h"

namespace lutra::gen {

/// Steps from UNPU to LUT-TC, in the order of the table.
enum class PublishedStep {
  kUnpu,        // 2^K entries of {0, 1} sums, tables built inside
  kHalfTables,  // weights reinterpreted as -1/+1: half the entries, index folded by a circuit, tables built inside
  kNoNegation,  // the index is folded offline
  kLutTc,       // tables come from outside: the published design
};

struct PublishedParameters {
  std::string name;
  PublishedStep step = PublishedStep::kLutTc;
  int rows = 2, columns = 64;
  int inputs = 4;
  int entry_bits = 8;
  TableMode mode = TableMode::kQuantised;
  int max_shift = 3;  // INT1 to INT4 weights
  AdderStyle adder = {};
  bool array = false;  // LUT-TC with table, weight and sum registers and its builder; exact tables only
};

/// One table a lane and cycle: multiplexer, sign, shift, accumulator (G = 1, bit-serial).
IntegerDesign make_published(const PublishedParameters& parameters);

/// Bits of a table's all-exact entry for K activations.
int exact_entry_bits(int inputs, int activation_bits);

}  // namespace lutra::gen
