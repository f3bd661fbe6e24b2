// Float tables: the weight of a plane, the sums of a table, and lanes that add one entry after the other.
#include "gen/float_tables.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "gen/array_lane.h"
#include "gen/table_builder.h"
#include "isa/timing/compute_timing.h"
#include "tests/rtl/formal/question.h"

namespace lutra::test {
namespace {

ArchConfig float_core(int inputs, const std::string& activations) {
  ArchConfig config = small(inputs, 1, 1, 32);
  config.table.mode = "float";
  config.array.activations = activations;
  config.scale.unit = "float";
  config.scale.registers = 1;
  return config;
}

/// The product of gen/float's multiplier, which is tested against the CPU's.
Question weight_question() {
  const std::string body = R"(
  wire [31:0] weighed, product;
  lutra_table_weight i_weight (.value_i(value_i), .shift_i(shift_i), .result_o(weighed));
  lutra_fp32_multiply i_product (.a_i(value_i), .b_i({1'b0, 8'd127 + {4'd0, shift_i}, 23'd0}), .result_o(product));
  wire nan = &value_i[30:23] && value_i[22:0] != 23'd0;
  assign bad_o = nan ? weighed != value_i : weighed != product;
)";
  Question q{{{"lutra_table_weight.v", gen::emit_table_weight()},
              gen::emit_float_unit(gen::float_multiplier(kFp32)),
              {"spec.v", spec_text({{false, 32, "value_i", "an entry"}, {false, 4, "shift_i", "of the plane"}}, body)}},
             "spec"};
  q.method = Method::kBounded;
  q.steps = 1;
  return q;
}

/// `name` after so many registers as `name`_late; and `ready_late`, by then the inputs have come through.
std::string late(const std::string& name, int bits, int registers) {
  return fmt::format(
      "  reg [{0}:0] {1}_q = 0;\n  reg [{2}:0] ready_q = 0;\n  always @(posedge clk_i) begin\n"
      "    {1}_q <= {{{1}_q, {1}}};\n    ready_q <= {{ready_q, 1'b1}};\n  end\n"
      "  wire [{3}:0] {1}_late = {1}_q[{0} -: {4}];\n  wire ready_late = ready_q[{2}];\n",
      bits * registers - 1, name, registers - 1, bits - 1, bits);
}

/// Registers between the activations of a table and its entries.
int table_registers(const ArchConfig& config) { return timing::table_write(config) - timing::kTableWrite; }

/// What `body` says of the table of a core, made of its own adders and of `units`, until all of its registers are full.
Question table_question(const ArchConfig& config, const std::string& body, const std::vector<gen::FloatUnit>& units) {
  const Geometry g(config);
  Question q{{{"lutra_table.v", gen::emit_table(config, g)}, gen::emit_float_unit(gen::float_adder(kFp32, config.scale.registers))},
             "spec"};
  for (const gen::FloatUnit& unit : units) q.files.push_back(gen::emit_float_unit(unit));
  const int width = config.array.table_inputs * g.activation_bits;
  q.files.push_back({"spec.v", spec_text({{false, width, "a_i", "activations"}}, body, gen::Clocking::kClock)});
  q.method = Method::kBounded;
  q.steps = table_registers(config) + 1;
  return q;
}

/// FP8 numbers as integers in units of 2^-9: their sums are exact in FP32, whatever their order.
Question exact_table_question(int inputs) {
  const ArchConfig config = float_core(inputs, "fp8_e4m3");
  const Geometry g(config);
  const int registers = table_registers(config);
  std::string body, nan;
  for (int i = 0; i < inputs; ++i) {
    body += fmt::format(
        "  wire [7:0] x{0} = a_i[{1} +: 8];\n"
        "  wire [22:0] size{0} = {{19'd0, x{0}[6:3] != 4'd0, x{0}[2:0]}} << (x{0}[6:3] == 4'd0 ? 4'd0 : x{0}[6:3] - 4'd1);\n"
        "  wire signed [23:0] n{0} = x{0}[7] ? -$signed({{1'b0, size{0}}}) : $signed({{1'b0, size{0}}});\n",
        i, 8 * i);
    nan += fmt::format("{}(&x{}[6:0])", i == 0 ? "" : " | ", i);
  }
  body += fmt::format("  wire nan = {};\n  wire [{}:0] expected;\n  wire [{}:0] table_bits;\n", nan, g.stored_table_bits - 1,
                      g.stored_table_bits - 1);
  for (int j = 0; j < g.entries; ++j) {
    std::string sum = fmt::format("n{}", inputs - 1);
    for (int i = 0; i + 1 < inputs; ++i) sum += fmt::format(" {} n{}", (j >> i & 1) != 0 ? '+' : '-', i);
    body += fmt::format(
        "  wire signed [23:0] sum{0} = {1};\n  wire [31:0] number{0};\n"
        "  lutra_int24_to_fp32 i_number{0} (.value_i(sum{0}), .result_o(number{0}));\n"
        "  assign expected[{0}*32 +: 32] = nan ? 32'h7FC00000 : sum{0} == 0 ? 32'd0 : {{number{0}[31], number{0}[30:23] - 8'd9, "
        "number{0}[22:0]}};\n",
        j, sum);
  }
  body += fmt::format("  lutra_table i_table (.clk_i(clk_i), .activations_i(a_i), .table_o(table_bits));\n") +
          late("expected", g.stored_table_bits, registers) + fmt::format("  wire [{}:0] wrong;\n", g.entries - 1);
  // The sign of a zero is free.
  for (int j = 0; j < g.entries; ++j)
    body += fmt::format(
        "  wire [31:0] want{0} = expected_late[{0}*32 +: 32], got{0} = table_bits[{0}*32 +: 32];\n"
        "  assign wrong[{0}] = want{0}[30:0] != got{0}[30:0] || (want{0}[30:0] != 31'd0 && want{0}[31] != got{0}[31]);\n",
        j);
  body += "  assign bad_o = ready_late && |wrong;\n";
  return table_question(config, body, {gen::float_converter(kFp8E4M3, kFp32), gen::int_to_float_unit(24, kFp32)});
}

/// BF16 sums are rounded: ((+-a0 +-a1) + a2), with the adder of gen/float, signs first.
Question ordered_table_question() {
  const ArchConfig config = float_core(3, "bf16");
  const int registers = table_registers(config);
  std::string body = "  wire [127:0] expected, table_bits;\n";
  const auto add = [&body](const std::string& name, const std::string& a, const std::string& b) {
    body += fmt::format("  wire [31:0] {0};\n  lutra_fp32_add i_{0} (.a_i({1}), .b_i({2}), .result_o({0}));\n", name, a, b);
  };
  for (int i = 0; i < 3; ++i)
    body += fmt::format("  wire [31:0] n{0};\n  lutra_bf16_to_fp32 i_n{0} (.value_i(a_i[{1} +: 16]), .result_o(n{0}));\n", i, 16 * i);
  const auto minus = [](const std::string& name) { return fmt::format("{{~{0}[31], {0}[30:0]}}", name); };
  for (int j = 0; j < 4; ++j) {
    add(fmt::format("pair{}", j), (j & 1) != 0 ? "n0" : minus("n0"), (j & 2) != 0 ? "n1" : minus("n1"));
    add(fmt::format("sum{}", j), fmt::format("pair{}", j), "n2");
    body += fmt::format("  assign expected[{0}*32 +: 32] = sum{0};\n", j);
  }
  body += "  lutra_table i_table (.clk_i(clk_i), .activations_i(a_i), .table_o(table_bits));\n" + late("expected", 128, registers) +
          "  wire [3:0] wrong;\n";
  for (int j = 0; j < 4; ++j)
    body += fmt::format(
        "  assign wrong[{0}] = (expected_late[{0}*32 +: 31] | table_bits[{0}*32 +: 31]) != 31'd0 && "
        "expected_late[{0}*32 +: 32] != table_bits[{0}*32 +: 32];\n",
        j);
  body += "  assign bad_o = ready_late && |wrong;\n";
  return table_question(config, body, {gen::float_adder(kFp32), gen::float_converter(kBf16, kFp32)});
}

/// A column of one lane: a term every other cycle, its sum in the cycle after it, is a chain of the adder of gen/float.
Question column_question(const std::string& decoder) {
  ArchConfig config = float_core(2, "fp16");
  config.array.decoder = decoder;
  const Geometry g(config);
  const std::string body = R"(
  reg odd_q = 1'b0;  // the sum of the term before arrives
  always @(posedge clk_i) odd_q <= !odd_q;
  wire [31:0] result;
  lutra_array_column i_column (
    .clk_i(clk_i), .weight_i(w_i), .table_i(table_i), .step_i(odd_q), .clear_i(clear_i), .capture_i(1'b1), .result_o(result)
  );
  wire [31:0] entry = w_i[0] ? table_i[63:32] : table_i[31:0];
  reg [31:0] sum_q = 32'd0, term_q = 32'd0;
  reg first_q = 1'b0;
  wire [31:0] sum;
  lutra_fp32_add i_sum (.a_i(first_q ? 32'd0 : sum_q), .b_i(term_q), .result_o(sum));
  always @(posedge clk_i) begin
    term_q <= {entry[31] ^ ~w_i[1], entry[30:0]};
    first_q <= clear_i;
    if (odd_q) sum_q <= sum;
  end
  assign bad_o = !odd_q && result != sum_q;
)";
  Question q{
      {{"lutra_array_column.v", gen::emit_array_column(config, g)},
       {"lutra_array_lane.v", gen::emit_array_lane(config, g)},
       {"lutra_float_accumulator.v", gen::emit_float_accumulator(config)},
       gen::emit_float_unit(gen::float_adder(kFp32, 1)),
       gen::emit_float_unit(gen::float_adder(kFp32)),
       {"spec.v", spec_text({{false, 64, "table_i", "a table"}, {false, 2, "w_i", "weight bits"}, {false, 1, "clear_i", "of a segment"}},
                            body, gen::Clocking::kClock)}},
      "spec"};
  q.method = Method::kBounded;
  q.steps = 7;
  return q;
}

}  // namespace

TEST_CASE("the weight of a plane multiplies every FP32 number as the multiplier does") {
  check(weight_question());
  check(broken(weight_question(), "- {3'd0, zeros} + 8'd1", "- {3'd0, zeros}"), false);
}

TEST_CASE("tables of FP8 numbers hold their exact sums") {
  check(exact_table_question(2));
  check(broken(exact_table_question(2), "~a0[31]", "a0[31]"), false);
}

TEST_CASE("tables of BF16 numbers are rounded from left to right") { check(ordered_table_question()); }

TEST_CASE("a lane adds the selected FP32 entries with their signs, one after the other") {
  check(column_question("column"));
  check(column_question("lane"));
  check(broken(column_question("column"), "entry[31] ^ negate[g]", "entry[31]"), false);
}

}  // namespace lutra::test
