#include "sim/cost/full_adder.h"

#include <fmt/format.h>

#include "sim/cost/boolean_function.h"

namespace lutra::cost {
namespace {

using Table = std::vector<std::uint8_t>;

const Table kSum = {0, 1, 1, 0, 1, 0, 0, 1}, kCarry = {0, 0, 0, 1, 0, 1, 1, 1};

Table inverted(Table table) {
  for (std::uint8_t& bit : table) bit ^= 1;
  return table;
}

std::optional<FullAdderCell> as_full_adder(const LibraryCell& cell) {
  const std::vector<std::string> inputs = cell.input_names();
  if (cell.dont_use || cell.kind != CellKind::kCombinational || inputs.size() != 3 || cell.pins.size() != 5) return std::nullopt;
  for (const bool inverting : {false, true}) {
    FullAdderCell result{cell.name, {inputs[0], inputs[1], inputs[2]}, "", "", inverting};
    for (const LibraryPin& pin : cell.pins) {
      if (!pin.output) continue;
      Table table = truth_table(pin.function, inputs);
      if (inverting) table = inverted(table);
      if (table == kSum) result.sum = pin.name;
      if (table == kCarry) result.carry = pin.name;
    }
    if (!result.sum.empty() && !result.carry.empty()) return result;
  }
  return std::nullopt;
}

/// The cell between a, b, c and the outputs, which are inverted where `invert` differs from what the cell gives.
std::string body(const FullAdderCell& cell, const std::string& sum, const std::string& carry, bool invert) {
  const char* sign = invert != cell.inverting ? "~" : "";
  return fmt::format(
      "  wire s, k;\n  {} full_adder (.{}(a_i), .{}(b_i), .{}(c_i), .{}(s), .{}(k));\n  assign {} = {}s;\n  assign {} = {}k;\n", cell.name,
      cell.inputs[0], cell.inputs[1], cell.inputs[2], cell.sum, cell.carry, sum, sign, carry, sign);
}

}  // namespace

std::optional<FullAdderCell> find_full_adder(const Library& library) {
  std::optional<FullAdderCell> best;
  for (const auto& [name, cell] : library.cells)
    if (const auto found = as_full_adder(cell); found && (!best || cell.area_um2 < library.cell(best->name)->area_um2)) best = found;
  return best;
}

std::string full_adder_map(const FullAdderCell& cell) {
  std::string text;
  for (const bool invert : {false, true}) {
    const std::string sum = invert ? "sum_no" : "sum_o", carry = invert ? "carry_no" : "carry_o";
    text += fmt::format("module lutra_full_adder{} (input a_i, input b_i, input c_i, output {}, output {});\n{}endmodule\n",
                        invert ? "_n" : "", sum, carry, body(cell, sum, carry, invert));
  }
  return text + fmt::format(R"((* techmap_celltype = "$fa" *)
module lutra_fa_operator (A, B, C, X, Y);
  parameter WIDTH = 1;
  input [WIDTH-1:0] A, B, C;
  output [WIDTH-1:0] X, Y;
  genvar i;
  generate
    for (i = 0; i < WIDTH; i = i + 1) begin : gen_bit
      wire s, k;
      {0} full_adder (.{1}(A[i]), .{2}(B[i]), .{3}(C[i]), .{4}(s), .{5}(k));
      assign Y[i] = {6}s;
      assign X[i] = {6}k;
    end
  endgenerate
endmodule
)",
                            cell.name, cell.inputs[0], cell.inputs[1], cell.inputs[2], cell.sum, cell.carry, cell.inverting ? "~" : "");
}

std::string full_adder_black_box(const FullAdderCell& cell) {
  return fmt::format("(* blackbox *)\nmodule {} (input {}, input {}, input {}, output {}, output {});\nendmodule\n", cell.name,
                     cell.inputs[0], cell.inputs[1], cell.inputs[2], cell.sum, cell.carry);
}

}  // namespace lutra::cost
