#include "gen/scale_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "gen/array.h"
#include "gen/fill.h"
#include "gen/float/unit.h"
#include "gen/verilog.h"
#include "isa/timing/compute_timing.h"

namespace lutra::gen {
namespace {

constexpr int kZeroBits = 10;  // of z'

std::vector<Port> scale_ports(const ArchConfig& config, const Geometry& geometry, const SegmentInfoLayout& info) {
  const ArrayConfig& a = config.array;
  const int oc_bits = clog2_min1(geometry.accumulator_words);
  std::vector<Port> ports = {
      {false, 1, "stop_i", "drop all work"},
      {false, 1, "seg_valid_i", "a token from the array"},
      {false, a.rows * a.columns * geometry.lane_accumulator_bits, "seg_data_i", "results, row-major; held until the credit is back"},
      {false, a.rows * geometry.segment_sum_bits, "seg_sums_i", "S of each row"},
      {false, info.bits, "seg_info_i", "what to do with them"},
      {true, 1, "seg_free_o", "gives the drain credit back"},
      {true, 1, "scale_idle_o", "no command in flight"},
      {true, 1, "array_done_valid_o", "an array command retires"},
      {true, 8, "array_done_signal_o", "semaphores it signals"},
      {true, 1, "prd_en_o", "read a parameter word"},
      {true, info.parameter_bits, "prd_addr_o", "its address"},
      {false, geometry.parameter.word_bits, "prd_data_i",
       geometry.real_zeros ? "s' z' and s' of each output"
       : geometry.scaled   ? "z' and s' of each output"
                           : "16-bit z' of each output"},
      {true, 1, "ocr_en_o", "read an accumulator word"},
      {true, oc_bits, "ocr_addr_o", "its address"},
      {false, geometry.accumulator_word_bits, "ocr_data_i", "the old outputs"},
      {true, 1, "ocw_en_o", "write an accumulator word"},
      {true, oc_bits, "ocw_addr_o", "its address"},
      {true, geometry.accumulator_word_bits, "ocw_data_o", "the new outputs"},
  };
  if (geometry.scaled) {
    ports.push_back({true, 1, "srd_en_o", "read the scales of a tile's rows"});
    ports.push_back({true, clog2_min1(geometry.token_scale.words), "srd_addr_o", "the tile"});
    ports.push_back({false, geometry.token_scale.word_bits, "srd_data_i", "s_a of each row, held until the next read"});
  }
  if (geometry.grouped) ports.push_back({false, a.rows * 32, "seg_scales_i", "FP32 scale of the tables of each row"});
  if (geometry.parity)
    ports.push_back({false, a.rows * a.accumulator_bits, "seg_parities_i", "what the results of each row lack beside their double"});
  return ports;
}

constexpr std::string_view kEngine = R"(
  wire [TILE_BITS-1:0] info_tile = seg_info_i[0 +: TILE_BITS];
  wire [PARAM_AW-1:0] info_param = seg_info_i[TILE_BITS +: PARAM_AW];
  wire [ROW_BITS-1:0] info_rows = seg_info_i[TILE_BITS + PARAM_AW +: ROW_BITS];
  wire [21:0] info_rest = seg_info_i[TILE_BITS + PARAM_AW + ROW_BITS +: 22];

