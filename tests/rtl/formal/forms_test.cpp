// Other forms of the core's tables: halves with a parity, trits, planes outermost, aligned and quantised entries.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "gen/array_lane.h"
#include "gen/table_builder.h"
#include "gen/table_scales.h"
#include "isa/float_format.h"
#include "tests/rtl/formal/question.h"

namespace lutra::test {
namespace {

constexpr int kInputs = 2, kTables = 2, kValueBits = 4, kAccumulatorBits = 16;

/// Folded weight bits of a table from two bits w_i, and the table's part of the dot product.
std::string plane_table(int g, std::string& dot, std::string&) {
  const int low = 2 * g, top = 2 * g + 1;
  dot += fmt::format("{}{}", g == 0 ? "" : " + ", signed_sum(kInputs, low, {fmt::format("w_i[{}]", low), fmt::format("w_i[{}]", top)}));
  return fmt::format("  assign weight[{0}] = w_i[{0}] ^ ~w_i[{1}];\n  assign weight[{1}] = w_i[{1}];\n", low, top);
}

/// The same from two trits, coded 0, 1, 2 in two bits each: the size of their number, lowest first, and whether it is added.
std::string trit_table(int g, std::string& dot, std::string& allowed) {
  const int low = 2 * g, top = 2 * g + 1;
  std::string text;
  for (const int i : {low, top}) {
    text += fmt::format("  wire signed [3:0] trit{0} = $signed({{2'd0, w_i[{1} +: 2]}}) - 4'sd1;\n", i, 2 * i);
    dot += fmt::format("{0}(trit{1} == 0 ? 16'sd0 : trit{1} > 0 ? a{1} : -a{1})", dot.empty() ? "" : " + ", i);
    allowed += fmt::format(" && w_i[{} +: 2] != 2'd3", 2 * i);
  }
  return text + fmt::format(
                    "  wire signed [3:0] n{0} = trit{1} + (trit{2} <<< 1) + trit{2};\n  wire [3:0] size{0} = n{0} < 0 ? -n{0} : n{0};\n"
                    "  assign weight[{3} +: 4] = {{n{0} > 0, size{0}[2:0]}};\n",
                    g, low, top, 4 * g);
}

/// Table, select, sign, sum, accumulator of one column, and the correction of a row beside them where tables are halves, equal the running
/// dot product for any plane weights; planes outermost: for any sequence of doublings.
Question form_question(const ArchConfig& config) {
  const Geometry g(config);
  const int row = g.stored_table_bits;
  std::string body = fmt::format("  wire [{}:0] bytes;\n", kTables * kInputs * 8 - 1) +
                     activations(kTables * kInputs, kValueBits, kAccumulatorBits) +
                     fmt::format("  wire [{}:0] tables;\n  wire [{}:0] weight;\n", kTables * row - 1, kTables * g.weight_table_bits - 1);
  std::string dot, allowed = "1'b1";
  for (int t = 0; t < kTables; ++t) {
    body += fmt::format("  lutra_table i_table{0} (.activations_i(bytes[{1} +: 16]), .table_o(tables[{2} +: {3}]));\n", t, t * 16, t * row,
                        row);
    body += g.ternary ? trit_table(t, dot, allowed) : plane_table(t, dot, allowed);
  }
  const std::string port = g.horner ? "double_i" : "shift_i";
  const auto instance = [&](const std::string& module, const std::string& operands, const std::string& result) {
    return fmt::format(
        "  {0} i_{0} (\n    .clk_i(clk_i), {1}, .{2}({2}), .step_i(1'b1), .clear_i(clear_i), .capture_i(1'b1), .result_o({3})\n  );\n",
        module, operands, port, result);
  };
  body += fmt::format("  wire [{}:0] result;\n", g.lane_accumulator_bits - 1) +
          instance("lutra_array_column", ".weight_i(weight), .table_i(tables)", "result");
  if (g.parity)
    body += fmt::format("  wire [{}:0] parities;\n", kAccumulatorBits - 1) +
            instance("lutra_array_parity", fmt::format(".parity_i({{tables[{}], tables[{}]}})", 2 * row - 1, row - 1), "parities");
  body += fmt::format(R"(
  wire signed [15:0] dot = {};
  reg signed [15:0] sum_q;
  reg legal_q = 1'b1;  // all inputs so far were allowed
  always @(posedge clk_i) begin
    sum_q <= (clear_i ? 16'd0 : {}) + {};
    legal_q <= legal_q && ({});
  end
  wire [15:0] total = {};
  assign bad_o = legal_q && total != sum_q;
)",
                      dot, g.horner ? "double_i ? sum_q <<< 1 : sum_q" : "sum_q", g.horner ? "dot" : "(dot <<< shift_i)", allowed,
                      g.parity ? "{result, 1'b0} + parities" : "result");
  const std::vector<gen::Port> ports = {{false, kTables * kInputs * kValueBits, "a_i", "activations"},
                                        {false, kTables * kInputs * (g.ternary ? 2 : 1), "w_i", "weights"},
                                        {false, g.horner ? 1 : 4, port, "weight of the plane"},
                                        {false, 1, "clear_i", "a segment starts"}};
  Question q{{{"lutra_array_lane.v", gen::emit_array_lane(config, g)},
              {"lutra_array_column.v", gen::emit_array_column(config, g)},
              {"lutra_table.v", gen::emit_table(config, g)},
              {"spec.v", spec_text(ports, body, gen::Clocking::kClock)}},
             "spec"};
  if (g.parity) q.files.push_back({"lutra_array_parity.v", gen::emit_array_parity(config, g)});
  q.method = Method::kBounded;
  q.steps = 3;
  return q;
}

ArchConfig form() { return small(kInputs, kTables, 1, kAccumulatorBits); }

Question combinational(const gen::EmittedFile& block, const std::vector<gen::Port>& ports, const std::string& body) {
  Question q{{block, {"spec.v", spec_text(ports, body)}}, "spec"};
  q.method = Method::kBounded;
  q.steps = 1;
  return q;
}

Question align_question(const std::string& type, int mantissa_bits) {
  ArchConfig config = form();
  config.array.activations = type;
  config.table.mode = "aligned";
  config.table.mantissa_bits = mantissa_bits;
  const Geometry g(config);
  const FloatFormat& f = *find_float_format(type);
  // In units of the scale the number is significand 2^mantissa_bits / 2^(precision + distance of the exponents).
  const std::string body = fmt::format(R"(
  wire [{0}:0] field = value_i[{1} +: {2}];
  wire [{0}:0] own = field == 0 ? {2}'d1 : field;
  wire [63:0] wide = {{field != 0, value_i[{3}:0]}} << {4};
  wire [6:0] down = 7'd{5} + exponent_i - own;
  wire [63:0] whole = wide >> down;
  wire [63:0] rest = wide - (whole << down);
  wire [63:0] half = 64'd1 << (down - 7'd1);
  wire [63:0] near = whole + (rest > half || (rest == half && whole[0]));
  wire [{4}:0] magnitude = near > 64'd{6} ? {7}'d{6} : near[{4}:0];
  wire [{4}:0] result;
  lutra_align i_align (.value_i(value_i), .exponent_i(exponent_i), .result_o(result));
  assign bad_o = exponent_i >= own && result != (value_i[{8}] ? -magnitude : magnitude);
)",
                                       f.exponent_bits - 1, f.mantissa_bits, f.exponent_bits, f.mantissa_bits - 1, mantissa_bits,
                                       f.precision(), (1 << mantissa_bits) - 1, mantissa_bits + 1, f.bits() - 1);
  return combinational({"lutra_align.v", gen::emit_align(config, g)},
                       {{false, f.bits(), "value_i", "a number"}, {false, f.exponent_bits, "exponent_i", "the largest exponent"}}, body);
}

