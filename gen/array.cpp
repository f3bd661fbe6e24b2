#include "gen/array.h"

#include <fmt/format.h>

#include <vector>

#include "gen/fill.h"
#include "gen/unit_queue.h"
#include "gen/verilog.h"
#include "isa/timing/compute_timing.h"

namespace lutra::gen {
namespace {

constexpr int kCommandBits = 171;

std::vector<Port> array_ports(const ArchConfig& config, const Geometry& geometry, const SegmentInfoLayout& info) {
  const ArrayConfig& a = config.array;
  std::vector<Port> ports = {
      {false, 1, "array_cmd_valid_i", "command from control"},
      {true, 1, "array_cmd_ready_o", "the queue takes it"},
      {false, kCommandBits, "array_cmd_data_i", "packed lmma command"},
      {true, 1, "array_sem_req_o", "the head could start now"},
      {true, 8, "array_sem_mask_o", "semaphores it waits for"},
      {false, 1, "array_sem_gnt_i", "granted: it starts"},
      {true, 1, "array_idle_o", "queue empty, nothing in flight"},
      {false, 1, "stop_i", "drop all work"},
      {true, 1, "array_step_o", "a step was issued (counter)"},
      {true, 1, "array_wait_o", "a command was there and no step issued (counter)"},
      {true, 1, "trd_en_o", "read a table word"},
      {true, clog2_min1(config.buffer.table_words), "trd_addr_o", "its address"},
      {false, geometry.table_word_bits, "trd_data_i", "the word, held until the next read"},
      {true, 1, "wrd_en_o", "read a weight word"},
      {true, clog2_min1(geometry.weight.words), "wrd_addr_o", "its address"},
      {false, geometry.weight.word_bits, "wrd_data_i", "the word"},
      {true, 1, "seg_valid_o", "a token: result registers hold a finished segment, or a command to retire"},
      {true, a.rows * a.columns * geometry.lane_accumulator_bits, "seg_data_o", "results, row-major"},
      {true, a.rows * geometry.segment_sum_bits, "seg_sums_o", "S of each row"},
      {true, info.bits, "seg_info_o", "what to do with them"},
      {false, 1, "seg_free_i", "the drain credit comes back"},
      {false, 1, "scale_idle_i", "the scale unit has no command in flight"},
  };
  if (geometry.parity)
    ports.push_back({true, a.rows * a.accumulator_bits, "seg_parities_o", "what the results of each row lack beside their double"});
  if (geometry.grouped) ports.push_back({true, a.rows * 32, "seg_scales_o", "FP32 scale of the tables of each row"});
  return ports;
}

// Command fields and the counters that walk through segments, k-steps and plane groups.
std::string sequencer_text() {
  return R"(
  // Queue in front of the array.
  wire [170:0] head;
  wire head_valid;
  wire start;
  wire accept;
@QUEUE@
  // The command at work.
  reg active_q;
  reg credit_q;                     // the drain credit
  reg [7:0] signal_q;
  reg [TABLE_AW-1:0] table_q;       // word of the present k-step
  reg [WEIGHT_AW-1:0] weight_q;     // word of the present step
  reg [15:0] ksteps_q;              // k-steps left, the present one included
  reg [15:0] segment_q;             // k-steps of a segment
  reg [15:0] segment_left_q;        // k-steps left in the @LEFT_OF@, the present one included
@REGISTERS@  reg [ROW_BITS-1:0] rows_q;
  reg [TILE_BITS-1:0] tile_q;
  reg [PARAM_AW-1:0] param_q;       // word of the present segment
  reg clear_q;                      // the next step starts a segment
  reg last_q;
  reg add_q;                        // the present segment adds to the tile
  reg [3:0] planes_q;
  reg [31:0] shifts_q;
  reg [1:0] zmode_q;
  reg [9:0] zero_q;
  reg [2:0] group_q;                // plane group of the present step

  // The present step.
  wire [4:0] group_end = @GROUP_END@;           // planes up to the end of this group
  wire last_group = group_end >= {1'b0, planes_q};
  wire last_kstep = ksteps_q == 16'd1;
  wire segmented = segment_q != 16'd0;
@ORDER@  wire final_step = last_group && last_kstep;
  wire token = drains || final_step;
@PACE@  wire issue = active_q && !stop_i && (!token || credit_q)@READY@;
  assign accept = !active_q || (issue && final_step);

  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      active_q <= 1'b0;
      credit_q <= 1'b1;
    end else begin
      if (start) active_q <= 1'b1;
      else if (issue && final_step) active_q <= 1'b0;
      if (seg_free_i) credit_q <= 1'b1;
      else if (issue && token) credit_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (start) begin
      signal_q <= head[7:0];
      table_q <= head[16 +: TABLE_AW];
      weight_q <= head[32 +: WEIGHT_AW];
      ksteps_q <= head[63:48];
      rows_q <= head[64 +: ROW_BITS];
      tile_q <= head[72 +: TILE_BITS];
      param_q <= head[88 +: PARAM_AW];
      segment_q <= head[119:104];
      segment_left_q <= @LEFT@;
@START@      clear_q <= head[120];
      last_q <= head[121];
      add_q <= head[122];
      planes_q <= head[126:123];
      shifts_q <= head[158:127];
      zmode_q <= head[160:159];
      zero_q <= head[170:161];
      group_q <= 3'd0;
    end else if (issue) begin
      weight_q <= weight_q + 1'b1;
      clear_q <= drains;
@GROUP@@ADVANCE@      if (drains) begin
        param_q <= param_q + PARAM_STEP;
        add_q <= 1'b1;
      end
    end
  end
)";
}

// Where lanes add in FP32 a step waits for the sum of the one before it.
std::vector<Hole> pace_holes(const ArchConfig& config) {
  const int edges = timing::step_interval(config) - 1;
  if (edges == 0) return {{"PACE", ""}, {"READY", ""}};
  return {{"PACE", fill(R"(  // A lane's sum arrives @EDGES@ edges after its operands, and the next step adds to it.
  reg [1:0] pace_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) pace_q <= 2'd0;
    else if (issue) pace_q <= 2'd@EDGES@;
    else if (pace_q != 2'd0) pace_q <= pace_q - 2'd1;
  end
)",
                        {{"EDGES", edges}})},
          {"READY", " && pace_q == 2'd0"}};
}

// Planes innermost: a k-step's plane groups follow each other.
std::vector<Hole> innermost_holes() {
  return {{"ORDER", "  wire drains = last_group && (segmented ? segment_left_q == 16'd1 : last_kstep && last_q);\n"},
          {"ADVANCE", R"(      if (last_group) begin
        table_q <= table_q + 1'b1;
        ksteps_q <= ksteps_q - 16'd1;
        segment_left_q <= drains ? segment_q : segment_left_q - 16'd1;
      end
)"},
          {"GROUP", "      group_q <= last_group ? 3'd0 : group_q + 3'd1;\n"},
          {"LEFT", "head[119:104]"},
          {"LEFT_OF", "segment"},
          {"START", ""},
          {"REGISTERS", ""}};
}

// Planes outermost: a run, a segment or the whole command, passes once for every plane, the highest first.
std::vector<Hole> outermost_holes() {
  return {{"ORDER", R"(  wire pass_end = segment_left_q == 16'd1;
  wire drains = last_group && pass_end && (segmented || last_q);
)"},
          {"ADVANCE", R"(      pass_start_q <= pass_end;
      segment_left_q <= pass_end ? run_q : segment_left_q - 16'd1;
      table_q <= pass_end && !last_group ? table_base_q : table_q + 1'b1;
      if (last_group) ksteps_q <= ksteps_q - 16'd1;
      if (last_group && pass_end) table_base_q <= table_q + 1'b1;
)"},
          {"GROUP", "      if (pass_end) group_q <= last_group ? 3'd0 : group_q + 3'd1;\n"},
          {"LEFT", "head[119:104] != 16'd0 ? head[119:104] : head[63:48]"},
          {"LEFT_OF", "pass"},
          {"START", R"(      run_q <= head[119:104] != 16'd0 ? head[119:104] : head[63:48];
      table_base_q <= head[16 +: TABLE_AW];
      pass_start_q <= 1'b1;
)"},
          {"REGISTERS", R"(  reg [15:0] run_q;                 // k-steps of a pass
  reg [TABLE_AW-1:0] table_base_q;  // word of the pass's first k-step
  reg pass_start_q;                 // the next step is the first of a pass
)"}};
}

// Whether accumulators double: at the start of a pass whose plane weighs half of the one before.
std::string double_text() {
  return R"(  wire [2:0] plane = planes_q[2:0] - 3'd1 - group_q;  // of this pass
  wire [2:0] above = plane + 3'd1;
  wire shift = pass_start_q && group_q != 3'd0 && shifts_q[{plane, 2'd0} +: 4] != shifts_q[{above, 2'd0} +: 4];
  wire plane_en = 1'b1;
)";
}

// Plane weights of the present group and the planes of it that count.
std::string plane_text(const ArrayConfig& a) {
  if (a.combine == "horner") return double_text();
  const int groups = static_cast<int>(ceil_div(8, a.planes_per_cycle));
  const int padded = groups * a.planes_per_cycle * 4;
  std::string text =
      fmt::format("  wire [{}:0] shifts = {};\n", padded - 1, padded == 32 ? "shifts_q" : fmt::format("{{{}'d0, shifts_q}}", padded - 32));
  text += fmt::format("  reg {}shift;\n  always @* begin\n    case (group_q)\n", wire_range(4 * a.planes_per_cycle));
  for (int g = 0; g + 1 < groups; ++g)
    text += fmt::format("      3'd{}: shift = shifts[{} +: {}];\n", g, g * a.planes_per_cycle * 4, a.planes_per_cycle * 4);
  text += fmt::format("      default: shift = shifts[{} +: {}];\n    endcase\n  end\n", (groups - 1) * a.planes_per_cycle * 4,
                      a.planes_per_cycle * 4);
  text += fmt::format("  wire {}plane_en;\n", wire_range(a.planes_per_cycle));
  for (int p = 0; p < a.planes_per_cycle; ++p) {
    const std::string bit = a.planes_per_cycle == 1 ? "plane_en" : fmt::format("plane_en[{}]", p);
    text += fmt::format("  assign {} = group_start + 5'd{} < {{1'b0, planes_q}};\n", bit, p);
  }
  return text;
}

std::string pipeline_text() {
  return R"(
  // Buffer reads and the controls that go with their data: one register for the address, one while the SRAM reads.
  reg wrd_en_q, trd_en_q;
  reg [WEIGHT_AW-1:0] wrd_addr_q;
  reg [TABLE_AW-1:0] trd_addr_q;
  reg c0_fresh_q, c0_clear_q, c0_capture_q;
  reg c1_valid_q, c1_fresh_q, c1_clear_q, c1_capture_q;
  reg @SHIFT@c0_shift_q, c1_shift_q;
  reg @PLANES@c0_plane_en_q, c1_plane_en_q;
  reg [ROW_BITS-1:0] c0_rows_q, c1_rows_q;
  wire fresh = group_q == 3'd0;
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      wrd_en_q <= 1'b0;
      trd_en_q <= 1'b0;
      c1_valid_q <= 1'b0;
    end else begin
      wrd_en_q <= issue;
      trd_en_q <= issue@READ@;
      c1_valid_q <= wrd_en_q;
    end
    if (issue) begin
      wrd_addr_q <= weight_q;
      trd_addr_q <= table_q;
      c0_fresh_q <= fresh;
      c0_clear_q <= clear_q;
      c0_capture_q <= drains;
      c0_shift_q <= shift;
      c0_plane_en_q <= plane_en;
      c0_rows_q <= rows_q;
    end
    c1_fresh_q <= c0_fresh_q;
    c1_clear_q <= c0_clear_q;
    c1_capture_q <= c0_capture_q;
    c1_shift_q <= c0_shift_q;
    c1_plane_en_q <= c0_plane_en_q;
    c1_rows_q <= c0_rows_q;
  end
  assign wrd_en_o = wrd_en_q;
  assign wrd_addr_o = wrd_addr_q;
  assign trd_en_o = trd_en_q;
  assign trd_addr_o = trd_addr_q;

  wire @ROWS@row_en;
@ROWEN@
  lutra_array_datapath i_datapath (
    .clk_i       (clk_i),
    .rst_ni      (rst_ni),
    .step_valid_i(c1_valid_q),
    .row_en_i    (row_en),
    .fresh_i     (c1_fresh_q),
    .clear_i     (c1_clear_q),
    .capture_i   (c1_capture_q),
    .shift_i     (c1_shift_q),
    .plane_en_i  (c1_plane_en_q),
    .tables_i    (trd_data_i),
    .weights_i   (wrd_data_i),
    .data_o      (seg_data_o),
@PARITIES@@SCALES@    .sums_o      (seg_sums_o)
  );

  // A token follows its step through the pipeline; what it says is held until the credit is back.
  reg [TOKEN_DELAY-1:0] token_q;
  reg [INFO_BITS-1:0] info_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) token_q <= {TOKEN_DELAY{1'b0}};
    else token_q <= {token_q[TOKEN_DELAY-2:0], issue && token};
    if (issue && token)
      info_q <= {signal_q, final_step, add_q, zero_q, zmode_q, drains ? rows_q : {ROW_BITS{1'b0}}, param_q, tile_q};
  end
  assign seg_valid_o = token_q[TOKEN_DELAY-1];
  assign seg_info_o = info_q;

  // Counters' strobes and idle.
  reg step_q, wait_q;
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      step_q <= 1'b0;
      wait_q <= 1'b0;
    end else begin
      step_q <= issue;
      wait_q <= (active_q || head_valid) && !issue && !stop_i;
    end
  end
  assign array_step_o = step_q;
  assign array_wait_o = wait_q;
  assign array_idle_o = !head_valid && !active_q && token_q == {TOKEN_DELAY{1'b0}} && scale_idle_i;
)";
}

}  // namespace

SegmentInfoLayout::SegmentInfoLayout(const ArchConfig& config, const Geometry& geometry)
    : tile_bits(clog2_min1(config.buffer.accumulator_tiles)),
      parameter_bits(clog2_min1(geometry.parameter.words)),
      row_bits(clog2_min1(config.array.rows + 1)),
      bits(tile_bits + parameter_bits + row_bits + 2 + 10 + 1 + 1 + 8) {}

std::string emit_array(const ArchConfig& config, const Geometry& geometry) {
  const ArrayConfig& a = config.array;
  const SegmentInfoLayout info(config, geometry);
  std::string row_en;
  for (int m = 0; m < a.rows; ++m)
    row_en +=
        fmt::format("  assign row_en{} = c1_rows_q > {}'d{};\n", a.rows == 1 ? std::string() : fmt::format("[{}]", m), info.row_bits, m);
  std::string body = fmt::format(
      "  localparam QUEUE_DEPTH = {};\n  localparam TABLE_AW = {};\n  localparam WEIGHT_AW = {};\n  localparam PARAM_AW = {};\n"
      "  localparam [PARAM_AW-1:0] PARAM_STEP = {};  // parameter words of a segment\n  localparam TILE_BITS = {};\n  localparam ROW_BITS "
      "= {};\n"
      "  localparam INFO_BITS = {};\n  localparam TOKEN_DELAY = {};  // registers from the issue of a step to its token\n",
      config.control.queue_depth, clog2_min1(config.buffer.table_words), clog2_min1(geometry.weight.words), info.parameter_bits,
      fmt::format("{}'d{}", info.parameter_bits, geometry.accumulator_words_per_row & (geometry.parameter.words - 1)), info.tile_bits,
      info.row_bits, info.bits, timing::segment_delay(config));
  const int p = a.planes_per_cycle;
  std::vector<Hole> holes = geometry.horner ? outermost_holes() : innermost_holes();
  holes.emplace_back("QUEUE", unit_queue("array", "171", "accept", "head_valid"));
  for (const Hole& hole : pace_holes(config)) holes.push_back(hole);
  holes.emplace_back("GROUP_END", fmt::format("group_start + 5'd{}", p));
  body += fill(sequencer_text(), holes);
  std::size_t at = body.find("  wire [4:0] group_end");
  body.insert(at,
              fmt::format("  wire [4:0] group_start = {};\n", p == 1 ? "{2'd0, group_q}" : fmt::format("{{2'd0, group_q}} * 5'd{}", p)));
  body += fmt::format("\n{}", plane_text(a));
  body += fill(pipeline_text(), {{"SHIFT", geometry.horner ? std::string() : wire_range(4 * p)},
                                 {"READ", geometry.horner ? "" : " && fresh"},
                                 {"PARITIES", geometry.parity ? "    .parities_o  (seg_parities_o),\n" : ""},
                                 {"SCALES", geometry.grouped ? "    .scales_o    (seg_scales_o),\n" : ""},
                                 {"PLANES", wire_range(p)},
                                 {"ROWS", wire_range(a.rows)},
                                 {"ROWEN", row_en}});
  // Address bits above the buffers' depths are ignored: buffers wrap.
  body += "\n  wire unused = &{1'b0, head};\n";
  return module_text(
      "The LUT array: issues one step a cycle (segments, k-steps, plane groups) and hands finished segments to the scale unit.",
      "lutra_array", array_ports(config, geometry, info), body);
}

}  // namespace lutra::gen