  // The token at work. It stays valid until its last word is written: the credit comes back late enough.
  reg busy_q;                    // words are still to be issued
  reg drain_q;                   // words are written; otherwise the token only retires
  reg fresh_q;                   // the next word is the first
  reg [LEFT_BITS-1:0] left_q;    // words to issue, the present one included
  reg [INDEX_BITS-1:0] index_q;  // present word, row-major
  reg [ACC_AW-1:0] base_q;       // accumulator word of output (0, 0)
  reg [PARAM_AW-1:0] param_q;
  reg [1:0] zmode_q;
  reg [9:0] zero_q;
  reg add_q;
  reg retire_q;
  reg [7:0] signal_q;
  wire last = left_q == ONE;
  wire drains = info_rows != {ROW_BITS{1'b0}};
  wire [LEFT_BITS-1:0] words = @WORDS@;
  wire free = busy_q && (left_q == FREE_AT || (fresh_q && left_q < FREE_AT));
  reg free_q;

  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      busy_q <= 1'b0;
      free_q <= 1'b0;
    end else begin
      if (seg_valid_i) busy_q <= 1'b1;
      else if (last) busy_q <= 1'b0;
      free_q <= free;
    end
    if (seg_valid_i) begin
      drain_q <= drains;
      fresh_q <= 1'b1;
      left_q <= drains ? words : ONE;
      index_q <= {INDEX_BITS{1'b0}};
      base_q <= @BASE@;
      param_q <= info_param;
      {signal_q, retire_q, add_q, zero_q, zmode_q} <= info_rest;
    end else if (busy_q) begin
      fresh_q <= 1'b0;
      left_q <= left_q - ONE;
      index_q <= index_q + 1'b1;
    end
  end
  assign seg_free_o = free_q;

  // Edge i: a word is issued, its parameters are asked for. Element k of a chain is the word issued k edges ago.
  reg [DEPTH:1] v_q;            // words
  reg [DEPTH:1] last_q;         // a token's last one
  reg [DEPTH*ACC_AW-1:0] addr_q;
  reg [INDEX_BITS-1:0] index1_q, index2_q;
  reg prd_en_q;
  reg [PARAM_AW-1:0] prd_addr_q;
  reg ocr_en_q;                 // the old outputs are asked for
  reg [OUTPUTS*32-1:0] value_q; // edge i + 2: results less zero points
  reg ocw_en_q, done_q;         // new outputs
  reg [ACC_AW-1:0] ocw_addr_q;
  reg [OUTPUTS*32-1:0] ocw_data_q;
  reg [7:0] done_signal_q;
@TOKENS@
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      v_q <= {DEPTH{1'b0}};
      prd_en_q <= 1'b0;
      ocr_en_q <= 1'b0;
      ocw_en_q <= 1'b0;
      done_q <= 1'b0;
    end else begin
      v_q <= {v_q[DEPTH-1:1], busy_q};
      prd_en_q <= busy_q && drain_q@NEEDS@;
      ocr_en_q <= v_q[OLD] && @DRAIN_OLD@ && @ADD_OLD@;
      ocw_en_q <= v_q[DEPTH] && @DRAIN_END@;
      done_q <= v_q[DEPTH] && last_q[DEPTH] && @RETIRE_END@;
    end
    last_q <= {last_q[DEPTH-1:1], last};
    addr_q <= {addr_q[(DEPTH-1)*ACC_AW-1:0], base_q + @INDEX_EXT@};
    index1_q <= index_q;
    index2_q <= index1_q;
    prd_addr_q <= param_q + @COLUMN@;
    ocw_addr_q <= addr_q[(DEPTH-1)*ACC_AW +: ACC_AW];
    done_signal_q <= @SIGNAL_END@;
  end
)";

// A float unit is so deep that the next token may be at work before this one's words are written: what belongs to a word goes with it.
constexpr std::string_view kTokens = R"(
  reg [DEPTH:1] drain_w_q, add_w_q, retire_w_q;
  reg [DEPTH*8-1:0] signal_w_q;
  always @(posedge clk_i) begin
    drain_w_q <= {drain_w_q[DEPTH-1:1], drain_q};
    add_w_q <= {add_w_q[DEPTH-1:1], add_q};
    retire_w_q <= {retire_w_q[DEPTH-1:1], retire_q};
    signal_w_q <= {signal_w_q[(DEPTH-1)*8-1:0], signal_q};
  end

  // The scales of the tile's rows are read with its first word.
  reg srd_en_q;
  reg [TILE_BITS-1:0] tile_q, srd_addr_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) srd_en_q <= 1'b0;
    else srd_en_q <= busy_q && drain_q && fresh_q;
    if (seg_valid_i) tile_q <= info_tile;
    srd_addr_q <= tile_q;
  end
  assign srd_en_o = srd_en_q;
  assign srd_addr_o = srd_addr_q;
)";

// An FP32 operation after the other, REGISTERS edges each: fl(value) times the product of the scales, added to what is there.
constexpr std::string_view kFloat = R"(
      reg [31:0] scale_q;
@NUMBER@@FACTORS@      @MULTIPLY@ i_product (
        .clk_i   (clk_i),
        .a_i     (number),
        .b_i     (factor),
        .result_o(product)
      );
      @ADD@ i_total (
        .clk_i   (clk_i),
        .a_i     (ocr_data_i[j*32 +: 32] & {32{add_w_q[OLD+2]}}),
        .b_i     (product),
        .result_o(total)
      );
@ZERO@      always @(posedge clk_i) begin
        value_q[j*32 +: 32] <= value;
        scale_q <= prd_data_i[j*64 + 32 +: 32];
        ocw_data_q[j*32 +: 32] <= @RESULT@;
      end
)";

constexpr std::string_view kConverted = R"(      wire [31:0] converted, product, total;
      @FROM_INT@ i_number (
        .clk_i   (clk_i),
        .value_i (value_q[j*32 +: 32]),
        .result_o(converted)
      );
)";

// Results that are FP32 already: their zero point is taken off in two operations.
constexpr std::string_view kUnzeroed = R"(      wire [31:0] zero_number, multiple, number, product, total;
      reg [31:0] zero_number_q;
      always @(posedge clk_i) zero_number_q <= zero_number;
      @FROM_INT@ i_zero_number (
        .value_i (zero),
        .result_o(zero_number)
      );
      @MULTIPLY@ i_multiple (
        .clk_i   (clk_i),
        .a_i     (zero_number_q),
        .b_i     (sum_value_q),
        .result_o(multiple)
      );
@LATER@      @ADD@ i_number (
        .clk_i   (clk_i),
        .a_i     (value_late),
        .b_i     ({~multiple[31], multiple[30:0]}),
        .result_o(number)
      );
)";

// A zero point that is a real number: fl(fl(S) times s' z' and the scales) is taken off what was added up.
constexpr std::string_view kRealZero = R"(      reg [31:0] minimum_q;
      always @(posedge clk_i) minimum_q <= prd_data_i[j*64 +: 32];
      wire [31:0] offset, difference;
      @MULTIPLY@ i_offset (
        .clk_i   (clk_i),
        .a_i     (sum_number),
        .b_i     (minimum),
        .result_o(offset)
      );
      @ADD@ i_difference (
        .clk_i   (clk_i),
        .a_i     (total),
        .b_i     ({~offset_late[31], offset_late[30:0]}),
        .result_o(difference)
      );
)";

constexpr std::string_view kInteger = R"(
      always @(posedge clk_i) begin
        value_q[j*32 +: 32] <= value;
        ocw_data_q[j*32 +: 32] <= value_q[j*32 +: 32] + (ocr_data_i[j*32 +: 32] & {32{add_q}});
      end
)";

