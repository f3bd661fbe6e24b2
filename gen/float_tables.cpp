#include "gen/float_tables.h"

#include <fmt/format.h>

#include <utility>

#include "gen/fill.h"
#include "gen/float/pipeline.h"
#include "gen/float/rounding.h"
#include "isa/timing/compute_timing.h"

namespace lutra::gen {
namespace {

/// Writes the wires of one table. Wires that are made at one time have registers between them and those that read them later.
class FloatTable {
 public:
  FloatTable(const ArchConfig& config, const Geometry& geometry)
      : format_(*find_float_format(config.array.activations)),
        inputs_(config.array.table_inputs),
        registers_(config.scale.registers),
        ternary_(geometry.ternary) {}

  std::string run();

 private:
  [[nodiscard]] std::string delayed(const std::string& name, int bits, int edges);
  void activation(int input);
  std::string sum(const std::string& top, const std::string& lower, bool plus);
  void planes(const std::string& top, const std::vector<std::string>& lower);
  void trits(const std::string& top, const std::vector<std::string>& lower);

  const FloatFormat& format_;
  int inputs_, registers_;
  bool ternary_;
  int adders_ = 0;
  std::vector<std::string> entries_;
  std::string text_;
};

/// Name of `name` after so many registers.
std::string FloatTable::delayed(const std::string& name, int bits, int edges) {
  std::string last = name;
  for (int e = 1; e <= edges; ++e) {
    const std::string next = fmt::format("{}_{}_q", name, e);
    text_ += fmt::format("  reg [{0}:0] {1};\n  always @(posedge clk_i) {1} <= {2};\n", bits - 1, next, last);
    last = next;
  }
  return last;
}

// Activation i as the register a<i>, when the sums of those before it are there.
void FloatTable::activation(int input) {
  const int bits = format_.bits(), wait = input > 1 ? (input - 1) * registers_ : 0;
  text_ += fmt::format("  wire [{0}:0] x{1} = activations_i[{1}*{2} +: {2}];\n", bits - 1, input, bits);
  const std::string late = delayed(fmt::format("x{}", input), bits, wait);
  text_ += fmt::format("  wire [31:0] n{0};\n  {1} i_n{0} (\n    .value_i ({2}),\n    .result_o(n{0})\n  );\n", input,
                       name_of(float_converter(format_, kFp32)), late);
  text_ += fmt::format("  reg [31:0] a{0};\n  always @(posedge clk_i) a{0} <= n{0};\n", input);
}

std::string FloatTable::sum(const std::string& top, const std::string& lower, bool plus) {
  const std::string name = fmt::format("s{}", adders_++);
  const std::string operand = plus ? lower : fmt::format("{{~{0}[31], {0}[30:0]}}", lower);
  text_ += fmt::format(
      "  wire [31:0] {0};\n  {1} i_{0} (\n    .clk_i   (clk_i),\n    .a_i     ({2}),\n    .b_i     ({3}),\n    .result_o({0})\n  );\n",
      name, name_of(float_adder(kFp32, registers_)), operand, top);
  return name;
}

// Sums in which the top input so far is added: that and each sum of the inputs below it, which is the negative of its complement's.
void FloatTable::planes(const std::string& top, const std::vector<std::string>& lower) {
  const std::size_t half = lower.size();
  for (std::size_t j = 0; j < 2 * half; ++j) entries_.push_back(sum(top, lower[j < half ? half - 1 - j : j - half], j >= half));
}

// Sums of trits whose highest one but zero is +1, in the order of their numbers: those of the inputs below, the input alone, and with them.
void FloatTable::trits(const std::string& top, const std::vector<std::string>& lower) {
  for (const std::string& name : lower) entries_.push_back(delayed(name, 32, registers_));
  for (std::size_t j = lower.size(); j-- > 0;) entries_.push_back(sum(top, lower[j], false));
  entries_.push_back(delayed(top, 32, registers_));
  for (const std::string& name : lower) entries_.push_back(sum(top, name, true));
}

std::string FloatTable::run() {
  for (int i = 0; i < inputs_; ++i) {
    activation(i);
    const std::string top = fmt::format("a{}", i);
    const std::vector<std::string> lower = std::exchange(entries_, {});
    if (i == 0) {
      entries_ = {top};
    } else if (ternary_) {
      trits(top, lower);
    } else {
      planes(top, lower);
    }
  }
  std::string text = fmt::format("\n  // {} adders.\n{}\n", adders_, text_);
  for (std::size_t j = 0; j < entries_.size(); ++j) text += fmt::format("  assign table_o[{}*32 +: 32] = {};\n", j, entries_[j]);
  return text;
}

}  // namespace

std::string emit_float_table(const ArchConfig& config, const Geometry& geometry) {
  const std::vector<Port> ports = {
      {false, config.array.table_inputs * geometry.activation_bits, "activations_i", "the table's activations"},
      {true, geometry.stored_table_bits, "table_o",
       geometry.ternary ? "sums of trits whose highest but zero is +1, as balanced ternary numbers 1, 2, ..."
                        : "entries in which the top activation is added, low index first"}};
  return module_text(fmt::format("One lookup table of FP32 sums, each rounded from left to right; {} registers.",
                                 timing::table_write(config) - timing::kTableWrite),
                     "lutra_table", ports, FloatTable(config, geometry).run(), Clocking::kClock);
}

std::string float_builder_text(const ArchConfig& config) {
  return fill(R"(
  // What belongs to a slot waits for its sums.
  localparam SUMS = @SUMS@;  // registers of a table
  reg [SUMS:1] valid_s_q, final_s_q;
  reg [SUMS*ROW_BITS-1:0] row_s_q;
  reg [SUMS*TABLE_AW-1:0] dst_s_q;
  reg [SUMS*8-1:0] signal_s_q;
  wire [SUMS:0] valid_s = {valid_s_q, v2_q};
  wire [SUMS:0] final_s = {final_s_q, final2_q};
  wire [(SUMS+1)*ROW_BITS-1:0] row_s = {row_s_q, row2_q};
  wire [(SUMS+1)*TABLE_AW-1:0] dst_s = {dst_s_q, dst2_q};
  wire [(SUMS+1)*8-1:0] signal_s = {signal_s_q, signal2_q};
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) valid_s_q <= {SUMS{1'b0}};
    else valid_s_q <= valid_s[SUMS-1:0];
    final_s_q <= final_s[SUMS-1:0];
    row_s_q <= row_s[SUMS*ROW_BITS-1:0];
    dst_s_q <= dst_s[SUMS*TABLE_AW-1:0];
    signal_s_q <= signal_s[SUMS*8-1:0];
  end
  wire valid_e = valid_s[SUMS];
  wire final_e = final_s[SUMS];
  wire [GROUP_BITS-1:0] group_e = LAST_GROUP;
  wire [ROW_BITS-1:0] row_e = row_s[SUMS*ROW_BITS +: ROW_BITS];
  wire [TABLE_AW-1:0] dst_e = dst_s[SUMS*TABLE_AW +: TABLE_AW];
  wire [7:0] signal_e = signal_s[SUMS*8 +: 8];
  wire unused_group = &{1'b0, group2_q};
)",
              {{"SUMS", timing::table_write(config) - timing::kTableWrite}});
}

std::string emit_table_weight() {
  Pipeline p(0);
  p.input("value_i", 32);
  p.input("shift_i", 4);
  p.section("Normal numbers count their exponent up. Subnormal ones move left, and from where the hidden bit is there on count as well.");
  p.wire("field", 8, "value_i[30:23]");
  p.wire("normal", 1, "|field");
  p.wire("special", 1, "&field");
  p.wire("subnormal", 24, "{1'b0, value_i[22:0]}");
  count_leading_zeros(p, "zeros", "subnormal", 24);
  p.wire("shift", 5, "{1'b0, shift_i}");
  p.wire("below", 1, "shift < zeros");
  p.wire("moved", 24, "subnormal << (below ? shift : zeros)");
  p.wire("counted", 8, "below ? 8'd0 : {3'd0, shift} - {3'd0, zeros} + 8'd1");
  p.wire("raised", 9, "{1'b0, field} + {4'd0, shift}");
  p.wire("above", 1, "raised >= 9'd255");
  p.wire("larger", 31, "above ? {8'd255, 23'd0} : {raised[7:0], value_i[22:0]}");
  p.wire("magnitude", 31, "special ? value_i[30:0] : normal ? larger : {counted, moved[22:0]}");
  p.spare("moved[23]");
  p.output("result_o", "{value_i[31], magnitude}");
  const std::vector<Port> ports = {{false, 32, "value_i", "an entry"},
                                   {false, 4, "shift_i", "log2 of the plane's weight"},
                                   {true, 32, "result_o", "their product; a NaN stays what it is"}};
  return module_text("An FP32 number times a power of two from 1 to 2^15: exact, or infinite; combinational.", "lutra_table_weight", ports,
                     p.text(), Clocking::kNone);
}

std::string emit_float_accumulator(const ArchConfig& config) {
  const std::vector<Port> ports = {{false, 32, "value_i", "a number; the next one comes when its sum has arrived"},
                                   {false, 1, "clear_i", "it is the first of a segment"},
                                   {false, 1, "add_i", "the sum of the number that came some edges ago arrives"},
                                   {false, 1, "capture_i", "the segment ends: keep its sum"},
                                   {true, 32, "result_o", "sum of the last finished segment"}};
  return module_text(
      fmt::format("Adds FP32 numbers one after the other; a sum arrives {} edge{} after its number. It does not count edges.",
                  config.scale.registers, config.scale.registers == 1 ? "" : "s"),
      "lutra_float_accumulator", ports,
      fill(R"(
  reg [31:0] acc_q, result_q;
  wire [31:0] sum;
  @ADD@ i_add (
    .clk_i   (clk_i),
    .a_i     (acc_q & {32{~clear_i}}),
    .b_i     (value_i),
    .result_o(sum)
  );
  always @(posedge clk_i) begin
    if (add_i) acc_q <= sum;
    if (capture_i) result_q <= add_i ? sum : acc_q;
  end
  assign result_o = result_q;
)",
           {{"ADD", name_of(float_adder(kFp32, config.scale.registers))}}),
      Clocking::kClock);
}

std::vector<FloatUnit> float_table_units(const ArchConfig& config, const Geometry& geometry) {
  if (!geometry.floating) return {};
  std::vector<FloatUnit> units = {float_adder(kFp32, config.scale.registers)};
  if (!geometry.memory) units.push_back(float_converter(*find_float_format(config.array.activations), kFp32));
  return units;
}

}  // namespace lutra::gen
