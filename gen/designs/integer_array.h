// The frame that all integer datapaths share: rows x columns of lanes, decoded weights, an accumulator a lane.
#pragma once

#include <functional>
#include <string>

#include "gen/designs/bit_heap.h"
#include "gen/designs/design.h"

namespace lutra::gen {

/// What one family of designs fills in. Texts are Verilog bodies.
struct LaneParts {
  int operand_bits = 0;      // port bits of one row
  int prepared_bits = 0;     // what prepare_text makes of them for the lanes of that row; 0: the same bits
  int weight_bits = 0;       // port bits of one column
  int control_bits = 0;      // what decode_text makes of them for the lanes of that column
  std::string prepare_text;  // operand_i -> prepared_o (may use clk_i where prepare_clocked)
  bool prepare_clocked = false;
  std::string decode_text;  // weight_i -> control_o
  std::string lane_text;    // control_i, operand_i -> wires that terms() adds
  std::function<void(BitHeap&)> terms;
  std::string accumulate_text;  // replaces the integer accumulator: operands, control_i, clear_i -> result_o
  int sum_bits = 24;            // bits of the lane's sum; only read for Combine::kShift
  int max_shift = 0;            // log2 of the largest plane weight; only for Combine::kShift
  bool shifts_itself = false;   // lane_text reads shift_i and terms() are shifted already
  std::string plain_sum;        // an expression of the accumulator's width that is added as the RTL writes it, instead of terms()
  AdderStyle adder = {};
  /// At the array boundary: wires from `operand_i` (the row's activations, two's complement) to `table_d`, what the datapath's operand port
  /// takes. Empty: the design is a datapath.
  std::string build_text;
};

/// Fills in design.top and design.files. With a builder the datapath is wrapped: table (or activation) registers, weight registers, and
/// sums of a segment's activations (for zero points) in every row; design.codec is replaced.
void emit_integer_array(IntegerDesign& design, const LaneParts& parts);

/// Bits that select the shift of Combine::kShift.
int shift_bits(int max_shift);

}  // namespace lutra::gen
