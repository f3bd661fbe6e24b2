#include "gen/designs/integer_array.h"

#include <fmt/format.h>

#include "gen/fill.h"

namespace lutra::gen {
namespace {

// Doubling for Horner's rule costs one more leg a bit than clearing alone.
std::string base_text(const IntegerDesign& d) {
  const std::string hold = "  wire [ACC_BITS-1:0] base = acc_q & {ACC_BITS{~clear_i}};\n";
  if (d.combine != Combine::kHorner) return hold;
  return std::string("  wire keep = ~clear_i & ~double_i;\n  wire twice = ~clear_i & double_i;\n")

         + fmt::format(
               "  wire [ACC_BITS-1:0] base = (acc_q & {{ACC_BITS{{keep}}}}) | ({{acc_q[ACC_BITS-{}:0], {}'d0}} & {{ACC_BITS{{twice}}}});\n",
               d.planes + 1, d.planes);
}

std::string shifted_text(const IntegerDesign& d, const LaneParts& p) {
  std::string value = "lane_sum", text;
  int width = p.sum_bits;
  for (int b = 0; b < shift_bits(p.max_shift); ++b) {
    const int step = 1 << b;
    const int out = std::min(d.accumulator_bits, width + step);
    text += fmt::format("  wire [{}:0] shifted{} = shift_i[{}] ? {{{}[{}:0], {}'d0}} : {{{{{}{{1'b0}}}}, {}}};\n", out - 1, b, b, value,
                        out - step - 1, step, out - width, value);
    value = fmt::format("shifted{}", b);
    width = out;
  }
  return text + fmt::format("  wire [{}:0] shifted = {};\n", width - 1, value);
}

int shifted_bits(const IntegerDesign& d, const LaneParts& p) {
  int width = p.sum_bits;
  for (int b = 0; b < shift_bits(p.max_shift); ++b) width = std::min(d.accumulator_bits, width + (1 << b));
  return width;
}

std::string lane_body(const IntegerDesign& d, const LaneParts& p) {
  std::string text = fmt::format("  localparam ACC_BITS = {};\n", d.accumulator_bits) + p.lane_text;
  if (!p.accumulate_text.empty()) return text + p.accumulate_text;
  text += "\n  // Accumulator; its first addend of a segment is zero.\n  reg  [ACC_BITS-1:0] acc_q;\n" + base_text(d);
  BitHeap total("t", d.accumulator_bits, p.adder);
  if (!p.plain_sum.empty()) {
    return text + "  wire signed [ACC_BITS-1:0] signed_base = base;\n  wire signed [ACC_BITS-1:0] acc_d = signed_base + " + p.plain_sum +
           ";\n  always @(posedge clk_i) acc_q <= acc_d;\n  assign result_o = acc_q;\n";
  }
  if (d.combine == Combine::kShift && !p.shifts_itself) {
    BitHeap lane("g", p.sum_bits, p.adder);
    p.terms(lane);
    text += lane.sum("lane_sum") + shifted_text(d, p);
    total.add_vector(0, "shifted", 0, shifted_bits(d, p), 20);
  } else {
    p.terms(total);
  }
  total.add_vector(0, "base", 0, d.accumulator_bits, 2);
  text += total.sum("acc_d");
  return text + "  always @(posedge clk_i) acc_q <= acc_d;\n  assign result_o = acc_q;\n";
}

std::vector<Port> step_ports(const IntegerDesign& d, const LaneParts& p) {
  std::vector<Port> ports = {{false, 1, "clear_i", "a segment starts with this step"}};
  if (d.combine == Combine::kHorner) ports.push_back({false, 1, "double_i", "a further plane starts with this step"});
  if (d.combine == Combine::kShift && shift_bits(p.max_shift) > 0)
    ports.push_back({false, shift_bits(p.max_shift), "shift_i", "log2 of the plane's weight"});
  return ports;
}

std::string step_pins(const IntegerDesign& d, const LaneParts& p, const std::string& indent) {
  std::string text;
  for (const Port& port : step_ports(d, p)) text += fmt::format("{}.{}({}),\n", indent, port.name, port.name);
  return text;
}

std::string column_body(const IntegerDesign& d, const LaneParts& p, int prepared) {
  return fill(R"(
  wire [@CONTROL@-1:0] control;
  @NAME@_decode i_decode (
    .weight_i(weight_i),
    .control_o(control)
  );
  genvar m;
  generate
    for (m = 0; m < @ROWS@; m = m + 1) begin : gen_row
      @NAME@_lane i_lane (
        .clk_i(clk_i),
@STEP@        .control_i(control),
        .operand_i(operand_i[m*@OPERAND@ +: @OPERAND@]),
        .result_o(result_o[m*@ACC@ +: @ACC@])
      );
    end
  endgenerate
)",
              {{"CONTROL", p.control_bits},
               {"NAME", d.top},
               {"ROWS", d.rows},
               {"STEP", step_pins(d, p, "        ")},
               {"OPERAND", prepared},
               {"ACC", d.accumulator_bits}});
}

std::string top_body(const IntegerDesign& d, const LaneParts& p, int prepared) {
  const std::string prepare = p.prepare_text.empty() ? std::string(R"(
  wire [@ROWS@*@PREPARED@-1:0] prepared = operand_i;
  genvar n;
)")
                                                     : std::string(R"(
  wire [@ROWS@*@PREPARED@-1:0] prepared;
  genvar n;
  generate
    for (n = 0; n < @ROWS@; n = n + 1) begin : gen_prepare
      @NAME@_prepare i_prepare (
@CLOCK@        .operand_i(operand_i[n*@OPERAND@ +: @OPERAND@]),
        .prepared_o(prepared[n*@PREPARED@ +: @PREPARED@])
      );
    end
  endgenerate
)");
  return fill(prepare + R"(  generate
    for (n = 0; n < @COLUMNS@; n = n + 1) begin : gen_column
      @NAME@_column i_column (
        .clk_i(clk_i),
@STEP@        .weight_i(weight_i[n*@WEIGHT@ +: @WEIGHT@]),
        .operand_i(prepared),
        .result_o(result_o[n*@ROWS@*@ACC@ +: @ROWS@*@ACC@])
      );
    end
  endgenerate
)",
              {{"ROWS", d.rows},
               {"PREPARED", prepared},
               {"NAME", d.top},
               {"CLOCK", p.prepare_clocked ? "        .clk_i(clk_i),\n" : ""},
               {"OPERAND", p.operand_bits},
               {"COLUMNS", d.columns},
               {"STEP", step_pins(d, p, "        ")},
               {"WEIGHT", p.weight_bits},
               {"ACC", d.accumulator_bits}});
}

