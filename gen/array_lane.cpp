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
        tables(config.array.tables_per_lane),
        planes(config.array.planes_per_cycle),
        pipeline(config.array.pipeline_registers),
        entries(geometry.entries),
        entry_bits(geometry.entry_bits),
        stored_bits(geometry.stored_table_bits),
        index_bits(geometry.index_bits),
        lane_bits(std::min(geometry.lane_bits, geometry.lane_accumulator_bits)),
        accumulator_bits(geometry.lane_accumulator_bits),
        ternary(geometry.ternary),
        parity(geometry.parity),
        horner(geometry.horner),
        floating(geometry.floating),
        ripple(config.array.adder == "ripple"),
        decodes(config.array.decoder == "lane") {}
  int rows, tables, planes, pipeline, entries, entry_bits, stored_bits, index_bits, lane_bits, accumulator_bits;
  bool ternary, parity, horner;
  bool floating;  // FP32 entries, weighed before they get here
  bool ripple;    // two-operand adders instead of carry-save
  bool decodes;   // the lane decodes its weight bits itself

  [[nodiscard]] int weight_bits() const { return planes * tables * (index_bits + 1); }
};

std::string table_parameters(const Shape& s) {
  return fmt::format(
      "  localparam TABLES = {};       // G, tables added a plane\n  localparam PLANES = {};       // P, planes a cycle\n"
      "{}  localparam STORED = {};      // bits of a table\n",
      s.tables, s.planes,
      s.decodes ? std::string() : fmt::format("  localparam ENTRIES = {};      // stored entries of a table\n", s.entries), s.stored_bits);
}

// One-hot select of an entry and the sign, from `weight`. The index of a table of trits counts from 1, 0 is none.
std::string decode_text(const Shape& s) {
  std::string decode;
  for (int j = 0; j < s.entries; ++j)
    decode += s.index_bits == 0 ? "      assign select[g] = 1'b1;\n"
                                : fmt::format("      assign select[g*ENTRIES + {}] = weight[g*CODE +: CODE-1] == {}'d{};\n", j,
                                              s.index_bits, s.ternary ? j + 1 : j);
  return fill(R"(
  localparam CODE = @CODE@;  // weight bits of a table: the top one is its sign (1: add), the others are the index

  wire [PLANES*TABLES*CODE-1:0] weight = weight_i;
  wire [PLANES*TABLES*ENTRIES-1:0] select;
  wire [PLANES*TABLES-1:0] negate;
  generate
    for (g = 0; g < PLANES*TABLES; g = g + 1) begin : gen_decode
      assign negate[g] = ~weight[g*CODE + CODE-1];
@DECODE@    end
  endgenerate
)",
              {{"CODE", s.index_bits + 1}, {"DECODE", decode}});
}

// Entry `first` and the ones after it as a tree of multiplexers over the low `bits` bits of the index.
std::string mux_text(const Shape& s, int bits, int first) {
  const int last = s.ternary ? s.entries : s.entries - 1;
  if (first > last) return "{ENTRY_BITS{1'b0}}";
  if (bits == 0)
    return s.ternary && first == 0
               ? "{ENTRY_BITS{1'b0}}"
               : fmt::format("table_i[(g % TABLES)*STORED + {}*ENTRY_BITS +: ENTRY_BITS]", s.ternary ? first - 1 : first);
  return fmt::format("(weight[g*CODE + {}] ? {} :\n          {})", bits - 1, mux_text(s, bits - 1, first + (1 << (bits - 1))),
                     mux_text(s, bits - 1, first));
}

std::string chosen_text(const Shape& s) {
  if (s.decodes) return mux_text(s, s.index_bits, 0);
  std::string entry;
  for (int j = 0; j < s.entries; ++j)
    entry += fmt::format("{}({{ENTRY_BITS{{select[g*ENTRIES + {}]}}}} & table_i[(g % TABLES)*STORED + {}*ENTRY_BITS +: ENTRY_BITS])",
                         j == 0 ? "" : "\n          | ", j, j);
  return entry;
}

/// What lanes that decode and lanes that are told have in common: `select` and `negate`, or the weight they follow from.
std::string told_text(const Shape& s) {
  if (s.decodes)
    return fmt::format(
        "  localparam CODE = {};  // weight bits of a table\n  wire [PLANES*TABLES*CODE-1:0] weight = weight_i;\n"
        "  wire [PLANES*TABLES-1:0] negate;\n",
        s.index_bits + 1);
  return "  wire [PLANES*TABLES*ENTRIES-1:0] select = select_i;\n  wire [PLANES*TABLES-1:0] negate = negate_i;\n";
}