ArchConfig quantised() {
  ArchConfig config = form();
  config.table.mode = "quantised";
  config.table.scale = "power_of_two";
  return config;
}

/// `name` = `number` / 2^`shift` as wires of 24 signed bits, rounded to nearest even.
std::string rounded(const std::string& name, const std::string& number, const std::string& shift) {
  return fmt::format(
      "  wire signed [23:0] {0}_whole = {1} >>> {2};\n  wire [23:0] {0}_rest = {1} - ({0}_whole <<< {2});\n"
      "  wire signed [23:0] {0} = {0}_whole + $signed({{23'd0, {{{0}_rest, 1'b0}} > (25'd1 << {2}) || ({{{0}_rest, 1'b0}} == (25'd1 << "
      "{2}) "
      "&& {0}_whole[0] && {2} != 0)}});\n",
      name, number, shift);
}

Question shift_question() {
  const Geometry g(quantised());
  // The largest sum of two INT8 magnitudes is 256.
  const std::string body =
      "  wire signed [23:0] number = {9'd0, sum_i, 6'd0};\n  wire [4:0] shift;\n  wire [4:0] less = shift - 5'd1;\n"
      "  lutra_table_shift i_shift (.sum_i(sum_i), .shift_o(shift));\n" +
      rounded("kept", "number", "shift") + rounded("before", "number", "less") +
      "  assign bad_o = sum_i <= 9'd256 && (kept > 24'sd127 || (shift != 5'd0 && before <= 24'sd127));\n";
  return combinational({"lutra_table_shift.v", gen::emit_table_shift(quantised(), g)}, {{false, 9, "sum_i", "largest sum"}}, body);
}

