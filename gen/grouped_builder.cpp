#include "gen/grouped_builder.h"

#include <fmt/format.h>

#include <string_view>

#include "gen/fill.h"
#include "gen/group_look.h"
#include "gen/table_scales.h"
#include "gen/unit_queue.h"
#include "isa/timing/compute_timing.h"

namespace lutra::gen {
namespace {

constexpr std::string_view kSequencer = R"(
  wire [87:0] head;
  wire head_valid;
  wire start;
  wire accept;
@QUEUE@
  // The command at work, group after group: a slot for every row of every k-step that looks at its activations, a pause for the scales,
  // then slots as of any builder.
  localparam [1:0] LOOK = 2'd0, PAUSE = 2'd1, BUILD = 2'd2;
  reg active_q;
  reg [1:0] phase_q;
  reg [7:0] pause_q;              // edges of the pause that are left
  reg [7:0] signal_q;
  reg [ACT_AW-1:0] first_addr_q;  // activation word of row 0 of the group's first k-step
  reg [ACT_AW-1:0] kstep_addr_q;  // of row 0
  reg [ACT_AW-1:0] addr_q;        // of the present row
  reg [ACT_AW-1:0] pitch_q;
  reg [TABLE_AW-1:0] dst_q;
  reg [15:0] ksteps_q;            // to be built, the present one included
  reg [15:0] left_q;              // of the group in this phase, the present one included
  reg fresh_q;                    // the group's first k-step
  reg [ROW_BITS-1:0] rows_q;
  reg [ROW_BITS-1:0] row_q;
  reg [GROUP_BITS-1:0] group_q;
  wire looking = phase_q == LOOK;
  wire last_group = looking || group_q == LAST_GROUP;
  wire last_row = row_q + 1'b1 == rows_q;
  wire phase_end = last_group && last_row && left_q == 16'd1;
  wire final_slot = phase_q == BUILD && phase_end && ksteps_q == 16'd1;
  wire issue = active_q && phase_q != PAUSE && !stop_i;
  wire [15:0] after = ksteps_q - 16'd1;
  assign accept = !active_q || final_slot;

  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) active_q <= 1'b0;
    else if (start) active_q <= 1'b1;
    else if (final_slot) active_q <= 1'b0;
  end