std::string sign_text(const Shape& s) { return s.decodes ? "      assign negate[g] = ~weight[g*CODE + CODE-1];\n" : ""; }

// Selected entries as unsigned terms: a two's-complement number with its sign bit inverted is that number plus 2^(bits-1), so no
// sign has to be extended through the adder tree; the constant is taken off after it. Halves of a table with parity p are negated as
// ~h + 1 - p, plain entries as ~T + 1.
std::string select_text(const Shape& s) {
  return fill(
      R"(
  // The selected entry of each table, inverted where it is subtracted (what is then missing enters the adder tree as a carry), as an
  // unsigned number: the sign bit is inverted, which adds a constant to the sum of a plane.
@NEGATE@  wire [PLANES*TABLES-1:0] carry;
  wire [PLANES*TABLES*LANE_BITS-1:0] terms;
  genvar g;
  generate
    for (g = 0; g < PLANES*TABLES; g = g + 1) begin : gen_term
@SIGN@      wire [ENTRY_BITS-1:0] entry =
          @ENTRY@;
      wire [ENTRY_BITS-1:0] term = entry ^ {ENTRY_BITS{negate[g]}};
      assign carry[g] = negate[g]@PARITY@;
      assign terms[g*LANE_BITS +: LANE_BITS] = @EXTEND@;
    end
  endgenerate
)",
      {{"NEGATE", told_text(s)},
       {"SIGN", sign_text(s)},
       {"ENTRY", chosen_text(s)},
       {"PARITY", s.parity ? " & ~table_i[(g % TABLES)*STORED + STORED-1]" : ""},
       {"EXTEND", s.lane_bits > s.entry_bits    ? "{{(LANE_BITS-ENTRY_BITS){1'b0}}, ~term[ENTRY_BITS-1], term[ENTRY_BITS-2:0]}"
                  : s.lane_bits == s.entry_bits ? "{~term[ENTRY_BITS-1], term[LANE_BITS-2:0]}"
                                                : "term[LANE_BITS-1:0]"}});
}

/// What undoes the inverted sign bits of a plane's terms, modulo 2^lane_bits.
long long correction(const Shape& s) {
  const long long bias = static_cast<long long>(s.tables) << (s.entry_bits - 1);
  return s.entry_bits > s.lane_bits ? 0 : (-bias) & ((1LL << s.lane_bits) - 1);
}

// Tree of two-operand adders over the terms of plane p, each with a carry in.
std::string ripple_text(const Shape& s, int p) {
  std::string text = fmt::format("\n  // Plane {}: two-operand adders.\n", p);
  const auto extended = [&](int g) { return fmt::format("{{{{(LANE_BITS-1){{1'b0}}}}, carry[{}]}}", p * s.tables + g); };
  std::vector<std::string> operands;
  for (int g = 0; g < s.tables; ++g) operands.push_back(fmt::format("terms[{}*LANE_BITS +: LANE_BITS]", p * s.tables + g));
  int made = 0;
  while (operands.size() > 1) {
    std::vector<std::string> next;
    for (std::size_t i = 0; i + 1 < operands.size(); i += 2, ++made) {
      text += fmt::format("  wire [LANE_BITS-1:0] p{}_a{} = {} + {}\n      + {};\n", p, made, operands[i], operands[i + 1], extended(made));
      next.push_back(fmt::format("p{}_a{}", p, made));
    }
    if (operands.size() % 2 == 1) next.push_back(operands.back());
    operands = next;
  }
  return text + fmt::format("  wire [LANE_BITS-1:0] p{}_sum = {} + {}'d{}\n      + {};\n", p, operands[0], s.lane_bits, correction(s),
                            extended(made));
}

