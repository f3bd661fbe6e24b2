#include "gen/array_datapath.h"

#include <fmt/format.h>

#include <vector>

#include "gen/fill.h"
#include "gen/verilog.h"
#include "isa/timing/compute_timing.h"

namespace lutra::gen {
namespace {

/// Bits that say what a step's planes weigh: a 4-bit shift a plane, or whether accumulators double first.
int shift_bits(const ArrayConfig& a) { return a.combine == "horner" ? 1 : 4 * a.planes_per_cycle; }

std::vector<Port> datapath_ports(const ArchConfig& config, const Geometry& geometry) {
  const ArrayConfig& a = config.array;
  std::vector<Port> ports = {
      {false, 1, "step_valid_i", "a step: the operands are at the ports"},
      {false, a.rows, "row_en_i", "rows that have work; the others hold"},
      {false, 1, "fresh_i", "first step of a k-step: new tables, S counts"},
      {false, 1, "clear_i", "a segment starts with this step"},
      {false, 1, "capture_i", "a segment ends with this step"},
      {false, shift_bits(a), "shift_i", geometry.horner ? "double the accumulators first" : "log2 of each plane's weight"},
      {false, a.planes_per_cycle, "plane_en_i", "planes that count"},
      {false, geometry.table_word_bits, "tables_i", "table word: tables of all rows, then S of all rows"},
      {false, geometry.weight.word_bits, "weights_i", "weight word"},
      {true, a.rows * a.columns * geometry.lane_accumulator_bits, "data_o", "results of the last finished segment, row-major"},
      {true, a.rows * geometry.segment_sum_bits, "sums_o", "S of the last finished segment, row by row"},
  };
  if (geometry.parity)
    ports.push_back({true, a.rows * a.accumulator_bits, "parities_o", "what the results of each row lack beside their double"});
  if (geometry.grouped)
    ports.push_back({true, a.rows * 32, "scales_o", "FP32 scale of the tables of the last finished segment, row by row"});
  return ports;
}

// Delays the controls by one register; only `valid` is reset.
std::string control_stage(int index, const std::string& from, const ArrayConfig& a) {
  const std::string to = fmt::format("s{}", index);
  return fill(R"(
  reg @TO@_valid_q;
  reg @ROWS@@TO@_row_en_q;
  reg @TO@_fresh_q;
  reg @TO@_clear_q;
  reg @TO@_capture_q;
  reg @SHIFT@@TO@_shift_q;
  reg @PLANES@@TO@_plane_en_q;
  always @(posedge clk_i) begin
    if (!rst_ni) @TO@_valid_q <= 1'b0;
    else @TO@_valid_q <= @FROM@_valid@SUFFIX@;
    @TO@_row_en_q <= @ROWFROM@;
    @TO@_fresh_q <= @FRESHFROM@;
    @TO@_clear_q <= @CLEARFROM@;
    @TO@_capture_q <= @CAPTUREFROM@;
    @TO@_shift_q <= @SHIFTFROM@;
    @TO@_plane_en_q <= @PLANEFROM@;
  end
)",
              {{"TO", to},
               {"FROM", from.empty() ? "step" : from},
               {"SUFFIX", from.empty() ? "_i" : "_q"},
               {"ROWS", wire_range(a.rows)},
               {"SHIFT", wire_range(shift_bits(a))},
               {"PLANES", wire_range(a.planes_per_cycle)},
               {"ROWFROM", from.empty() ? "row_en_i" : from + "_row_en_q"},
               {"FRESHFROM", from.empty() ? "fresh_i" : from + "_fresh_q"},
               {"CLEARFROM", from.empty() ? "clear_i" : from + "_clear_q"},
               {"CAPTUREFROM", from.empty() ? "capture_i" : from + "_capture_q"},
               {"SHIFTFROM", from.empty() ? "shift_i" : from + "_shift_q"},
               {"PLANEFROM", from.empty() ? "plane_en_i" : from + "_plane_en_q"}});
}

// Name of control signal `what` after `stages` registers.
std::string control(int stages, const std::string& what) {
  if (stages == 0) return (what == "valid" ? "step_valid" : what) + "_i";
  return fmt::format("s{}_{}_q", stages, what);
}

/// Registers between the operands and the edge at which a step's sum arrives.
int arrival(const ArchConfig& config) { return timing::capture_delay(config) - timing::kOperandDelay; }

std::string plane_enable(const ArrayConfig& a) {
  return a.planes_per_cycle > 1 ? fmt::format("        .plane_en_i({}),\n", control(a.pipeline_registers, "plane_en")) : std::string();
}

// The table word as the lanes read it: tables of all rows, then S of all rows.
std::string tables_text(const Geometry& geometry) {
  if (!geometry.rebuilt) return "\n  wire [TABLE_WORD-1:0] word = tables_i;\n";
  return fill(R"(
  // The buffer holds activations: every read builds their tables.
  localparam INPUT_BITS = @INPUTS@;   // activations of a table
  localparam STORED = @STORED@;       // a table
  localparam ROW_BITS = TABLES*INPUT_BITS;
  wire [TABLE_WORD-1:0] word;
  genvar t;
  generate
    for (t = 0; t < ROWS*TABLES; t = t + 1) begin : gen_table
      lutra_table i_table (
        .activations_i(tables_i[t*INPUT_BITS +: INPUT_BITS]),
        .table_o      (word[t*STORED +: STORED])
      );
    end
  endgenerate
  assign word[TABLE_WORD-1:TABLES_BITS] = tables_i[ROWS*(ROW_BITS + SUM_BITS)-1:ROWS*ROW_BITS];
)",
              {{"INPUTS", geometry.table_row_bits / geometry.tables}, {"STORED", geometry.stored_table_bits}});
}

