#include "gen/array_lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "gen/fill.h"
#include "gen/verilog.h"

namespace lutra::gen {
namespace {

struct Shape {
  Shape(const ArchConfig& config, const Geometry& geometry)
      : rows(config.array.rows),
        inputs(config.array.table_inputs),
        tables(config.array.tables_per_lane),
        planes(config.array.planes_per_cycle),
        pipeline(config.array.pipeline_registers),
        entries(geometry.entries),
        table_bits(geometry.table_bits),
        lane_bits(std::min(geometry.lane_bits, config.array.accumulator_bits)),
        accumulator_bits(config.array.accumulator_bits) {}
  int rows, inputs, tables, planes, pipeline, entries, table_bits, lane_bits, accumulator_bits;
};

// Selected entries as unsigned terms: a two's-complement number with its sign bit inverted is that number plus 2^(bits-1), so no
// sign has to be extended through the adder tree; the constant is taken off after it.
std::string select_text(const Shape& s) {
  std::string entry;
  for (int j = 0; j < s.entries; ++j)
    entry += fmt::format("{}({{TABLE_BITS{{select[g*ENTRIES + {}]}}}} & table_i[((g % TABLES)*ENTRIES + {})*TABLE_BITS +: TABLE_BITS])",
                         j == 0 ? "" : "\n          | ", j, j);
  return fill(R"(
  // The selected entry of each table, inverted where it is subtracted (plus one: the negate bits enter the adder tree), as an
  // unsigned number: the sign bit is inverted, which adds BIAS to the sum of a plane.
  wire [PLANES*TABLES*ENTRIES-1:0] select = select_i;
  wire [PLANES*TABLES-1:0] negate = negate_i;
  wire [PLANES*TABLES*LANE_BITS-1:0] terms;
  genvar g;
  generate
    for (g = 0; g < PLANES*TABLES; g = g + 1) begin : gen_term
      wire [TABLE_BITS-1:0] entry =
          @ENTRY@;
      wire [TABLE_BITS-1:0] term = entry ^ {TABLE_BITS{negate[g]}};
      assign terms[g*LANE_BITS +: LANE_BITS] = @EXTEND@;
    end
  endgenerate
)",
              {{"ENTRY", entry},
               {"EXTEND", s.lane_bits > s.table_bits ? "{{(LANE_BITS-TABLE_BITS){1'b0}}, ~term[TABLE_BITS-1], term[TABLE_BITS-2:0]}"
                                                     : "{~term[TABLE_BITS-1], term[LANE_BITS-2:0]}"}});
}

// Carry-save tree over the terms of plane p and its first negate bit; each compressor's free low carry bit takes one more.
std::string tree_text(const Shape& s, int p) {
  std::string text = fmt::format("\n  // Plane {}: 3:2 compressors, then one adder.\n", p);
  const auto term = [&](int g) { return fmt::format("terms[{}*LANE_BITS +: LANE_BITS]", p * s.tables + g); };
  const auto negate = [&](int g) { return fmt::format("negate[{}]", p * s.tables + g); };
  std::vector<std::string> operands;
  for (int g = 0; g < s.tables; ++g) {
    text += fmt::format("  wire [LANE_BITS-1:0] p{}_x{} = {};\n", p, g, term(g));
    operands.push_back(fmt::format("p{}_x{}", p, g));
  }
  text += fmt::format("  wire [LANE_BITS-1:0] p{}_n = {{{{(LANE_BITS-1){{1'b0}}}}, {}}};\n", p, negate(0));
  operands.push_back(fmt::format("p{}_n", p));
  int made = 0;
  while (operands.size() > 2) {
    std::vector<std::string> next;
    std::size_t i = 0;
    for (; i + 3 <= operands.size(); i += 3, ++made) {
      const std::string &a = operands[i], &b = operands[i + 1], &c = operands[i + 2];
      text += fmt::format("  wire [LANE_BITS-1:0] p{0}_s{1} = {2} ^ {3} ^ {4};\n", p, made, a, b, c);
      text += fmt::format(
          "  wire [LANE_BITS-1:0] p{0}_c{1} = {{({2}[LANE_BITS-2:0] & {3}[LANE_BITS-2:0]) | ({2}[LANE_BITS-2:0] & {4}[LANE_BITS-2:0])"
          " | ({3}[LANE_BITS-2:0] & {4}[LANE_BITS-2:0]), {5}}};\n",
          p, made, a, b, c, negate(made + 1));
      next.push_back(fmt::format("p{}_s{}", p, made));
      next.push_back(fmt::format("p{}_c{}", p, made));
    }
    next.insert(next.end(), operands.begin() + static_cast<std::ptrdiff_t>(i), operands.end());
    operands = next;
  }
  text += fmt::format("  wire [LANE_BITS-1:0] p{0}_biased = {1} + {2};\n", p, operands[0], operands[1]);
  int low = 0;  // bits below the bias's lowest one pass unchanged
  const long long bias = static_cast<long long>(s.tables) << (s.table_bits - 1);
  while (((bias >> low) & 1) == 0) ++low;
  if (low >= s.lane_bits) return text + fmt::format("  wire [LANE_BITS-1:0] p{0}_sum = p{0}_biased;\n", p);
  const long long correction = (-(bias >> low)) & ((1LL << (s.lane_bits - low)) - 1);
  text += fmt::format("  wire [LANE_BITS-1:0] p{0}_sum = {{p{0}_biased[LANE_BITS-1:{1}] + {2}'d{3}, p{0}_biased[{4}:0]}};\n", p, low,
                      s.lane_bits - low, correction, low - 1);
  return text;
}

std::string pipeline_text(const Shape& s) {
  std::string text;
  for (int p = 0; p < s.planes; ++p) {
    if (s.pipeline == 0) {
      text += fmt::format("  wire [LANE_BITS-1:0] p{0}_lane = p{0}_sum;\n", p);
      continue;
    }
    text += fmt::format("  reg [LANE_BITS-1:0] p{0}_lane;\n  always @(posedge clk_i) p{0}_lane <= p{0}_sum;\n", p);
  }
  return text;
}

// Shifts the sum of plane p by its plane weight, smallest step first so that the early steps are narrow.
std::string shift_text(const Shape& s, int p) {
  std::string text;
  int width = s.lane_bits;
  std::string value = fmt::format("p{}_lane", p);
  if (s.planes > 1) {
    text += fmt::format("  wire [LANE_BITS-1:0] p{0}_on = p{0}_lane & {{LANE_BITS{{plane_en_i[{0}]}}}};\n", p);
    value = fmt::format("p{}_on", p);
  }
  for (int b = 0; b < 4; ++b) {
    const int step = 1 << b;
    const int out = std::min(s.accumulator_bits, width + step);
    const std::string name = fmt::format("p{}_shift{}", p, b);
    const std::string kept = out == width ? value : fmt::format("{{{{{}{{{}[{}]}}}}, {}}}", out - width, value, width - 1, value);
    text += fmt::format("  wire [{}:0] {} = shift_i[{}] ? {{{}[{}:0], {}'d0}} : {};\n", out - 1, name, p * 4 + b, value, out - step - 1,
                        step, kept);
    value = name;
    width = out;
  }
  const int missing = s.accumulator_bits - width;
  text += fmt::format("  wire [ACC_BITS-1:0] p{}_value = {};\n", p,
                      missing == 0 ? value : fmt::format("{{{{{}{{{}[{}]}}}}, {}}}", missing, value, width - 1, value));
  return text;
}

std::string accumulate_text(const Shape& s) {
  std::string text =
      "\n  // Accumulate; the segment's result is kept while the next segment runs.\n"
      "  reg  [ACC_BITS-1:0] acc_q;\n  reg  [ACC_BITS-1:0] result_q;\n"
      "  wire [ACC_BITS-1:0] base = acc_q & {ACC_BITS{~clear_i}};\n";
  std::string a = "base", b = "p0_value";
  for (int p = 1; p < s.planes; ++p) {
    const std::string c = fmt::format("p{}_value", p);
    text += fmt::format("  wire [ACC_BITS-1:0] a{0}_s = {1} ^ {2} ^ {3};\n", p, a, b, c);
    text += fmt::format(
        "  wire [ACC_BITS-1:0] a{0}_c = {{({1}[ACC_BITS-2:0] & {2}[ACC_BITS-2:0]) | ({1}[ACC_BITS-2:0] & {3}[ACC_BITS-2:0])"
        " | ({2}[ACC_BITS-2:0] & {3}[ACC_BITS-2:0]), 1'b0}};\n",
        p, a, b, c);
    a = fmt::format("a{}_s", p);
    b = fmt::format("a{}_c", p);
  }
  text += fmt::format("  wire [ACC_BITS-1:0] acc_d = {} + {};\n", a, b);
  return text + R"(
  always @(posedge clk_i) begin
    if (step_i) acc_q <= acc_d;
    if (step_i && capture_i) result_q <= acc_d;
  end

  assign result_o = result_q;
)";
}