// Carry-save tree over the terms of plane p and its first carry; each compressor's free low carry bit takes one more.
std::string tree_text(const Shape& s, int p) {
  if (s.ripple) return ripple_text(s, p);
  std::string text = fmt::format("\n  // Plane {}: 3:2 compressors, then one adder.\n", p);
  const auto term = [&](int g) { return fmt::format("terms[{}*LANE_BITS +: LANE_BITS]", p * s.tables + g); };
  const auto carry = [&](int g) { return fmt::format("carry[{}]", p * s.tables + g); };
  std::vector<std::string> operands;
  for (int g = 0; g < s.tables; ++g) {
    text += fmt::format("  wire [LANE_BITS-1:0] p{}_x{} = {};\n", p, g, term(g));
    operands.push_back(fmt::format("p{}_x{}", p, g));
  }
  text += fmt::format("  wire [LANE_BITS-1:0] p{}_n = {{{{(LANE_BITS-1){{1'b0}}}}, {}}};\n", p, carry(0));
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
          p, made, a, b, c, carry(made + 1));
      next.push_back(fmt::format("p{}_s{}", p, made));
      next.push_back(fmt::format("p{}_c{}", p, made));
    }
    next.insert(next.end(), operands.begin() + static_cast<std::ptrdiff_t>(i), operands.end());
    operands = next;
  }
  text += fmt::format("  wire [LANE_BITS-1:0] p{0}_biased = {1} + {2};\n", p, operands[0], operands[1]);
  const long long constant = correction(s);
  if (constant == 0) return text + fmt::format("  wire [LANE_BITS-1:0] p{0}_sum = p{0}_biased;\n", p);
  int low = 0;  // bits below the constant's lowest one pass unchanged
  while (((constant >> low) & 1) == 0) ++low;
  text += low == 0 ? fmt::format("  wire [LANE_BITS-1:0] p{0}_sum = p{0}_biased + {1}'d{2};\n", p, s.lane_bits, constant)
                   : fmt::format("  wire [LANE_BITS-1:0] p{0}_sum = {{p{0}_biased[LANE_BITS-1:{1}] + {2}'d{3}, p{0}_biased[{4}:0]}};\n", p,
                                 low, s.lane_bits - low, constant >> low, low - 1);
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

// The value of plane p, sign-extended to the accumulator's width.
std::string extend_text(const Shape& s, int p, const std::string& value, int width) {
  const int missing = s.accumulator_bits - width;
  return fmt::format("  wire [ACC_BITS-1:0] p{}_value = {};\n", p,
                     missing == 0 ? value : fmt::format("{{{{{}{{{}[{}]}}}}, {}}}", missing, value, width - 1, value));
}

// Shifts the sum of plane p by its plane weight, smallest step first so that the early steps are narrow.
std::string shift_text(const Shape& s, int p) {
  std::string text;
  int width = s.lane_bits;
  std::string value = fmt::format("p{}_lane", p);
  if (s.horner) return extend_text(s, p, value, width);
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
  return text + extend_text(s, p, value, width);
}

std::string accumulate_text(const Shape& s) {
  std::string text =
      "\n  // Accumulate; the segment's result is kept while the next segment runs.\n"
      "  reg  [ACC_BITS-1:0] acc_q;\n  reg  [ACC_BITS-1:0] result_q;\n"
      "  wire [ACC_BITS-1:0] base = ";
  text += s.horner ? "(double_i ? {acc_q[ACC_BITS-2:0], 1'b0} : acc_q) & {ACC_BITS{~clear_i}};\n" : "acc_q & {ACC_BITS{~clear_i}};\n";
  std::string a = "base", b = "p0_value";
  for (int p = 1; p < s.planes; ++p) {
    const std::string c = fmt::format("p{}_value", p);
    if (s.ripple) {
      text += fmt::format("  wire [ACC_BITS-1:0] a{} = {} + {};\n", p, a, b);
      a = fmt::format("a{}", p);
      b = c;
      continue;
    }
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
  std::string sum = s.horner ? "(clear_i ? 64'sd0 : double_i ? exact_q <<< 1 : exact_q)" : "(clear_i ? 64'sd0 : exact_q)";
  std::string wide;
  for (int p = 0; p < s.planes; ++p) {
    wide += fmt::format("  wire signed [63:0] p{0}_exact = {1}{{{{(64-LANE_BITS){{p{0}_lane[LANE_BITS-1]}}}}, p{0}_lane}};\n", p,
                        s.planes > 1 ? fmt::format("{{64{{plane_en_i[{}]}}}} & ", p) : "");
    sum += s.horner ? fmt::format(" + p{}_exact", p) : fmt::format(" + (p{0}_exact <<< shift_i[{1}:{2}])", p, p * 4 + 3, p * 4);
  }
  return fill(R"(
`ifdef LUTRA_ASSERT
  // The exact sum of a segment has to fit the accumulator (docs/numerics.md, Accumulation)@NOTE@.
@WIDE@  reg  signed [63:0] exact_q;
  wire signed [63:0] exact_d = @SUM@;
  always @(posedge clk_i) begin
    if (step_i) exact_q <= exact_d;
    if (step_i && capture_i && @MISFIT@) begin
      $display("%m: accumulator overflow, exact sum %0d", exact_d);
      $stop;
    end
  end
`endif
)",
              {{"WIDE", wide},
               {"SUM", sum},
               {"NOTE", s.parity ? "; half of it less parities may need a bit more" : ""},
               {"MISFIT", s.parity ? "exact_d >>> ACC_BITS != (exact_d[63] ? -64'sd1 : 64'sd0)"
                                   : "exact_d != {{(64-ACC_BITS){acc_d[ACC_BITS-1]}}, acc_d}"}});
}