std::string operands_text(const ArrayConfig& a, const Geometry& geometry) {
  if (a.pipeline_registers < 2) {
    return R"(
  wire [TABLE_WORD-1:0] tables = word;
  wire [WEIGHT_WORD-1:0] weights = weights_i;
)";
  }
  return fill(R"(
  // Operand registers: @WHEN@.
  reg [TABLE_WORD-1:0] tables;
  reg [WEIGHT_WORD-1:0] weights;
  always @(posedge clk_i) begin
    if (step_valid_i@FRESH@) tables <= word;
    if (step_valid_i) weights <= weights_i;
  end
)",
              {{"WHEN", geometry.horner ? "both change every step" : "tables change once a k-step, weights every step"},
               {"FRESH", geometry.horner ? "" : " && fresh_i"}});
}

// FP32 entries times the weight of the step's plane, once for all columns.
std::string weighed_text(const ArrayConfig& a, const Geometry& geometry) {
  return fill(R"(
  // Entries times the weight of the plane, once for all columns.
  localparam ENTRIES = @ENTRIES@;  // of a table
  wire [TABLES_BITS-1:0] weighed;
  genvar e;
  generate
    for (e = 0; e < ROWS*ENTRIES; e = e + 1) begin : gen_weight
      lutra_table_weight i_weight (
        .value_i (tables[e*32 +: 32]),
        .shift_i (@SHIFT@),
        .result_o(weighed[e*32 +: 32])
      );
    end
  endgenerate
)",
              {{"ENTRIES", geometry.entries}, {"SHIFT", control(a.pipeline_registers == 2 ? 1 : 0, "shift")}});
}

std::string columns_text(const ArchConfig& config, const Geometry& geometry) {
  const ArrayConfig& a = config.array;
  const int sum = arrival(config);
  const std::string weight = geometry.horner ? "double_i" : "shift_i";
  return fill(R"(
  wire [ROWS-1:0] step = {ROWS{@VALID@}} & @ROWEN@;
  genvar n, m;
  generate
    for (n = 0; n < COLUMNS; n = n + 1) begin : gen_column
      wire [ROWS*ACC_BITS-1:0] result;
      lutra_array_column i_column (
        .clk_i     (clk_i),
        .weight_i  (weights[n*COLUMN_BITS +: COLUMN_BITS]),
        .table_i   (@TABLES@[TABLES_BITS-1:0]),
@WEIGHT@@PLANE_EN@        .step_i    (step),
        .clear_i   (@CLEAR@),
        .capture_i (@CAPTURE@),
        .result_o  (result)
      );
      for (m = 0; m < ROWS; m = m + 1) begin : gen_result
        assign data_o[(m*COLUMNS + n)*ACC_BITS +: ACC_BITS] = result[m*ACC_BITS +: ACC_BITS];
      end
    end
  endgenerate
)",
              {{"VALID", control(sum, "valid")},
               {"ROWEN", control(sum, "row_en")},
               {"TABLES", geometry.floating ? "weighed" : "tables"},
               {"WEIGHT", geometry.floating ? "" : fmt::format("        .{} ({}),\n", weight, control(a.pipeline_registers, "shift"))},
               {"CLEAR", control(a.pipeline_registers, "clear")},
               {"CAPTURE", control(sum, "capture")},
               {"PLANE_EN", plane_enable(a)}});
}

