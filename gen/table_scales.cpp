#include "gen/table_scales.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "gen/fill.h"
#include "gen/group_look.h"
#include "gen/verilog.h"
#include "isa/timing/compute_timing.h"

namespace lutra::gen {
namespace {

constexpr std::uint32_t kOne = 0x3F800000;  // 1.0
constexpr std::uint32_t k127 = 0x42FE0000;  // 127.0
constexpr int kSmallestShift = 6;           // of power-of-two scales: 2^-6 makes 64 of a sum of 1

// The slot's tables before they are quantised.
constexpr std::string_view kExact = R"(    for (b = 0; b < BUILT; b = b + 1) begin : gen_table
      lutra_table i_table (
        .activations_i(activations[b*INPUT_BITS +: INPUT_BITS]),
        .table_o      (exact[b*ENTRIES*TABLE_BITS +: ENTRIES*TABLE_BITS])
      );
    end
)";

constexpr std::string_view kDivided = R"(
  // Scales by division, a row at a time: m / 127, and 127 / m to multiply with.
  localparam CHAIN = @REGISTERS@ + @DIVISION@;  // registers of conversion and division
  reg dividing_q;
  reg [ROW_BITS-1:0] divided_q;
  reg [CHAIN:1] chain_q;
  reg [CHAIN*ROW_BITS-1:0] chain_row_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      dividing_q <= 1'b0;
      chain_q <= {CHAIN{1'b0}};
    end else begin
      if (found_valid_q && found_last_q) dividing_q <= 1'b1;
      else if (divided_q == LAST_ROW) dividing_q <= 1'b0;
      chain_q <= {chain_q[CHAIN-1:1], dividing_q};
    end
    divided_q <= dividing_q ? divided_q + 1'b1 : {ROW_BITS{1'b0}};
    chain_row_q <= {chain_row_q[(CHAIN-1)*ROW_BITS-1:0], divided_q};
  end
  wire [LOOK_BITS-1:0] dividend = @DIVIDEND@;
  wire [31:0] number, inverse, ratio;
  @FROM_SUM@ i_number (
    .clk_i   (clk_i),
    .value_i ({1'b0, dividend}),
    .result_o(number)
  );
  @DIVIDE@ i_inverse (
    .clk_i   (clk_i),
    .a_i     (32'h@LARGEST@),
    .b_i     (number),
    .result_o(inverse)
  );
  @DIVIDE@ i_ratio (
    .clk_i   (clk_i),
    .a_i     (number),
    .b_i     (32'h@LARGEST@),
    .result_o(ratio)
  );
  wire [ROW_BITS-1:0] chain_row = chain_row_q[(CHAIN-1)*ROW_BITS +: ROW_BITS];
  wire [ROWS*32-1:0] inverses, ratios;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_scale
      localparam [31:0] ROW = m;
      reg [31:0] inverse_q, ratio_q;
      always @(posedge clk_i) begin
        if (chain_q[CHAIN] && chain_row == ROW[ROW_BITS-1:0]) begin
          inverse_q <= inverse;
          ratio_q <= ratio == 32'd0 ? 32'h@ONE@ : ratio;
        end
      end
      assign inverses[m*32 +: 32] = inverse_q;
      assign ratios[m*32 +: 32] = ratio_q;
    end
  endgenerate
  wire unused_done = &{1'b0, group_done_q};

  // Entries: RNE(fl(T inv)). A group of zeros has an infinite inverse, and not a number times it is the integer 0.
  wire [ROW_BITS-1:0] row_i = row_s_q[(@REGISTERS@+1)*ROW_BITS +: ROW_BITS];
  wire [31:0] factor = @FACTOR@;
  wire [31:0] table_scale = @SCALE@;
  wire [BUILT*ENTRIES*TABLE_BITS-1:0] exact;
  wire [SLOT_BITS-1:0] tables;
  genvar b, e;
  generate
@EXACT@    for (e = 0; e < BUILT*ENTRIES; e = e + 1) begin : gen_entry
      wire [31:0] sum, product;
      @FROM_ENTRY@ i_sum (
        .clk_i   (clk_i),
        .value_i (exact[e*TABLE_BITS +: TABLE_BITS]),
        .result_o(sum)
      );
      @MULTIPLY@ i_product (
        .clk_i   (clk_i),
        .a_i     (sum),
        .b_i     (factor),
        .result_o(product)
      );
      @TO_INT8@ i_entry (
        .clk_i   (clk_i),
        .value_i (product),
        .result_o(tables[e*8 +: 8])
      );
    end
  endgenerate
)";

constexpr std::string_view kShifted = R"(
  // Scales 2^(shift - @LEAST@), the smallest that keep every entry at 127 or below.
  wire [ROWS*5-1:0] shifts;
  wire [ROWS-1:0] zeros;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_scale
      wire [LOOK_BITS-1:0] sum = most[m*LOOK_BITS +: LOOK_BITS];
      wire [4:0] least;
      lutra_table_shift i_shift (
        .sum_i  (sum),
        .shift_o(least)
      );
      reg [4:0] shift_q;
      reg zero_q;
      always @(posedge clk_i) begin
        if (group_done_q) begin
          shift_q <= least;
          zero_q <= sum == {LOOK_BITS{1'b0}};
        end
      end
      assign shifts[m*5 +: 5] = shift_q;
      assign zeros[m] = zero_q;
    end
  endgenerate

  // Entries: RNE(T 2^@LEAST@ / 2^shift).
  wire [4:0] shift = @SHIFT@;
  wire zero = @ZERO@;
  wire [7:0] exponent = 8'd@BIAS@ + {3'd0, shift};
  wire [31:0] table_scale = zero ? 32'h@ONE@ : {1'b0, exponent, 23'd0};
  wire [BUILT*ENTRIES*TABLE_BITS-1:0] exact;
  reg [BUILT*ENTRIES*TABLE_BITS-1:0] exact_q;
  always @(posedge clk_i) if (valid_q[2]) exact_q <= exact;
  wire [SLOT_BITS-1:0] tables;
  genvar b, e;
  generate
@EXACT@    for (e = 0; e < BUILT*ENTRIES; e = e + 1) begin : gen_entry
      lutra_quantise i_quantise (
        .sum_i  (exact_q[e*TABLE_BITS +: TABLE_BITS]),
        .shift_i(shift),
        .entry_o(tables[e*8 +: 8])
      );
    end
  endgenerate
)";

constexpr std::string_view kAligned = R"(
  // The group's exponent and scale, for each row.
  wire [ROWS*LOOK_BITS-1:0] shared;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_scale
      reg [LOOK_BITS-1:0] shared_q;
      always @(posedge clk_i) if (group_done_q) shared_q <= most[m*LOOK_BITS +: LOOK_BITS];
      assign shared[m*LOOK_BITS +: LOOK_BITS] = shared_q;
    end
  endgenerate
  wire [LOOK_BITS-1:0] look2 = @LOOKED@;
  wire [LOOK_BITS-1:0] look_e = @SHARED@;
  wire [EXPONENT-1:0] exponent = look_e[EXPONENT-1:0];
@SCALE@
  localparam OPERAND = @OPERAND@;
  wire [BUILT*INPUTS*OPERAND-1:0] aligned;
  reg [BUILT*INPUTS*OPERAND-1:0] aligned_q;
  always @(posedge clk_i) if (valid_q[2]) aligned_q <= aligned;
  wire [SLOT_BITS-1:0] tables;
  genvar a, b;
  generate
    for (a = 0; a < BUILT*INPUTS; a = a + 1) begin : gen_align
      lutra_align i_align (
        .value_i   (activations[a*ACTIVATION +: ACTIVATION]),
        .exponent_i(look2[EXPONENT-1:0]),
        .result_o  (aligned[a*OPERAND +: OPERAND])
      );
    end
    for (b = 0; b < BUILT; b = b + 1) begin : gen_table
      lutra_table i_table (
        .activations_i(aligned_q[b*INPUTS*OPERAND +: INPUTS*OPERAND]),
        .table_o      (tables[b*STORED +: STORED])
      );
    end
  endgenerate
  wire unused_look = &{1'b0, look2[LOOK_BITS-1]};
)";

/// The row's part of a vector of one part a row.
std::string of_row(const ArchConfig& config, const std::string& vector, const std::string& row, int bits) {
  const int rows = config.array.rows, row_bits = clog2_min1(rows + 1);
  if (rows == 1) return vector;
  std::string text;
  for (int m = 0; m + 1 < rows; ++m) text += fmt::format("{} == {}'d{} ? {}[{} +: {}] :\n      ", row, row_bits, m, vector, m * bits, bits);
  return text + fmt::format("{}[{} +: {}]", vector, (rows - 1) * bits, bits);
}

std::string divided_text(const ArchConfig& config, const Geometry& geometry) {
  const int registers = config.scale.registers, look = look_bits(config, geometry);
  return fill(kDivided, {{"EXACT", std::string(kExact)},
                         {"REGISTERS", registers},
                         {"DIVISION", timing::kDivisionRegisters},
                         {"DIVIDEND", of_row(config, "most", "divided_q", look)},
                         {"FROM_SUM", name_of(int_to_float_unit(look + 1, kFp32, registers))},
                         {"DIVIDE", name_of(float_divider(kFp32, timing::kDivisionRegisters))},
                         {"LARGEST", fmt::format("{:08X}", k127)},
                         {"ONE", fmt::format("{:08X}", kOne)},
                         {"FACTOR", of_row(config, "inverses", "row_i", 32)},
                         {"SCALE", of_row(config, "ratios", "row_e", 32)},
                         {"FROM_ENTRY", name_of(int_to_float_unit(geometry.table_bits, kFp32, registers))},
                         {"MULTIPLY", name_of(float_multiplier(kFp32, registers))},
                         {"TO_INT8", name_of(float_to_int_unit(kFp32, 8, registers))}}) +
         (config.array.rows == 1 ? "  wire unused_row = &{1'b0, row_i};\n" : "");
}

std::string shifted_text(const ArchConfig& config) {
  return fill(kShifted, {{"EXACT", std::string(kExact)},
                         {"LEAST", kSmallestShift},
                         {"SHIFT", of_row(config, "shifts", "row_e", 5)},
                         {"ZERO", config.array.rows == 1 ? std::string("zeros") : of_row(config, "zeros", "row_e", 1)},
                         {"BIAS", 127 - kSmallestShift},
                         {"ONE", fmt::format("{:08X}", kOne)}});
}

std::string aligned_text(const ArchConfig& config, const Geometry& geometry) {
  const FloatFormat& f = activation_format(config);
  const int look = look_bits(config, geometry), mantissa = config.table.mantissa_bits;
  // 2^(E - bias - mantissa + 1); only where the exponent has 8 bits may that be a subnormal number.
  const int offset = kFp32.bias() - f.bias() - mantissa + 1;
  std::string scale;
  if (offset < 0) {
    scale = fmt::format(
        "  wire subnormal = exponent <= 8'd{0};\n  wire [7:0] normal = exponent - 8'd{0};\n  wire [7:0] place = 8'd{1} + exponent;\n"
        "  wire [31:0] table_scale = look_e[EXPONENT] ? 32'h{2:08X} : subnormal ? 32'd1 << place[4:0] : {{1'b0, normal, 23'd0}};\n"
        "  wire unused_place = &{{1'b0, place}};\n",
        -offset, kFp32.mantissa_bits - 1 + offset, kFp32.canonical_nan);
  } else {
    scale = fmt::format(
        "  wire [7:0] normal = {} + 8'd{};\n  wire [31:0] table_scale = look_e[EXPONENT] ? 32'h{:08X} : {{1'b0, normal, 23'd0}};\n",
        f.exponent_bits < 8 ? fmt::format("{{{}'d0, exponent}}", 8 - f.exponent_bits) : "exponent", offset, kFp32.canonical_nan);
  }
  return fill(kAligned, {{"LOOKED", of_row(config, "shared", "row2", look)},
                         {"SHARED", of_row(config, "shared", "row_e", look)},
                         {"SCALE", scale},
                         {"OPERAND", geometry.operand_bits}});
}

}  // namespace

bool divides(const ArchConfig& config) { return config.table.mode == "quantised" && config.table.scale == "divide"; }

std::string table_scales(const ArchConfig& config, const Geometry& geometry) {
  if (geometry.aligned) return aligned_text(config, geometry);
  return divides(config) ? divided_text(config, geometry) : shifted_text(config);
}

std::vector<FloatUnit> table_scale_units(const ArchConfig& config, const Geometry& geometry) {
  if (geometry.memory || !divides(config)) return {};
  const int registers = config.scale.registers;
  std::vector<FloatUnit> units = {int_to_float_unit(look_bits(config, geometry) + 1, kFp32, registers),
                                  float_divider(kFp32, timing::kDivisionRegisters), float_multiplier(kFp32, registers),
                                  float_to_int_unit(kFp32, 8, registers)};
  if (geometry.table_bits != look_bits(config, geometry) + 1) units.push_back(int_to_float_unit(geometry.table_bits, kFp32, registers));
  return units;
}

std::string emit_table_shift(const ArchConfig& config, const Geometry& geometry) {
  const int look = look_bits(config, geometry);
  std::string count;
  // The shift is one more from the first sum on that the one before would leave above 127 after rounding: 128 sum >= 255 2^i.
  for (int i = 0; (255LL << i) <= 128 * largest_sum(config, geometry); ++i)
    count += fmt::format("{}{{4'd0, sum_i >= {}'d{}}}", count.empty() ? "" : " + ", look, ceil_div(255LL << i, 128));
  return module_text(
      fmt::format("Shift of a group's tables: the smallest that leaves its largest sum, in 2^-{} parts, at 127 or below; combinational.",
                  kSmallestShift),
      "lutra_table_shift", {{false, look, "sum_i", "largest sum of magnitudes of a table's activations"}, {true, 5, "shift_o", "places"}},
      fmt::format("  assign shift_o = {};\n", count), Clocking::kNone);
}

std::string emit_quantise(const Geometry& geometry) {
  const std::string body = fill(R"(
  localparam WIDE = @BITS@ + @LEAST@ + 1;  // half a last place may carry
  wire signed [WIDE-1:0] sum = {sum_i[@BITS@-1], sum_i, @LEAST@'d0};
  wire [WIDE-1:0] below = ~({WIDE{1'b1}} << shift_i);  // the bits that are shifted out
  wire [WIDE-1:0] odd = sum >>> shift_i;
  wire signed [WIDE-1:0] rounded = sum + $signed({1'b0, below[WIDE-1:1]}) + $signed({{(WIDE-1){1'b0}}, odd[0] && shift_i != 5'd0});
  wire [WIDE-1:0] entry = rounded >>> shift_i;
  assign entry_o = entry[7:0];
  wire unused = &{1'b0, odd, entry, below};
)",
                                {{"BITS", geometry.table_bits}, {"LEAST", kSmallestShift}});
  return module_text(
      fmt::format("Quantises an entry of a table with a power-of-two scale: RNE(sum 2^{} / 2^shift); combinational.", kSmallestShift),
      "lutra_quantise",
      {{false, geometry.table_bits, "sum_i", "an exact entry"}, {false, 5, "shift_i", "of the group"}, {true, 8, "entry_o", "its INT8"}},
      body, Clocking::kNone);
}

std::string emit_align(const ArchConfig& config, const Geometry& geometry) {
  const FloatFormat& f = activation_format(config);
  const int mantissa = config.table.mantissa_bits, precision = f.precision();
  const int width = std::max(precision, mantissa), right = std::max(0, precision - mantissa);
  const int shift_bits = std::max(f.exponent_bits, 5) + 1;
  std::string text = fmt::format(
      "  wire [{0}:0] field = value_i[{1} +: {2}];\n  wire normal = field != {2}'d0;\n  wire [{0}:0] own = normal ? field : {2}'d1;\n"
      "  wire [{3}:0] distance = {{{4}'d0, exponent_i}} - {{{4}'d0, own}} + {5}'d{6};\n"
      "  wire [{7}:0] shift = distance > {5}'d{8} ? {5}'d{8} : distance;\n",
      f.exponent_bits - 1, f.mantissa_bits, f.exponent_bits, shift_bits - 1, shift_bits - f.exponent_bits, shift_bits, right,
      shift_bits - 1, width + 1);
  const std::string significand = fmt::format("{{normal, value_i[{}:0]}}", f.mantissa_bits - 1);
  text += fmt::format("  wire [{}:0] significand = {};\n", width - 1,
                      width > precision ? fmt::format("{{{}, {}'d0}}", significand, width - precision) : significand);
  text += fmt::format(
      "  wire [{0}:0] shifted = {{significand, {1}'d0}} >> shift;\n  wire [{2}:0] whole = shifted[{0}:{1}];\n"
      "  wire up = shifted[{3}] && (whole[0] || shifted[{4}:0] != {3}'d0);\n  wire [{2}:0] near = whole + {{{2}'d0, up}};\n",
      2 * width, width + 1, width - 1, width, width - 1);
  // Rounding may reach 2^mantissa_bits, one above the largest magnitude.
  text += fmt::format("  wire above = {};\n", width > mantissa ? fmt::format("near[{}:{}] != {}'d0", width - 1, mantissa, width - mantissa)
                                                               : fmt::format("up && (&whole)"));
  text += fmt::format("  wire [{0}:0] magnitude = above ? {{{1}{{1'b1}}}} : near[{0}:0];\n", mantissa - 1, mantissa);
  text += fmt::format("  assign result_o = value_i[{}] ? ~{{1'b0, magnitude}} + 1'b1 : {{1'b0, magnitude}};\n", f.bits() - 1);
  const std::vector<Port> ports = {{false, f.bits(), "value_i", "a number of the group"},
                                   {false, f.exponent_bits, "exponent_i", "the group's largest exponent, at least 1"},
                                   {true, geometry.operand_bits, "result_o", "the number in units of the group's scale, saturated"}};
  return module_text("Aligns one activation to its group's largest exponent, rounding to nearest even; combinational.", "lutra_align",
                     ports, text, Clocking::kNone);
}

}  // namespace lutra::gen
