// Storage forms of tables in the measured designs: halves with a parity, and native ternary tables.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "gen/designs/lookup.h"
#include "gen/designs/published.h"
#include "tests/rtl/formal/prover.h"

namespace lutra::test {
namespace {

constexpr int kValueBits = 4;  // of an activation
constexpr int kTables = 2, kInputs = 2;

/// A design of one lane beside the running sums `dot` of what it should hold and `offset`, `row` of what is added outside the datapath
/// (gen/designs/design.h, Codec); `equal` says that they agree. `steps` declares this step's dot_d, offset_d and row_d.
Question lane_question(const gen::IntegerDesign& design, const std::string& steps, const std::string& equal, int weight_bits,
                       const std::string& allowed) {
  std::string body;
  for (int i = 0; i < kTables * kInputs; ++i)
    body += fmt::format("  wire signed [23:0] a{} = $signed(a_i[{} +: {}]);\n", i, i * kValueBits, kValueBits);
  body += steps + fmt::format(R"(
  wire signed [23:0] result;
  {} i_design (.clk_i(clk_i), .clear_i(clear_i), .weight_i(weight), .operand_i(operand), .result_o(result));
  reg signed [23:0] dot;
  reg signed [23:0] offset;
  reg signed [23:0] row;
  reg legal_q = 1'b1;  // all inputs so far were allowed
  always @(posedge clk_i) begin
    dot <= (clear_i ? 24'sd0 : dot) + dot_d;
    offset <= (clear_i ? 24'sd0 : offset) + offset_d;
    row <= (clear_i ? 24'sd0 : row) + row_d;
    legal_q <= legal_q && ({});
  end
  assign bad_o = legal_q && !({});
)",
                              design.top, allowed, equal);
  const std::vector<gen::Port> ports = {{false, kTables * kInputs * kValueBits, "a_i", "activations"},
                                        {false, weight_bits, "w_i", "weights"},
                                        {false, 1, "clear_i", "a segment starts"},
                                        {true, 1, "bad_o", "lane and mathematics differ"}};
  Question q{design.files, "spec"};
  q.files.push_back({"spec.v", gen::module_text("A lane and its mathematics.", "spec", ports, body, gen::Clocking::kClock)});
  q.method = Method::kBounded;
  q.steps = 3;
  return q;
}

void check_and_break(Question q, const std::string& from, const std::string& to) {
  const Proof proof = prove(q);
  INFO(proof.output);
  CHECK(proof.holds);
  bool found = false;
  for (gen::EmittedFile& f : q.files)
    if (const std::size_t at = f.text.find(from); !found && at != std::string::npos) {
      f.text.replace(at, from.size(), to);
      found = true;
    }
  REQUIRE(found);
  CHECK_FALSE(prove(q).holds);
}

}  // namespace

TEST_CASE("tables of halves and a parity give the dot product") {
  gen::LookupParameters p;
  p.name = "parity";
  p.rows = p.columns = 1;
  p.inputs = kInputs;
  p.tables = kTables;
  p.activation_bits = kValueBits;
  p.entry_bits = gen::exact_entry_bits(kInputs, kValueBits) - 1;
  p.form = gen::EntryForm::kParity;
  const int e = p.entry_bits, entries = 2;
  std::string steps =
      fmt::format("  wire [{}:0] operand;\n  wire [{}:0] weight;\n", kTables * (entries * e + 1) - 1, kTables * kInputs - 1);
  std::string dot, row;
  for (int g = 0; g < kTables; ++g) {
    const int low = 2 * g, top = 2 * g + 1;
    for (int j = 0; j < entries; ++j)
      steps += fmt::format(
          "  wire signed [23:0] h{0}_{1} = (a{3} {4} a{2}) >>> 1;\n  assign operand[{5} +: {6}] = h{0}_{1}[{7}:0] ^ {6}'d{8};\n", g, j, low,
          top, j == 1 ? '+' : '-', (g * entries + j) * e, e, e - 1, 1 << (e - 1));
    steps += fmt::format("  wire p{0} = a{1}[0] ^ a{2}[0];\n  assign operand[{3}] = ~p{0};\n", g, low, top, kTables * entries * e + g);
    steps += fmt::format("  assign weight[{0}] = ~(w_i[{0}] ^ w_i[{1}]);\n  assign weight[{1}] = ~w_i[{1}];\n", low, top);
    dot += fmt::format("{0}(w_i[{1}] ? a{1} : -a{1}) + (w_i[{2}] ? a{2} : -a{2})", g == 0 ? "" : " + ", low, top);
    row += fmt::format("{}$signed({{23'd0, p{}}})", g == 0 ? "" : " + ", g);
  }
  steps += fmt::format("  wire signed [23:0] dot_d = {};\n  wire signed [23:0] offset_d = 24'sd{};\n  wire signed [23:0] row_d = {};\n",
                       dot, kTables << (e - 1), row);
  check_and_break(lane_question(gen::make_lookup(p), steps, "((result - offset) <<< 1) + row == dot", kTables * kInputs, "1'b1"),
                  "wire carry0 = control_i", "wire carry0 = ~control_i");
}

TEST_CASE("native ternary tables give the dot product of activations and trits") {
  gen::TernaryParameters p;
  p.name = "trits";
  p.rows = p.columns = 1;
  p.inputs = kInputs;
  p.tables = kTables;
  p.activation_bits = kValueBits;
  const int e = gen::exact_entry_bits(kInputs, kValueBits), entries = 4, index = 3;
  // Entries 1 to 4 as balanced ternary numbers: +1, 3 - 1, 3, 3 + 1.
  const char* const sums[] = {"a{0}", "a{1} - a{0}", "a{1}", "a{1} + a{0}"};
  std::string steps = fmt::format("  wire [{}:0] operand;\n  wire [{}:0] weight;\n", kTables * entries * e - 1, kTables * (index + 1) - 1);
  std::string dot, offset, allowed;
  for (int g = 0; g < kTables; ++g) {
    const int low = 2 * g, top = 2 * g + 1;
    for (int j = 0; j < entries; ++j)
      steps += fmt::format("  wire signed [23:0] t{0}_{1} = {2};\n  assign operand[{3} +: {4}] = t{0}_{1}[{5}:0] ^ {4}'d{6};\n", g, j,
                           fmt::format(fmt::runtime(sums[j]), low, top), (g * entries + j) * e, e, e - 1, 1 << (e - 1));
    // Codes 0, 1, 2 of a weight stand for -1, 0, +1.
    for (const int i : {low, top}) {
      steps += fmt::format("  wire signed [3:0] trit{0} = $signed({{2'd0, w_i[{1} +: 2]}}) - 4'sd1;\n", i, 2 * i);
      allowed += fmt::format("{}w_i[{} +: 2] != 2'd3", allowed.empty() ? "" : " && ", 2 * i);
      dot += fmt::format("{0}(trit{1} == 0 ? 24'sd0 : trit{1} > 0 ? a{1} : -a{1})", dot.empty() ? "" : " + ", i);
    }
    steps += fmt::format(
        "  wire signed [3:0] n{0} = trit{1} + (trit{2} <<< 1) + trit{2};\n  wire [3:0] size{0} = n{0} < 0 ? -n{0} : n{0};\n"
        "  assign weight[{3} +: 4] = {{n{0} < 0, size{0}[2:0]}};\n",
        g, low, top, g * (index + 1));
    offset +=
        fmt::format("{0}(n{1} == 0 ? 24'sd0 : n{1} < 0 ? 24'sd{2} : 24'sd{3})", g == 0 ? "" : " + ", g, (1 << (e - 1)) - 1, 1 << (e - 1));
  }
  steps += fmt::format("  wire signed [23:0] dot_d = {};\n  wire signed [23:0] offset_d = {};\n  wire signed [23:0] row_d = 24'sd0;\n", dot,
                       offset);
  check_and_break(lane_question(gen::make_ternary_lookup(p), steps, "result == dot + offset", 2 * kTables * kInputs, allowed),
                  "assign control_o[1] = ~weight_i[0]", "assign control_o[1] = weight_i[0]");
}

}  // namespace lutra::test
