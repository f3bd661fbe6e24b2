// Datapath blocks against their mathematics, for all values of activations, weights and accumulators, at small parameters.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "gen/array_lane.h"
#include "gen/netlist.h"
#include "gen/scale_unit.h"
#include "gen/table_builder.h"
#include "tests/rtl/formal/question.h"

namespace lutra::test {
namespace {

/// `value_bits` bits of each activation are free, the rest their sign.
Question table_question(int inputs, int value_bits) {
  const ArchConfig config = small(inputs, 1, 1, 20);
  const Geometry geometry(config);
  const int bits = geometry.table_bits;
  std::string lows, differs;
  for (int i = 0; i < inputs; ++i) lows += fmt::format("{}a{}[0]", i == 0 ? "" : ", ", i);
  std::string body = fmt::format(
      "  wire [{}:0] entries;\n  wire [{}:0] bytes;\n  lutra_table i_table (.activations_i(bytes), .table_o(entries));\n{}"
      "  wire parity = ^{{{}}};\n",
      geometry.entries * bits - 1, inputs * 8 - 1, activations(inputs, value_bits, bits), lows);
  for (int j = 0; j < geometry.entries; ++j) {
    std::vector<std::string> signs;
    for (int i = 0; i < inputs; ++i) signs.push_back(i == inputs - 1 || (j >> i & 1) != 0 ? "1'b1" : "1'b0");
    body += fmt::format("  wire signed [{0}:0] t{1} = {2};\n", bits - 1, j, signed_sum(inputs, 0, signs));
    // Parity storage: half of an entry, rounded down, and the parity that all entries share are the entry.
    body += fmt::format("  wire signed [{0}:0] h{1} = $signed(entries[{1}*{2} +: {2}]) >>> 1;\n", bits - 1, j, bits);
    differs += fmt::format("{0}entries[{1}*{2} +: {2}] != t{1} || (h{1} <<< 1) + $signed({{1'b0, parity}}) != t{1}", j == 0 ? "" : " || ",
                           j, bits);
  }
  body += fmt::format("  assign bad_o = {};\n", differs);
  Question q{{{"lutra_table.v", gen::emit_table(config, geometry)},
              {"spec.v", spec_text({{false, inputs * value_bits, "a_i", "activations"}}, body)}},
             "spec"};
  q.method = Method::kBounded;
  q.steps = 1;
  return q;
}

struct DotShape {
  int inputs, tables, planes, accumulator_bits, value_bits;
};

/// Table, fold, select, sign, sum, shift, accumulate = the dot product of activations and +-1 weights times plane weights.
/// `expected` replaces the sum over planes (in terms of a<i>), `allowed` restricts the inputs.
Question dot_question(const DotShape& s, const std::string& expected = "", const std::string& allowed = "1'b1") {
  const ArchConfig config = small(s.inputs, s.tables, s.planes, s.accumulator_bits);
  const Geometry geometry(config);
  const int terms = s.planes * s.tables, depth = s.tables * s.inputs, acc = s.accumulator_bits,
            row = geometry.entries * geometry.table_bits;
  std::string body = fmt::format("  wire [{}:0] bytes;\n", depth * 8 - 1) + activations(depth, s.value_bits, acc);
  body += fmt::format("  wire [{}:0] tables;\n  wire [{}:0] folded;\n", s.tables * row - 1, terms * s.inputs - 1);
  for (int g = 0; g < s.tables; ++g)
    body += fmt::format("  lutra_table i_table{0} (.activations_i(bytes[{1} +: {2}]), .table_o(tables[{3} +: {4}]));\n", g,
                        g * s.inputs * 8, s.inputs * 8, g * row, row);
  std::string sum = expected.empty() ? "" : expected;
  for (int p = 0; p < s.planes; ++p) {
    std::string plane;
    for (int g = 0; g < s.tables; ++g) {
      const int at = (p * s.tables + g) * s.inputs, top = at + s.inputs - 1;
      body += fmt::format("  assign folded[{}] = w_i[{}];\n", top, top);
      std::vector<std::string> signs;
      for (int i = 0; i < s.inputs; ++i) {
        signs.push_back(fmt::format("w_i[{}]", at + i));
        if (at + i != top) body += fmt::format("  assign folded[{0}] = w_i[{0}] ^ ~w_i[{1}];\n", at + i, top);
      }
      plane += (plane.empty() ? "" : " + ") + signed_sum(s.inputs, g * s.inputs, signs);
    }
    body += fmt::format("  wire signed [{}:0] plane{} = {};\n", acc - 1, p, plane);
    if (expected.empty()) sum += fmt::format("{}(plane{} <<< shift_i[{} +: 4])", p == 0 ? "" : " + ", p, 4 * p);
  }
  const std::string column = gen::emit_array_column(config, geometry);
  bool enables = false;
  for (const gen::Port& port : gen::ports_of(column, "lutra_array_column")) enables = enables || port.name == "plane_en_i";
  body += fmt::format(R"(
  wire [{0}:0] result;
  lutra_array_column i_column (
    .clk_i(clk_i), .weight_i(folded), .table_i(tables), .shift_i(shift_i), {1}
    .step_i(1'b1), .clear_i(clear_i), .capture_i(1'b1), .result_o(result)
  );
  reg signed [{0}:0] sum_q;
  reg legal_q = 1'b1;  // all inputs so far were allowed
  always @(posedge clk_i) begin
    sum_q <= (clear_i ? {3}'d0 : sum_q) + ({4});
    legal_q <= legal_q && ({2});
  end
  assign bad_o = legal_q && result != sum_q;
)",
                      acc - 1, enables ? fmt::format(".plane_en_i({{{}{{1'b1}}}}),", s.planes) : "", allowed, acc, sum);
  const std::vector<gen::Port> ports = {{false, depth * s.value_bits, "a_i", "activations"},
                                        {false, terms * s.inputs, "w_i", "weight bits, not folded"},
                                        {false, 4 * s.planes, "shift_i", "log2 of plane weights"},
                                        {false, 1, "clear_i", "start"}};
  Question q{{{"lutra_array_column.v", column},
              {"lutra_array_lane.v", gen::emit_array_lane(config, geometry)},
              {"lutra_table.v", gen::emit_table(config, geometry)},
              {"spec.v", spec_text(ports, body, gen::Clocking::kClock)}},
             "spec"};
  q.method = Method::kBounded;
  q.steps = 3;
  return q;
}

}  // namespace

TEST_CASE("every entry of a table is its signed sum, and half of it with the shared parity is as good") {
  for (const auto& [inputs, value_bits] : {std::pair{1, 8}, {2, 8}, {3, 8}, {4, 8}}) {
    INFO(inputs << " activations of " << value_bits << " bits");
    check(table_question(inputs, value_bits));
  }
  check(broken(table_question(3, 8), " - ", " + "), false);
}

TEST_CASE("table, lookup and sign are the dot product in steps of a segment") {
  for (const DotShape& s : {DotShape{1, 2, 1, 16, 8}, DotShape{2, 1, 1, 16, 8}, DotShape{2, 2, 1, 16, 4}, DotShape{3, 1, 1, 16, 4}}) {
    INFO(s.inputs << " inputs, " << s.tables << " tables, activations of " << s.value_bits << " bits");
    check(dot_question(s));
  }
  check(broken(dot_question({2, 1, 1, 16, 8}), "negate[g] = ~weight", "negate[g] = weight"), false);
}

TEST_CASE("planes are recombined by their weights") { check(dot_question({2, 1, 2, 16, 3})); }

TEST_CASE("two planes of weight one are ternary weights") {
  // -1 = (-,-), 0 = (+,-), +1 = (+,+): the planes add up to twice the trit.
  std::string allowed = "shift_i == 8'd0", expected;
  for (int i = 0; i < 2; ++i) {
    allowed += fmt::format(" && (w_i[{}] || !w_i[{}])", i, 2 + i);
    expected +=
        fmt::format("{}(w_i[{}] == w_i[{}] ? (w_i[{}] ? a{} <<< 1 : -(a{} <<< 1)) : 16'sd0)", i == 0 ? "" : " + ", i, 2 + i, i, i, i);
  }
  check(dot_question({2, 1, 2, 16, 8}, expected, allowed));
}

TEST_CASE("the zero point of an output is acc - z' S") {
  const ArchConfig config = small(2, 2, 1, 4);
  const Geometry geometry(config);
  std::string body =
      "  wire signed [31:0] acc = $signed(acc_i);\n  wire signed [31:0] sum = $signed(sum_i);\n  wire signed [31:0] left9 = acc;\n";
  // z' is two's complement: its bit i takes 2^i S away, its sign bit gives 2^9 S back.
  for (int i = 8; i >= 0; --i)
    body += fmt::format("  wire signed [31:0] left{0} = left{1} - (zero_i[{0}] ? sum <<< {0} : 32'sd0);\n", i, i + 1);
  body +=
      "  wire [31:0] value;\n"
      "  lutra_zero_point i_zero_point (.acc_i(acc_i), .sum_i(sum), .zero_i(zero_i), .value_o(value));\n"
      "  assign bad_o = value != left0 + (zero_i[9] ? sum <<< 9 : 32'sd0);\n";
  Question q{{{"lutra_zero_point.v", gen::emit_zero_point(config, geometry)},
              {"spec.v", spec_text({{false, 4, "acc_i", "accumulator"}, {false, 3, "sum_i", "S"}, {false, 10, "zero_i", "z'"}}, body)}},
             "spec"};
  q.method = Method::kBounded;
  q.steps = 1;
  check(q);
  check(broken(q, "minus0 = ~", "minus0 = "), false);
}

}  // namespace lutra::test