/// Names of what a plane's weight does in the accumulate stage.
Port weight_port(const Shape& s) {
  if (s.horner) return {false, 1, "double_i", "double the accumulator first (accumulate stage)"};
  return {false, 4 * s.planes, "shift_i", "log2 of each plane's weight (accumulate stage)"};
}

void add_accumulate_ports(const Shape& s, int steps, std::vector<Port>& ports) {
  if (s.floating) {
    ports.push_back({false, steps, "step_i", "a sum arrives"});
    ports.push_back({false, 1, "clear_i", "a segment starts with this term (accumulate stage)"});
    ports.push_back({false, 1, "capture_i", "the sum that arrives ends a segment: keep it"});
    return;
  }
  ports.push_back(weight_port(s));
  if (s.planes > 1) ports.push_back({false, s.planes, "plane_en_i", "planes that count (accumulate stage)"});
  ports.push_back({false, steps, "step_i", "accumulate"});
  ports.push_back({false, 1, "clear_i", "a segment starts with this step (accumulate stage)"});
  ports.push_back({false, 1, "capture_i", "a segment ends with this step: keep its result (accumulate stage)"});
}

std::vector<Port> lane_ports(const Shape& s) {
  std::vector<Port> ports;
  if (s.decodes) {
    ports.push_back({false, s.weight_bits(), "weight_i", "folded weight bits: plane, table, index and sign"});
  } else {
    ports.push_back({false, s.planes * s.tables * s.entries, "select_i", "one-hot entry of each table, plane by plane"});
    ports.push_back({false, s.planes * s.tables, "negate_i", "subtract the entry instead of adding it"});
  }
  ports.push_back({false, s.tables * s.stored_bits, "table_i", "tables of this row, low index first"});
  add_accumulate_ports(s, 1, ports);
  ports.push_back({true, s.accumulator_bits, "result_o", "result of the last finished segment"});
  return ports;
}

// One term a step: an entry with its sign, in a register where lanes have one before they accumulate.
std::string floating_lane_text(const Shape& s) {
  return table_parameters(s) +
         fill(R"(  localparam ENTRY_BITS = 32;

  // The selected entry, its sign turned where it is subtracted.
@TOLD@  wire [31:0] term;
  genvar g;
  generate
    for (g = 0; g < PLANES*TABLES; g = g + 1) begin : gen_term
@SIGN@      wire [31:0] entry =
          @ENTRY@;
      assign term = {entry[31] ^ negate[g], entry[30:0]};
    end
  endgenerate
@REGISTER@
  lutra_float_accumulator i_accumulator (
    .clk_i    (clk_i),
    .value_i  (@VALUE@),
    .clear_i  (clear_i),
    .add_i    (step_i),
    .capture_i(step_i & capture_i),
    .result_o (result_o)
  );
)",
              {{"TOLD", told_text(s)},
               {"SIGN", sign_text(s)},
               {"ENTRY", chosen_text(s)},
               {"REGISTER", s.pipeline > 0 ? "  reg [31:0] term_q;\n  always @(posedge clk_i) term_q <= term;\n" : ""},
               {"VALUE", s.pipeline > 0 ? "term_q" : "term"}});
}

}  // namespace