constexpr std::string_view kWhole = R"(  // Lanes added halves: an exact result is twice theirs and the row's parities.
  localparam WHOLE_BITS = @BITS@;
  wire [WHOLE_BITS-1:0] parities = @ROW@;
)";

constexpr std::string_view kTokenScale = R"(  reg [31:0] token_scale_q;
  always @(posedge clk_i) token_scale_q <= @ROW@;
  wire unused_scales = &{1'b0, srd_data_i};
@MORE@)";

// What rows with table scales and real zero points have besides.
constexpr std::string_view kTableScale = R"(  reg [31:0] table_scale_q;
  always @(posedge clk_i) table_scale_q <= @ROW@;
)";
constexpr std::string_view kSumValue = R"(  reg [31:0] sum_value_q;
  always @(posedge clk_i) sum_value_q <= sum;
)";
constexpr std::string_view kSumConverted = R"(  wire [31:0] sum_converted;
  @FROM_INT@ i_sum_number (
    .clk_i   (clk_i),
    .value_i (sum_value_q),
    .result_o(sum_converted)
  );
)";
constexpr std::string_view kRealWords = R"(  reg [DEPTH:1] real_w_q;  // the word has real zero points
  always @(posedge clk_i) real_w_q <= {real_w_q[DEPTH-1:1], zmode_q == 2'd2};
)";

constexpr std::string_view kZeroPoint = R"(      wire [31:0] value;
      lutra_zero_point i_zero_point (
        .acc_i  (@ACC@),
        .sum_i  (sum),
        .zero_i (zero),
        .value_o(value)
      );
)";

constexpr std::string_view kOutputs = R"(
  // The word of results and the row's S.
  wire [OUTPUTS*LANE_BITS-1:0] lanes = @LANES@;
@WHOLE@  wire [SUM_BITS-1:0] sum = @SUM@;
@TOKEN_SCALE@  genvar j;
  generate
    for (j = 0; j < OUTPUTS; j = j + 1) begin : gen_output
      wire [9:0] zero = @COLUMN_ZERO@zmode_q == 2'd1 ? zero_q : 10'd0;
