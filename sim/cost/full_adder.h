// The library's full-adder cell, and the Yosys map that puts it where a design asks for one.
#pragma once

#include <optional>
#include <string>

#include "sim/cost/liberty.h"

namespace lutra::cost {

struct FullAdderCell {
  std::string name;
  std::string inputs[3];
  std::string sum, carry;
  bool inverting = false;  // both outputs are complements
};

/// The smallest usable cell with the functions of a full adder, or of one with both outputs inverted.
std::optional<FullAdderCell> find_full_adder(const Library& library);

/// Verilog for `techmap -map`: modules lutra_full_adder (a_i, b_i, c_i, sum_o, carry_o), lutra_full_adder_n (the same with inverted
/// outputs sum_no, carry_no) and Yosys' $fa become the cell and inverters where it needs them.
std::string full_adder_map(const FullAdderCell& cell);
/// Declares the cell's ports to Yosys.
std::string full_adder_black_box(const FullAdderCell& cell);

}  // namespace lutra::cost
