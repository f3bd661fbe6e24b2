// Lookup designs of our own: one-hot selected table entries, carry-save sums, one accumulator for many tables.
#pragma once

#include "gen/designs/integer_array.h"

namespace lutra::gen {

/// How an entry is stored.
enum class EntryForm {
  kPlain,   // two's complement, exact or quantised
  kParity,  // half of the entry; the parity of the whole table beside it
  kSubset,  // sums over subsets, unsigned; nothing is stored for the empty one: no sign, and no selection is a zero
};

struct LookupParameters {
  std::string name;
  int rows = 2, columns = 8;
  int inputs = 4;       // K, activations a table
  int tables = 8;       // G, tables added a lane and plane
  int planes = 1;       // P
  int entry_bits = 10;  // stored bits of an entry
  EntryForm form = EntryForm::kPlain;
  TableMode mode = TableMode::kExact;
  Combine combine = Combine::kParallel;
  int activation_bits = 8;
  AdderStyle adder = {};
  bool array = false;  // with its builder and registers; exact tables only
};

/// Weights as planes: rows x columns lanes, each adding tables x planes entries a cycle.
IntegerDesign make_lookup(const LookupParameters& parameters);

struct TernaryParameters {
  std::string name;
  int rows = 2, columns = 8;
  int inputs = 2;   // mu, trits a table
  int tables = 16;  // tables added a lane
  int depth = 0;    // activations of a step where they do not fill the last table; 0: inputs x tables
  int activation_bits = 8;
  AdderStyle adder = {};
  bool planes_too = false;  // its tables hold those of binary planes: run uniform weights plane by plane (Horner)
};

/// Native ternary tables: (3^mu - 1) / 2 entries, zero selects none.
IntegerDesign make_ternary_lookup(const TernaryParameters& parameters);

}  // namespace lutra::gen