@VALUE@      wire [PARAM_BITS-1:0] unused_parameter = prd_data_i[j*PARAM_BITS +: PARAM_BITS];
      wire unused = &{1'b0, unused_parameter};
@OPERATIONS@    end
  endgenerate

  assign prd_en_o = prd_en_q;
  assign prd_addr_o = prd_addr_q;
  assign ocr_en_o = ocr_en_q;
  assign ocr_addr_o = addr_q[OLD*ACC_AW +: ACC_AW];
  assign ocw_en_o = ocw_en_q;
  assign ocw_addr_o = ocw_addr_q;
  assign ocw_data_o = ocw_data_q;
  assign array_done_valid_o = done_q;
  assign array_done_signal_o = done_signal_q;
  assign scale_idle_o = !busy_q && v_q == {DEPTH{1'b0}} && !done_q;
)";

// Zero-extends or cuts an expression of `from` bits to `to` bits.
std::string resize(const std::string& name, int from, int to) {
  if (from == to) return name;
  if (from > to) return fmt::format("{}[{}:0]", name, to - 1);
  return fmt::format("{{{}'d0, {}}}", to - from, name);
}

// Tail of a binary selection by constant index: `cases` parts of `width` bits of `vector`.
std::string select(const std::string& index, int index_bits, int cases, const std::string& vector, const std::string& width) {
  if (cases == 1) return vector;
  std::string text;
  for (int i = 0; i + 1 < cases; ++i)
    text += fmt::format("{} == {}'d{} ? {}[{}*{} +: {}] :\n      ", index, index_bits, i, vector, i, width, width);
  return text + fmt::format("{}[{}*{} +: {}]", vector, cases - 1, width, width);
}

/// How words of a tile are counted, and where in them row and column of a word are.
struct WordIndex {
  WordIndex(const ArchConfig& config, const Geometry& geometry)
      : words(geometry.accumulator_words_per_tile),
        per_row(geometry.accumulator_words_per_row),
        left_bits(clog2_min1(std::max(words, timing::free_threshold(config)) + 1)),
        index_bits(clog2_min1(words)),
        column_bits(clog2_min1(per_row)),
        address_bits(clog2_min1(geometry.accumulator_words)) {
    if (per_row == 1 || config.array.rows == 1) return;
    row_bits = index_bits - column_bits;
    row = row_bits == 1 ? fmt::format("index2_q[{}]", column_bits) : fmt::format("index2_q[{}:{}]", index_bits - 1, column_bits);
  }
  int words, per_row, left_bits, index_bits, column_bits, address_bits;
  int row_bits = index_bits;
  std::string row = "index2_q";
};

std::string parameter_text(const ArchConfig& config, const Geometry& geometry, const SegmentInfoLayout& info, const WordIndex& index) {
  return fmt::format(
      "  localparam OUTPUTS = {};    // outputs a cycle\n  localparam PARAM_BITS = {};  // of an output in a parameter word\n"
      "  localparam DEPTH = {};       // edges from the issue of a word to its new outputs\n"
      "  localparam OLD = {};         // edges to the request of its old outputs\n  localparam LANE_BITS = {};\n"
      "  localparam SUM_BITS = {};\n  localparam TILE_BITS = {};\n"
      "  localparam PARAM_AW = {};\n  localparam ROW_BITS = {};\n  localparam ACC_AW = {};     // bits of an accumulator word address\n"
      "  localparam LEFT_BITS = {};\n  localparam INDEX_BITS = {};\n  localparam [LEFT_BITS-1:0] ONE = {}'d1;\n"
      "  localparam [LEFT_BITS-1:0] FREE_AT = {}'d{};  // words left when the credit goes back\n",
      config.scale.outputs_per_cycle, geometry.parameter_output_bits, timing::tile_write(config) - 1, timing::old_read(config) - 1,
      geometry.lane_accumulator_bits, geometry.segment_sum_bits, info.tile_bits, info.parameter_bits, info.row_bits, index.address_bits,
      index.left_bits, index.index_bits, index.left_bits, index.left_bits, timing::free_threshold(config));
}

std::string engine_text(const Geometry& geometry, const SegmentInfoLayout& info, const WordIndex& index) {
  const bool scaled = geometry.scaled;
  const auto times = [](const std::string& factor, int from, int to, int number) {
    return number == 1 ? resize(factor, from, to) : fmt::format("{} * {}'d{}", resize(factor, from, to), to, number);
  };
  std::string column = fmt::format("{}'d0", info.parameter_bits);
  // A wrapped column offset needs no more bits than a parameter address has.
  const int column_bits = std::min(index.column_bits, info.parameter_bits);
  if (index.per_row > 1)
    column = resize(column_bits == index.index_bits ? "index_q" : fmt::format("index_q[{}:0]", column_bits - 1), column_bits,
                    info.parameter_bits);
  return fill(kEngine, {{"WORDS", times("info_rows", info.row_bits, index.left_bits, index.per_row)},
                        {"BASE", times("info_tile", info.tile_bits, index.address_bits, index.words)},
                        {"INDEX_EXT", resize("index_q", index.index_bits, index.address_bits)},
                        {"COLUMN", column},
                        {"TOKENS", scaled ? std::string(kTokens) : std::string()},
                        {"NEEDS", scaled ? "" : " && zmode_q == 2'd2"},
                        {"DRAIN_OLD", scaled ? "drain_w_q[OLD]" : "drain_q"},
                        {"ADD_OLD", scaled ? "add_w_q[OLD]" : "add_q"},
                        {"DRAIN_END", scaled ? "drain_w_q[DEPTH]" : "drain_q"},
                        {"RETIRE_END", scaled ? "retire_w_q[DEPTH]" : "retire_q"},
                        {"SIGNAL_END", scaled ? "signal_w_q[(DEPTH-1)*8 +: 8]" : "signal_q"}});
}

/// Wire `to`: `from`, REGISTERS edges later where `late` says so.
std::string later(const std::string& indent, const std::string& from, const std::string& to, bool late, int registers) {
  if (!late) return fmt::format("{}wire [31:0] {} = {};\n", indent, to, from);
  std::string text, last = from;
  for (int r = 1; r <= registers; ++r) {
    const std::string name = fmt::format("{}_{}_q", to, r);
    text += fmt::format("{0}reg [31:0] {1};\n{0}always @(posedge clk_i) {1} <= {2};\n", indent, name, last);
    last = name;
  }
  return text + fmt::format("{}wire [31:0] {} = {};\n", indent, to, last);
}

std::string multiply(const ArchConfig& config, const std::string& a, const std::string& b, const std::string& to) {
  return fmt::format(
      "      wire [31:0] {0};\n      {1} i_{0} (\n        .clk_i   (clk_i),\n        .a_i     ({2}),\n        .b_i     ({3}),\n"
      "        .result_o({0})\n      );\n",
      to, name_of(float_multiplier(kFp32, config.scale.registers)), a, b);
}

/// The product of a column's own number and its row's scales as wire `to`: own times s_table, where there is one, times s_a.
std::string scaled_text(const ArchConfig& config, const Geometry& geometry, const std::string& own, const std::string& to) {
  if (geometry.floating)  // when the zero point is off
    return multiply(config, own, "token_scale", to + "_early") + later("      ", to + "_early", to, true, config.scale.registers);
  if (!geometry.grouped) return multiply(config, own, "token_scale", to);
  return multiply(config, own, "table_scale_q", to + "_of_table") + multiply(config, to + "_of_table", "token_scale", to);
}

/// Wire `number`: a result less its zero point as FP32.
std::string number_text(const ArchConfig& config, const Geometry& geometry) {
  const int registers = config.scale.registers;
  if (!geometry.floating) return fill(kConverted, {{"FROM_INT", name_of(int_to_float_unit(32, kFp32, registers))}});
  return fill(kUnzeroed, {{"FROM_INT", name_of(int_to_float_unit(kZeroBits, kFp32))},
                          {"MULTIPLY", name_of(float_multiplier(kFp32, registers))},
                          {"ADD", name_of(float_adder(kFp32, registers))},
                          {"LATER", later("      ", "value_q[j*32 +: 32]", "value_late", true, registers)}});
}

std::string operations_text(const ArchConfig& config, const Geometry& geometry) {
  if (!geometry.scaled) return std::string(kInteger);
  const int registers = config.scale.registers;
  const std::string indent = "      ", multiplier = name_of(float_multiplier(kFp32, registers)),
                    adder = name_of(float_adder(kFp32, registers));
  std::string zero;
  if (geometry.real_zeros) {
    zero = fill(kRealZero, {{"MULTIPLY", multiplier}, {"ADD", adder}});
    zero.insert(zero.find("      wire [31:0] offset,"), scaled_text(config, geometry, "minimum_q", "minimum"));
    zero.insert(zero.find("      " + adder),
                later(indent, "offset", "offset_late", true, registers) + later(indent, "total", "total_late", true, registers));
  }
  const std::string number = geometry.floating ? "" : later(indent, "converted", "number", geometry.grouped, registers);
  return fill(kFloat, {{"NUMBER", number_text(config, geometry)},
                       {"FACTORS", number + scaled_text(config, geometry, "scale_q", "factor")},
                       {"MULTIPLY", multiplier},
                       {"ADD", adder},
                       {"ZERO", zero},
                       {"RESULT", geometry.real_zeros ? "real_w_q[DEPTH] ? difference : total_late" : "total"}});
}

/// The scales of a word's row, and S as a number where real zero points need it.
std::string row_text(const ArchConfig& config, const Geometry& geometry, const WordIndex& index) {
  if (!geometry.scaled) return "";
  const int rows = config.array.rows, registers = config.scale.registers;
  std::string more = later("  ", "token_scale_q", "token_scale", geometry.grouped, registers);
  if (geometry.grouped) more += fill(kTableScale, {{"ROW", select(index.row, index.row_bits, rows, "seg_scales_i", "32")}});
  if (geometry.real_zeros || geometry.floating) more += kSumValue;
  if (geometry.real_zeros) {
    if (!geometry.floating) more += fill(kSumConverted, {{"FROM_INT", name_of(int_to_float_unit(32, kFp32, registers))}});
    more += kRealWords;
    more += geometry.floating ? later("  ", "sum_value_q", "sum_number", true, 2 * registers)
                              : later("  ", "sum_converted", "sum_number", geometry.grouped, registers);
  }
  return fill(kTokenScale,
              {{"ROW", rows == 1 ? "srd_data_i[31:0]" : select(index.row, index.row_bits, rows, "srd_data_i", "32")}, {"MORE", more}});
}

std::string outputs_text(const ArchConfig& config, const Geometry& geometry, const WordIndex& index) {
  const int rows = config.array.rows;
  std::string whole;
  if (geometry.parity)
    whole = fill(kWhole, {{"BITS", config.array.accumulator_bits},
                          {"ROW", select(index.row, index.row_bits, rows, "seg_parities_i", "WHOLE_BITS")}});
  return fill(kOutputs, {{"LANES", select("index2_q", index.index_bits, index.words, "seg_data_i", "OUTPUTS*LANE_BITS")},
                         {"WHOLE", whole},
                         {"VALUE", geometry.floating
                                       ? "      wire [31:0] value = lanes[j*LANE_BITS +: LANE_BITS];\n"
                                       : fill(kZeroPoint, {{"ACC", geometry.parity ? "{lanes[j*LANE_BITS +: LANE_BITS], 1'b0} + parities"
                                                                                   : "lanes[j*LANE_BITS +: LANE_BITS]"}})},
                         {"SUM", select(index.row, index.row_bits, rows, "seg_sums_i", "SUM_BITS")},
                         {"COLUMN_ZERO", geometry.real_zeros ? "" : "zmode_q == 2'd2 ? prd_data_i[j*PARAM_BITS +: 10] : "},
                         {"TOKEN_SCALE", row_text(config, geometry, index)},
                         {"OPERATIONS", operations_text(config, geometry)}});
}

}  // namespace

std::vector<FloatUnit> scale_units(const ArchConfig& config, const Geometry& geometry) {
  if (!geometry.scaled) return {};
  const int registers = config.scale.registers;
  return {geometry.floating ? int_to_float_unit(kZeroBits, kFp32) : int_to_float_unit(32, kFp32, registers),
          float_multiplier(kFp32, registers), float_adder(kFp32, registers)};
}

std::string emit_scale_unit(const ArchConfig& config, const Geometry& geometry) {
  const SegmentInfoLayout info(config, geometry);
  const WordIndex index(config, geometry);
  std::string body =
      parameter_text(config, geometry, info, index) + engine_text(geometry, info, index) + outputs_text(config, geometry, index);
  if (index.words == 1) body += "\n  wire unused_index = &{1'b0, index2_q};\n";
  return module_text(
      fmt::format("Drains finished segments row by row: acc - z' S{}, added to or written over the tile; retires array commands "
                  "in order.",
                  geometry.scaled ? ", scaled in FP32" : ""),
      "lutra_scale_unit", scale_ports(config, geometry, info), body);
}

}  // namespace lutra::gen