Question quantise_question() {
  const Geometry g(quantised());
  const int bits = g.table_bits;
  const std::string body = fmt::format(
                               "  wire signed [23:0] number = $signed({{sum_i, 6'd0}});\n  wire [7:0] entry;\n"
                               "  lutra_quantise i_quantise (.sum_i(sum_i), .shift_i(shift_i), .entry_o(entry));\n") +
                           rounded("near", "number", "shift_i") +
                           // Shifts that no group of these activations has leave nothing to compare.
                           "  assign bad_o = shift_i <= 5'd8 && near <= 24'sd127 && near >= -24'sd127 && $signed(entry) != near;\n";
  return combinational({"lutra_quantise.v", gen::emit_quantise(g)},
                       {{false, bits, "sum_i", "an entry"}, {false, 5, "shift_i", "of the group"}}, body);
}

}  // namespace

TEST_CASE("power-of-two scales are the smallest that fit, and entries are rounded to nearest even") {
  check(shift_question());
  check(broken(shift_question(), "sum_i >= ", "sum_i > "), false);
  check(quantise_question());
  check(broken(quantise_question(), "odd[0] && ", "!odd[0] && "), false);
}

TEST_CASE("the core's tables of halves and their parities give the dot product, whoever decodes and however lanes add") {
  ArchConfig config = form();
  config.table.form = "parity";
  check(form_question(config));
  check(broken(form_question(config), "& ~table_i", "& table_i"), false);
  config.array.decoder = "lane";
  config.array.adder = "ripple";
  check(form_question(config));
}

TEST_CASE("the core's tables of trits give the dot product of activations and trits") {
  ArchConfig config = form();
  config.table.kind = "ternary";
  check(form_question(config));
  check(broken(form_question(config), "== 3'd1", "== 3'd2"), false);
}

TEST_CASE("planes outermost: an accumulator doubles what it has before it adds, with halves too") {
  ArchConfig config = form();
  config.array.combine = "horner";
  check(form_question(config));
  check(broken(form_question(config), "double_i ? {acc_q[ACC_BITS-2:0], 1'b0} : acc_q", "double_i ? acc_q : {acc_q[ACC_BITS-2:0], 1'b0}"),
        false);
  config.table.form = "parity";
  check(form_question(config));
}

TEST_CASE("an aligned activation is the number in units of its group's scale, to nearest even and saturated") {
  for (const auto& [type, bits] : {std::pair{"fp8_e4m3", 4}, {"fp8_e4m3", 11}, {"fp8_e5m2", 8}, {"fp16", 8}, {"fp16", 11}}) {
    INFO(type << ", " << bits << " bits");
    check(align_question(type, bits));
  }
  check(broken(align_question("fp8_e4m3", 4), "(whole[0] || ", "(1'b1 || "), false);
}

}  // namespace lutra::test