std::string assertion_text(const Shape& s) {
  std::string sum = "(clear_i ? 64'sd0 : exact_q)";
  std::string wide;
  for (int p = 0; p < s.planes; ++p) {
    wide += fmt::format("  wire signed [63:0] p{0}_exact = {1}{{{{(64-LANE_BITS){{p{0}_lane[LANE_BITS-1]}}}}, p{0}_lane}};\n", p,
                        s.planes > 1 ? fmt::format("{{64{{plane_en_i[{}]}}}} & ", p) : "");
    sum += fmt::format(" + (p{0}_exact <<< shift_i[{1}:{2}])", p, p * 4 + 3, p * 4);
  }
  return fill(R"(
`ifdef LUTRA_ASSERT
  // The exact sum of a segment has to fit the accumulator (docs/numerics.md, Accumulation).
@WIDE@  reg  signed [63:0] exact_q;
  wire signed [63:0] exact_d = @SUM@;
  always @(posedge clk_i) begin
    if (step_i) exact_q <= exact_d;
    if (step_i && capture_i && exact_d != {{(64-ACC_BITS){acc_d[ACC_BITS-1]}}, acc_d}) begin
      $display("%m: accumulator overflow, exact sum %0d", exact_d);
      $stop;
    end
  end
`endif
)",
              {{"WIDE", wide}, {"SUM", sum}});
}