  always @(posedge clk_i) begin
    if (start) begin
      phase_q <= LOOK;
      signal_q <= head[7:0];
      first_addr_q <= head[16 +: ACT_AW];
      kstep_addr_q <= head[16 +: ACT_AW];
      addr_q <= head[16 +: ACT_AW];
      dst_q <= head[32 +: TABLE_AW];
      ksteps_q <= head[63:48];
      left_q <= head[63:48] < GROUP_KSTEPS ? head[63:48] : GROUP_KSTEPS;
      fresh_q <= 1'b1;
      rows_q <= head[64 +: ROW_BITS];
      pitch_q <= head[72 +: ACT_AW];
      row_q <= {ROW_BITS{1'b0}};
      group_q <= {GROUP_BITS{1'b0}};
    end else if (issue) begin
      group_q <= last_group ? {GROUP_BITS{1'b0}} : group_q + 1'b1;
      if (last_group && last_row) begin
        row_q <= {ROW_BITS{1'b0}};
        kstep_addr_q <= kstep_addr_q + 1'b1;
        addr_q <= kstep_addr_q + 1'b1;
        left_q <= left_q - 16'd1;
        fresh_q <= 1'b0;
        if (!looking) begin
          dst_q <= dst_q + 1'b1;
          ksteps_q <= after;
        end
      end else if (last_group) begin
        row_q <= row_q + 1'b1;
        addr_q <= addr_q + pitch_q;
      end
      if (phase_end && looking) begin
        phase_q <= PAUSE;
        pause_q <= DELAY;
        kstep_addr_q <= first_addr_q;
        addr_q <= first_addr_q;
        left_q <= ksteps_q < GROUP_KSTEPS ? ksteps_q : GROUP_KSTEPS;
      end else if (phase_end) begin
        phase_q <= LOOK;
        first_addr_q <= kstep_addr_q + 1'b1;
        left_q <= after < GROUP_KSTEPS ? after : GROUP_KSTEPS;
        fresh_q <= 1'b1;
      end
    end else begin
      pause_q <= pause_q - 8'd1;
      if (phase_q == PAUSE && pause_q == 8'd1) phase_q <= BUILD;
    end
  end

  // What belongs to a slot goes with it, a register an edge: looks as far as register 2, where their data are, builds to the last.
  reg ard_en_q;
  reg [ACT_AW-1:0] ard_addr_q;
  reg [2:1] look_valid_q, look_fresh_q, look_last_q;
  reg [STAGES:1] valid_q, final_q;
  reg [STAGES*GROUP_BITS-1:0] group_s_q;
  reg [STAGES*ROW_BITS-1:0] row_s_q;
  reg [STAGES*TABLE_AW-1:0] dst_s_q;
  reg [STAGES*8-1:0] signal_s_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      ard_en_q <= 1'b0;
      look_valid_q <= 2'd0;
      valid_q <= {STAGES{1'b0}};
    end else begin
      ard_en_q <= issue && (looking || group_q == {GROUP_BITS{1'b0}});
      look_valid_q <= {look_valid_q[1], issue && looking};
      valid_q <= {valid_q[STAGES-1:1], issue && !looking};
    end
    ard_addr_q <= addr_q;
    look_fresh_q <= {look_fresh_q[1], fresh_q};
    look_last_q <= {look_last_q[1], phase_end};
    final_q <= {final_q[STAGES-1:1], final_slot};
    group_s_q <= {group_s_q[(STAGES-1)*GROUP_BITS-1:0], group_q};
    row_s_q <= {row_s_q[(STAGES-1)*ROW_BITS-1:0], row_q};
    dst_s_q <= {dst_s_q[(STAGES-1)*TABLE_AW-1:0], dst_q};
    signal_s_q <= {signal_s_q[(STAGES-1)*8-1:0], signal_q};
  end
  wire [ROW_BITS-1:0] row2 = row_s_q[ROW_BITS +: ROW_BITS];
  wire [GROUP_BITS-1:0] group2 = group_s_q[GROUP_BITS +: GROUP_BITS];
  wire valid_e = valid_q[STAGES];
  wire final_e = final_q[STAGES];
  wire [GROUP_BITS-1:0] group_e = group_s_q[(STAGES-1)*GROUP_BITS +: GROUP_BITS];
  wire [ROW_BITS-1:0] row_e = row_s_q[(STAGES-1)*ROW_BITS +: ROW_BITS];
  wire [TABLE_AW-1:0] dst_e = dst_s_q[(STAGES-1)*TABLE_AW +: TABLE_AW];
  wire [7:0] signal_e = signal_s_q[(STAGES-1)*8 +: 8];
  wire [BUILT*INPUT_BITS-1:0] activations = @ACTIVATIONS@;
)";

}  // namespace

std::string grouped_builder_body(const ArchConfig& config, const Geometry& geometry, const std::string& activations) {
  const int rows = config.array.rows, row_bits = clog2_min1(rows + 1), groups = timing::build_groups(config);
  const int inputs = config.array.table_inputs, look = look_bits(config, geometry);
  std::string text = fmt::format(
      "  localparam ROWS = {};\n  localparam STAGES = {};       // registers from a slot to its tables\n"
      "  localparam LOOK_BITS = {};   // what a look finds\n  localparam [15:0] GROUP_KSTEPS = 16'd{};  // k-steps that share a scale\n"
      "  localparam [7:0] DELAY = 8'd{};  // edges of the pause\n",
      rows, timing::table_write(config) - 1, look, geometry.group_ksteps, timing::scale_delay(config));
  if (geometry.quantised)
    text += fmt::format("  localparam ENTRIES = {};\n  localparam TABLE_BITS = {};  // of an exact entry\n", geometry.entries,
                        geometry.table_bits);
  if (divides(config)) text += fmt::format("  localparam [ROW_BITS-1:0] LAST_ROW = {}'d{};\n", row_bits, rows - 1);
  if (geometry.aligned)
    text +=
        fmt::format("  localparam INPUTS = {};\n  localparam ACTIVATION = {};\n  localparam EXPONENT = {};\n  localparam STORED = {};\n",
                    inputs, geometry.activation_bits, look - 1, geometry.stored_table_bits);
  text += fill(kSequencer, {{"QUEUE", unit_queue("build", "88", "accept", "head_valid")}, {"ACTIVATIONS", activations}});
  text += group_look(config, geometry) + table_scales(config, geometry);
  if (groups == 1) text += "  wire unused_group = &{1'b0, group2};\n";
  return text;
}

std::string grouped_builder_busy() { return "valid_q != {STAGES{1'b0}}"; }

}  // namespace lutra::gen