std::string emit_array_lane(const ArchConfig& config, const Geometry& geometry) {
  const Shape s(config, geometry);
  if (s.floating)
    return module_text("One lane: adds the selected entries of a segment's tables in FP32, one after the other. No control.",
                       "lutra_array_lane", lane_ports(s), floating_lane_text(s), Clocking::kClock);
  std::string body = table_parameters(s) + fmt::format(
                                               "  localparam ENTRY_BITS = {};  // bits of an entry\n  localparam LANE_BITS = {};   // bits "
                                               "of the sum of G entries\n  localparam ACC_BITS = {};    // bits of the accumulator\n",
                                               s.entry_bits, s.lane_bits, s.accumulator_bits);
  body += select_text(s);
  for (int p = 0; p < s.planes; ++p) body += tree_text(s, p);
  body += pipeline_text(s);
  if (!s.horner) body += "\n  // Plane weights: shift by 1, 2, 4, 8.\n";
  for (int p = 0; p < s.planes; ++p) body += shift_text(s, p);
  body += accumulate_text(s) + assertion_text(s);
  return module_text("One lane: adds G selected table entries a plane, weighs the planes, accumulates a segment. No control.",
                     "lutra_array_lane", lane_ports(s), body, Clocking::kClock);
}

std::string emit_array_column(const ArchConfig& config, const Geometry& geometry) {
  const Shape s(config, geometry);
  std::vector<Port> ports = {
      {false, s.weight_bits(), "weight_i", "folded weight bits of this column: plane, table, index and sign"},
      {false, s.rows * s.tables * s.stored_bits, "table_i", "tables of all rows"},
  };
  add_accumulate_ports(s, s.rows, ports);
  ports.push_back({true, s.rows * s.accumulator_bits, "result_o", "results of the last finished segment, row by row"});

  std::string body = fmt::format("  localparam ROWS = {};\n", s.rows);
  body += s.decodes ? fmt::format("  localparam TABLES = {};\n  localparam STORED = {};  // bits of a table\n", s.tables, s.stored_bits)
                    : table_parameters(s);
  body += fmt::format("  localparam ACC_BITS = {};\n\n  genvar {}m;\n", s.accumulator_bits, s.decodes ? "" : "g, ");
  if (!s.decodes) body += decode_text(s);
  body +=
      fill(R"(
  wire [ROWS-1:0] step = step_i;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_row
      lutra_array_lane i_lane (
        .clk_i     (clk_i),
@CONTROL@        .table_i   (table_i[m*TABLES*STORED +: TABLES*STORED]),
@WEIGH@@PLANE_EN@        .step_i    (step[m]),
        .clear_i   (clear_i),
        .capture_i (capture_i),
        .result_o  (result_o[m*ACC_BITS +: ACC_BITS])
      );
    end
  endgenerate
)",
           {{"CONTROL", s.decodes ? "        .weight_i  (weight_i),\n" : "        .select_i  (select),\n        .negate_i  (negate),\n"},
            {"WEIGH", s.floating ? std::string() : fmt::format("        .{0} ({0}),\n", weight_port(s).name)},
            {"PLANE_EN", s.planes > 1 ? "        .plane_en_i(plane_en_i),\n" : ""}});
  return module_text(s.decodes
                         ? "One column of the array: the lanes of all rows, which share its weight bits."
                         : "One column of the array: decodes its weight bits once and shares the select lines among the lanes of all rows.",
                     "lutra_array_column", ports, body, Clocking::kClock);
}

std::string emit_array_parity(const ArchConfig& config, const Geometry& geometry) {
  Shape s(config, geometry);
  s.accumulator_bits = config.array.accumulator_bits;  // of the exact result
  s.lane_bits = clog2_min1(s.tables + 1) + 1;          // a sign, which is 0
  std::vector<Port> ports = {{false, s.tables, "parity_i", "parities of the row's tables"}};
  add_accumulate_ports(s, 1, ports);
  ports.push_back({true, s.accumulator_bits, "result_o", "correction of the last finished segment"});
  std::string body = fmt::format(
      "  localparam LANE_BITS = {};\n  localparam ACC_BITS = {};\n\n  wire [LANE_BITS-1:0] p0_sum = ", s.lane_bits, s.accumulator_bits);
  for (int g = 0; g < s.tables; ++g)
    body += fmt::format("{}{{{}'d0, parity_i{}}}", g == 0 ? "" : "\n      + ", s.lane_bits - 1,
                        s.tables == 1 ? std::string() : fmt::format("[{}]", g));
  body += ";\n";
  for (int p = 1; p < s.planes; ++p) body += fmt::format("  wire [LANE_BITS-1:0] p{}_sum = p0_sum;\n", p);
  body += pipeline_text(s) + "\n";
  for (int p = 0; p < s.planes; ++p) body += shift_text(s, p);
  body += accumulate_text(s);
  return module_text("What the halves of one row leave out: its tables' parities, weighed and accumulated as a lane weighs entries.",
                     "lutra_array_parity", ports, body, Clocking::kClock);
}

}  // namespace lutra::gen