std::vector<Port> lane_ports(const Shape& s) {
  std::vector<Port> ports = {
      {false, s.planes * s.tables * s.entries, "select_i", "one-hot entry of each table, plane by plane"},
      {false, s.planes * s.tables, "negate_i", "subtract the entry instead of adding it"},
      {false, s.tables * s.entries * s.table_bits, "table_i", "tables of this row, low index first"},
      {false, 4 * s.planes, "shift_i", "log2 of each plane's weight (accumulate stage)"},
  };
  if (s.planes > 1) ports.push_back({false, s.planes, "plane_en_i", "planes that count (accumulate stage)"});
  ports.push_back({false, 1, "step_i", "accumulate"});
  ports.push_back({false, 1, "clear_i", "a segment starts with this step (accumulate stage)"});
  ports.push_back({false, 1, "capture_i", "a segment ends with this step: keep its result (accumulate stage)"});
  ports.push_back({true, s.accumulator_bits, "result_o", "result of the last finished segment"});
  return ports;
}

}  // namespace

std::string emit_array_lane(const ArchConfig& config, const Geometry& geometry) {
  const Shape s(config, geometry);
  std::string body = fmt::format(
      "  localparam TABLES = {};      // G, tables added a plane\n  localparam PLANES = {};      // P, planes a cycle\n"
      "  localparam ENTRIES = {};     // stored entries of a table\n  localparam TABLE_BITS = {};  // bits of an entry\n"
      "  localparam LANE_BITS = {};   // bits of the sum of G entries\n  localparam ACC_BITS = {};    // bits of the accumulator\n",
      s.tables, s.planes, s.entries, s.table_bits, s.lane_bits, s.accumulator_bits);
  body += select_text(s);
  for (int p = 0; p < s.planes; ++p) body += tree_text(s, p);
  body += pipeline_text(s) + "\n  // Plane weights: shift by 1, 2, 4, 8.\n";
  for (int p = 0; p < s.planes; ++p) body += shift_text(s, p);
  body += accumulate_text(s) + assertion_text(s);
  return module_text("One lane: adds G selected table entries a plane, shifts by the plane weight, accumulates a segment. No control.",
                     "lutra_array_lane", lane_ports(s), body, Clocking::kClock);
}