// The parities of a row's tables, added up beside its lanes.
std::string parities_text(const ArrayConfig& a, const Geometry& geometry) {
  std::string parities;
  for (int g = geometry.tables - 1; g >= 0; --g)
    parities += fmt::format("{}tables[(m*TABLES + {})*STORED_TABLE + STORED_TABLE-1]", parities.empty() ? "" : ", ", g);
  return fill(R"(
  // One correction a row for all its lanes.
  localparam STORED_TABLE = @STORED@;
  localparam PARITY_BITS = @BITS@;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_parity
      lutra_array_parity i_parity (
        .clk_i     (clk_i),
        .parity_i  ({@PARITIES@}),
        .@PORT@ (@SHIFT@),
@PLANE_EN@        .step_i    (step[m]),
        .clear_i   (@CLEAR@),
        .capture_i (@CAPTURE@),
        .result_o  (parities_o[m*PARITY_BITS +: PARITY_BITS])
      );
    end
  endgenerate
)",
              {{"STORED", geometry.stored_table_bits},
               {"BITS", a.accumulator_bits},
               {"PARITIES", parities},
               {"PORT", geometry.horner ? "double_i" : "shift_i"},
               {"SHIFT", control(a.pipeline_registers, "shift")},
               {"PLANE_EN", plane_enable(a)},
               {"CLEAR", control(a.pipeline_registers, "clear")},
               {"CAPTURE", control(a.pipeline_registers, "capture")}});
}

// S is added one stage before the lanes accumulate where there is a register between, so its operand need not be kept.
std::string sums_text(const ArrayConfig& a, const Geometry& geometry) {
  const int add = a.pipeline_registers == 2 ? 1 : 0;
  const int extend = geometry.segment_sum_bits - geometry.sum_bits;
  return fill(R"(
  // S of the segment, a row: added once a k-step.
  wire [ROWS-1:0] sum_row_en = @ROWEN@;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_sum
      wire [SUM_BITS-1:0] sum = tables[TABLES_BITS + m*SUM_BITS +: SUM_BITS];
      reg  [SEGMENT_SUM_BITS-1:0] acc_q;
      reg  [SEGMENT_SUM_BITS-1:0] result_q;
      wire [SEGMENT_SUM_BITS-1:0] acc_d = (acc_q & {SEGMENT_SUM_BITS{~@CLEAR@}}) + {{@EXTEND@{sum[SUM_BITS-1]}}, sum};
      wire add = @VALID@ & @FRESH@ & sum_row_en[m];
      always @(posedge clk_i) begin
        if (add) acc_q <= acc_d;
        if (step[m] && @CAPTURE@) result_q <= @RESULT@;
      end
      assign sums_o[m*SEGMENT_SUM_BITS +: SEGMENT_SUM_BITS] = result_q;
    end
  endgenerate
)",
              {{"CLEAR", control(add, "clear")},
               {"EXTEND", extend},
               {"VALID", control(add, "valid")},
               {"FRESH", control(add, "fresh")},
               {"ROWEN", control(add, "row_en")},
               {"CAPTURE", control(a.pipeline_registers, "capture")},
               {"RESULT", a.pipeline_registers == 0 ? "add ? acc_d : acc_q" : "acc_q"}});
}