std::vector<Port> join(std::vector<Port> a, const std::vector<Port>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

int shift_bits(int max_shift) {
  int bits = 0;
  while (max_shift >> bits != 0) ++bits;
  return bits;
}

namespace {

/// Tables of one row: built, registered; and the sum of the segment's activations.
std::string row_body(const IntegerDesign& d, const LaneParts& p) {
  BitHeap sum("s", d.accumulator_bits, p.adder);
  const int bits = d.activation_bits;
  for (int k = 0; k < d.depth; ++k) {
    sum.add_vector(0, "operand_i", k * bits, bits - 1, 2);
    sum.add(bits - 1, fmt::format("~operand_i[{}]", k * bits + bits - 1), 2);
  }
  // Sign bits have negative weight: each was inverted, which added 2^(bits-1).
  const long long constant = -(static_cast<long long>(d.depth) << (bits - 1)) & ((1LL << d.accumulator_bits) - 1);
  for (int i = 0; i < d.accumulator_bits; ++i)
    if ((constant >> i & 1) != 0) sum.add(i, "1'b1");
  sum.add_vector(0, "base", 0, d.accumulator_bits, 2);
  return p.build_text +
         fill(R"(
  reg [@TABLE@-1:0] table_q;
  always @(posedge clk_i) table_q <= table_d;
  assign table_o = table_q;

  // Sum of the segment's activations, shown in step with the accumulators.
  reg [@ACC@-1:0] sum_q;
  reg [@ACC@-1:0] sum_late_q;
  wire [@ACC@-1:0] base = sum_q & {@ACC@{~clear_i}};
)",
              {{"TABLE", p.operand_bits}, {"ACC", d.accumulator_bits}}) +
         sum.sum("sum_d") + R"(  always @(posedge clk_i) begin
    sum_q <= sum_d;
    sum_late_q <= sum_q;
  end
  assign sum_o = sum_late_q;
)";
}

std::string array_body(const IntegerDesign& d, const LaneParts& p, const std::vector<Port>& step) {
  std::string registers, pins;
  for (const Port& port : step) {
    registers += fmt::format("  reg [{0}:0] {1}_q;\n  always @(posedge clk_i) {1}_q <= {1};\n", port.bits - 1, port.name);
    pins += fmt::format("    .{0}({0}_q),\n", port.name);
  }
  return fill(R"(
  // Weights and the step's control, beside the tables that they select from.
  reg [@WEIGHTS@-1:0] weight_q;
  always @(posedge clk_i) weight_q <= weight_i;
@REGISTERS@  wire [@ROWS@*@TABLE@-1:0] tables;
  genvar m;
  generate
    for (m = 0; m < @ROWS@; m = m + 1) begin : gen_row
      @NAME@_row i_row (
        .clk_i(clk_i),
        .clear_i(clear_i),
        .operand_i(operand_i[m*@RAW@ +: @RAW@]),
        .table_o(tables[m*@TABLE@ +: @TABLE@]),
        .sum_o(sum_o[m*@ACC@ +: @ACC@])
      );
    end
  endgenerate
  @NAME@_datapath i_datapath (
    .clk_i(clk_i),
@PINS@    .weight_i(weight_q),
    .operand_i(tables),
    .result_o(result_o)
  );
)",
              {{"WEIGHTS", d.columns * p.weight_bits},
               {"REGISTERS", registers},
               {"PINS", pins},
               {"ROWS", d.rows},
               {"TABLE", p.operand_bits},
               {"NAME", d.top},
               {"RAW", d.depth * d.activation_bits},
               {"ACC", d.accumulator_bits}});
}