std::string emit_array_column(const ArchConfig& config, const Geometry& geometry) {
  const Shape s(config, geometry);
  std::vector<Port> ports = {
      {false, s.planes * s.tables * s.inputs, "weight_i", "folded weight bits of this column: plane, table, K bits"},
      {false, s.rows * s.tables * s.entries * s.table_bits, "table_i", "tables of all rows"},
      {false, 4 * s.planes, "shift_i", "log2 of each plane's weight (accumulate stage)"},
  };
  if (s.planes > 1) ports.push_back({false, s.planes, "plane_en_i", "planes that count (accumulate stage)"});
  ports.push_back({false, s.rows, "step_i", "accumulate, a bit a row"});
  ports.push_back({false, 1, "clear_i", "a segment starts with this step (accumulate stage)"});
  ports.push_back({false, 1, "capture_i", "a segment ends with this step (accumulate stage)"});
  ports.push_back({true, s.rows * s.accumulator_bits, "result_o", "results of the last finished segment, row by row"});

  std::string decode;
  for (int j = 0; j < s.entries; ++j)
    decode += s.inputs == 1
                  ? "      assign select[g] = 1'b1;\n"
                  : fmt::format("      assign select[g*ENTRIES + {}] = weight[g*INPUTS +: INPUTS-1] == {}'d{};\n", j, s.inputs - 1, j);
  const std::string body = fill(R"(  localparam ROWS = @ROWS@;
  localparam INPUTS = @INPUTS@;      // K, activations a table
  localparam TERMS = @TERMS@;       // P*G
  localparam ENTRIES = @ENTRIES@;     // stored entries of a table
  localparam ROW_BITS = @ROWBITS@;  // bits of a row's tables
  localparam ACC_BITS = @ACC@;

  // The top bit of a table's weight bits is its sign (1: add), the others are the index; decoded once for all rows.
  wire [TERMS*INPUTS-1:0] weight = weight_i;
  wire [ROWS-1:0] step = step_i;
  wire [TERMS*ENTRIES-1:0] select;
  wire [TERMS-1:0] negate;
  genvar g, m;
  generate
    for (g = 0; g < TERMS; g = g + 1) begin : gen_decode
      assign negate[g] = ~weight[g*INPUTS + INPUTS-1];
@DECODE@    end

    for (m = 0; m < ROWS; m = m + 1) begin : gen_row
      lutra_array_lane i_lane (
        .clk_i     (clk_i),
        .select_i  (select),
        .negate_i  (negate),
        .table_i   (table_i[m*ROW_BITS +: ROW_BITS]),
        .shift_i   (shift_i),
@PLANE_EN@        .step_i    (step[m]),
        .clear_i   (clear_i),
        .capture_i (capture_i),
        .result_o  (result_o[m*ACC_BITS +: ACC_BITS])
      );
    end
  endgenerate
)",
                                {{"ROWS", s.rows},
                                 {"INPUTS", s.inputs},
                                 {"TERMS", s.planes * s.tables},
                                 {"ENTRIES", s.entries},
                                 {"ROWBITS", s.tables * s.entries * s.table_bits},
                                 {"ACC", s.accumulator_bits},
                                 {"DECODE", decode},
                                 {"PLANE_EN", s.planes > 1 ? "        .plane_en_i(plane_en_i),\n" : ""}});
  return module_text("One column of the array: decodes its weight bits once and shares the select lines among the lanes of all rows.",
                     "lutra_array_column", ports, body, Clocking::kClock);
}

}  // namespace lutra::gen