// The same in FP32. Where there is a register before the lanes add, S arrives an edge before their sums.
std::string floating_sums_text(const ArchConfig& config) {
  const int add = config.array.pipeline_registers == 2 ? 1 : 0, sum = add + timing::lane_registers(config);
  return fill(R"(
  // S of the segment, a row: added once a k-step.
  wire [ROWS-1:0] sum_row_en = @ROWEN@;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_sum
      lutra_float_accumulator i_sum (
        .clk_i    (clk_i),
        .value_i  (tables[TABLES_BITS + m*SUM_BITS +: SUM_BITS]),
        .clear_i  (@CLEAR@),
        .add_i    (@VALID@ & @FRESH@ & sum_row_en[m]),
        .capture_i(step[m] & @CAPTURE@),
        .result_o (sums_o[m*SEGMENT_SUM_BITS +: SEGMENT_SUM_BITS])
      );
    end
  endgenerate
)",
              {{"ROWEN", control(sum, "row_en")},
               {"CLEAR", control(add, "clear")},
               {"VALID", control(sum, "valid")},
               {"FRESH", control(sum, "fresh")},
               {"CAPTURE", control(arrival(config), "capture")}});
}

// The scale of a segment's tables: of the word whose S was added last.
std::string scales_text(const ArrayConfig& a) {
  return fill(R"(
  localparam SCALES = TABLES_BITS + ROWS*SUM_BITS;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_scale
      wire [31:0] scale = tables[SCALES + m*32 +: 32];
      wire take = @VALID@ & @FRESH@ & sum_row_en[m];
      reg  [31:0] scale_q;
      reg  [31:0] result_q;
      always @(posedge clk_i) begin
        if (take) scale_q <= scale;
        if (step[m] && @CAPTURE@) result_q <= @RESULT@;
      end
      assign scales_o[m*32 +: 32] = result_q;
    end
  endgenerate
)",
              {{"VALID", control(a.pipeline_registers == 2 ? 1 : 0, "valid")},
               {"FRESH", control(a.pipeline_registers == 2 ? 1 : 0, "fresh")},
               {"CAPTURE", control(a.pipeline_registers, "capture")},
               {"RESULT", a.pipeline_registers == 0 ? "take ? scale : scale_q" : "scale_q"}});
}

}  // namespace

std::string emit_array_datapath(const ArchConfig& config, const Geometry& geometry) {
  const ArrayConfig& a = config.array;
  const int tables_bits = a.rows * geometry.tables * geometry.stored_table_bits;
  std::string body = fmt::format(
      "  localparam ROWS = {};\n  localparam COLUMNS = {};\n{}  localparam ACC_BITS = {};\n"
      "  localparam COLUMN_BITS = {};  // weight bits of a column\n"
      "  localparam WEIGHT_WORD = {};\n  localparam TABLE_WORD = {};\n  localparam TABLES_BITS = {};  // tables of all rows\n"
      "  localparam SUM_BITS = {};\n  localparam SEGMENT_SUM_BITS = {};\n",
      a.rows, a.columns, geometry.rebuilt || geometry.parity ? fmt::format("  localparam TABLES = {};\n", geometry.tables) : std::string(),
      geometry.lane_accumulator_bits, a.planes_per_cycle * geometry.weight_lane_bits, geometry.weight.word_bits,
      tables_bits + a.rows * (geometry.sum_bits + geometry.table_scale_bits), tables_bits, geometry.sum_bits, geometry.segment_sum_bits);
  std::vector<std::string> unused;
  for (int i = 1; i <= arrival(config); ++i) {
    body += control_stage(i, i == 1 ? std::string() : fmt::format("s{}", i - 1), a);
    // Each stage uses part of the controls; synthesis drops the registers nobody reads.
    for (const char* what : {"row_en", "fresh", "clear", "capture", "shift", "plane_en"}) unused.push_back(control(i, what));
  }
  if (arrival(config) == 0) unused.push_back("rst_ni");
  if (a.planes_per_cycle == 1) unused.push_back(control(0, "plane_en"));
  body += tables_text(geometry) + operands_text(a, geometry);
  if (geometry.floating) body += weighed_text(a, geometry);
  body += columns_text(config, geometry) + (geometry.floating ? floating_sums_text(config) : sums_text(a, geometry));
  if (geometry.parity) body += parities_text(a, geometry);
  if (geometry.grouped) body += scales_text(a);
  if (!unused.empty()) {
    std::string list;
    for (const std::string& u : unused) list += ", " + u;
    body += fmt::format("\n  wire unused = &{{1'b0{}}};\n", list);
  }
  return module_text(
      "Arithmetic of the LUT array: operands at the ports, results of finished segments in registers. It does not fetch or sequence.",
      "lutra_array_datapath", datapath_ports(config, geometry), body);
}

}  // namespace lutra::gen