/// Wraps the datapath that was just emitted as `<top>_datapath`.
void emit_array(IntegerDesign& d, const LaneParts& p, const std::vector<Port>& step) {
  const int raw = d.depth * d.activation_bits;
  d.files.push_back({d.top + "_row.v", module_text("A row's table builder, registers, and activation sum.", d.top + "_row",
                                                   {{false, 1, "clear_i", "a segment starts with this step"},
                                                    {false, raw, "operand_i", "activations of the row"},
                                                    {true, p.operand_bits, "table_o", "what the row's lanes read"},
                                                    {true, d.accumulator_bits, "sum_o", "sum of the segment's activations"}},
                                                   row_body(d, p), Clocking::kClock)});
  d.files.push_back(
      {d.top + ".v",
       module_text("Array: builder, registers, datapath.", d.top,
                   join(step, {{false, d.columns * p.weight_bits, "weight_i", "weight bits, column by column"},
                               {false, d.rows * raw, "operand_i", "activations, row by row"},
                               {true, d.rows * d.accumulator_bits, "sum_o", "sums of the segment's activations"},
                               {true, d.rows * d.columns * d.accumulator_bits, "result_o", "accumulators, column by column"}}),
                   array_body(d, p, step), Clocking::kClock)});
  d.boundary_array = true;
  d.result_latency = 2;
  d.codec = std::make_shared<ActivationCodec>(d.codec, d.activation_bits);
}

}  // namespace

void emit_integer_array(IntegerDesign& d, const LaneParts& p) {
  d.top = "lutra_" + d.name;
  const std::string datapath = d.top + (p.build_text.empty() ? "" : "_datapath");
  const int prepared = p.prepared_bits == 0 ? p.operand_bits : p.prepared_bits;
  const std::vector<Port> step = step_ports(d, p);
  const auto add = [&](const std::string& name, const std::string& purpose, const std::vector<Port>& ports, const std::string& body,
                       Clocking clocking) {
    d.files.push_back({name + ".v", module_text(purpose, name, ports, body, clocking)});
  };
  d.files = full_adder_files(p.adder.cell);
  if (!p.prepare_text.empty())
    add(d.top + "_prepare", "What the lanes of a row share.",
        {{false, p.operand_bits, "operand_i", "operands of the row"}, {true, prepared, "prepared_o", "what its lanes read"}},
        p.prepare_text, p.prepare_clocked ? Clocking::kClock : Clocking::kNone);
  add(d.top + "_decode", "What the lanes of a column share.",
      {{false, p.weight_bits, "weight_i", "weight bits of the column"}, {true, p.control_bits, "control_o", "what its lanes read"}},
      p.decode_text, Clocking::kNone);
  add(d.top + "_lane", "One lane: " + d.description + ".",
      join(step, {{false, p.control_bits, "control_i", "decoded weights of the column"},
                  {false, prepared, "operand_i", "operands of the row"},
                  {true, d.accumulator_bits, "result_o", "accumulator"}}),
      lane_body(d, p), Clocking::kClock);
  add(d.top + "_column", "One column: a decoder and a lane a row.",
      join(step, {{false, p.weight_bits, "weight_i", "weight bits"},
                  {false, d.rows * prepared, "operand_i", "operands of all rows"},
                  {true, d.rows * d.accumulator_bits, "result_o", "accumulators, row by row"}}),
      column_body(d, p, prepared), Clocking::kClock);
  add(datapath, "All columns; operands at the ports.",
      join(step, {{false, d.columns * p.weight_bits, "weight_i", "weight bits, column by column"},
                  {false, d.rows * p.operand_bits, "operand_i", "operands, row by row"},
                  {true, d.rows * d.columns * d.accumulator_bits, "result_o", "accumulators, column by column"}}),
      top_body(d, p, prepared), Clocking::kClock);
  if (!p.build_text.empty()) emit_array(d, p, step);
}

}  // namespace lutra::gen
