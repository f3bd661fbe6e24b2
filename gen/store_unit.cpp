#include "gen/store_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gen/fill.h"
#include "gen/unit_queue.h"
#include "gen/verilog.h"
#include "isa/instruction.h"

namespace lutra::gen {
namespace {

std::vector<Port> ports(const ArchConfig& config, const Geometry& geometry) {
  const int aw = config.axi.address_bits;
  const int db = config.axi.data_bits;
  return {
      {false, 1, "stop_i", "drop the work, finish what AXI is owed"},
      {false, 1, "store_cmd_valid_i", "a command is offered"},
      {true, 1, "store_cmd_ready_o", "it is taken"},
      {false, store_command_bits(config), "store_cmd_data_i", "packed command"},
      {true, 1, "store_sem_req_o", "the oldest command could start"},
      {true, 8, "store_sem_mask_o", "semaphores it waits for"},
      {false, 1, "store_sem_gnt_i", "it starts"},
      {true, 1, "store_done_valid_o", "a command ended"},
      {true, 8, "store_done_signal_o", "semaphores it signals"},
      {true, 1, "store_idle_o", "nothing waits and nothing is in flight"},
      {true, 1, "store_trap_valid_o", "an error, for one cycle"},
      {true, 4, "store_trap_cause_o", "its cause"},
      {true, aw, "store_trap_addr_o", "the command's or the burst's memory address"},
      {false, aw, "window_lo_i", "first byte that may be touched"},
      {false, aw + 1, "window_hi_i", "first byte beyond"},
      {true, 1, "osr_en_o", "asks for an accumulator word"},
      {true, clog2_min1(geometry.accumulator_words), "osr_addr_o", "its address"},
      {false, 1, "osr_gnt_i", "it is read"},
      {false, geometry.accumulator_word_bits, "osr_data_i", "the word, in the cycle after the grant"},
      {true, 1, "m_axi_awid_o", "write address: identifier"},
      {true, aw, "m_axi_awaddr_o", "address"},
      {true, 8, "m_axi_awlen_o", "beats - 1"},
      {true, 3, "m_axi_awsize_o", "log2 of the bytes a beat"},
      {true, 2, "m_axi_awburst_o", "incrementing"},
      {true, 1, "m_axi_awvalid_o", "valid"},
      {false, 1, "m_axi_awready_i", "ready"},
      {true, db, "m_axi_wdata_o", "write data: data; bytes without strobe are arbitrary"},
      {true, db / 8, "m_axi_wstrb_o", "strobes"},
      {true, 1, "m_axi_wlast_o", "last beat of the burst"},
      {true, 1, "m_axi_wvalid_o", "valid"},
      {false, 1, "m_axi_wready_i", "ready"},
      {false, 2, "m_axi_bresp_i", "write response"},
      {false, 1, "m_axi_bvalid_i", "valid"},
      {true, 1, "m_axi_bready_o", "ready: always"},
      {true, 1, "wr_beats_o", "a beat was sent in the cycle before"},
  };
}

int log2_of(int power) { return power == 1 ? 0 : clog2_min1(power); }

/// The word as it is written: as it is accumulated, or each output rounded.
std::string word_text(const ArchConfig& config, const Geometry& geometry) {
  const std::vector<FloatUnit> units = store_units(config);
  if (units.empty()) return "  wire [OW-1:0] word = osr_data_i;\n";
  return fill(R"(
  // Outputs are rounded on their way out.
  wire [OW-1:0] word;
  genvar o;
  generate
    for (o = 0; o < @OUTPUTS@; o = o + 1) begin : gen_output
      @CONVERT@ i_output (
        .value_i (osr_data_i[o*32 +: 32]),
        .result_o(word[o*@BITS@ +: @BITS@])
      );
    end
  endgenerate
)",
              {{"OUTPUTS", config.scale.outputs_per_cycle}, {"CONVERT", name_of(units.front())}, {"BITS", 8 * geometry.output_bytes}});
}

std::string parameters(const ArchConfig& config, const Geometry& geometry) {
  const int bus = geometry.bus_bytes;
  const int word_bytes = config.scale.outputs_per_cycle * geometry.output_bytes;
  const int row_bytes = geometry.output_row_bytes;
  const int tiles = config.buffer.accumulator_tiles;
  return fmt::format(R"(
  localparam AW = {};  // address bits
  localparam DB = {};  // bits of a beat
  localparam LB = {};  // log2 of the bytes a beat
  localparam UB = {};  // log2 of the bytes that addresses and pitches are multiples of: a row or a beat
  localparam OW = {};  // bits of an accumulator word as it is written
  localparam CB = {};  // log2 of its outputs
  localparam OA = {};  // bits of its address
  localparam WPB = {};  // accumulator words a beat
  localparam WB = {};  // bits of a word's place in the beat
  localparam TB = {};  // bits of a tile's number
  localparam CW = {};  // bits that the end of any command's footprint fits
  localparam CMD = {};
  localparam QUEUE_DEPTH = {};
  localparam BYTES = {};  // of an output
  localparam [CW-1:0] CW_BYTES = BYTES;
  localparam [31:0] WORD_COLS = {};  // outputs of an accumulator word
  localparam [31:0] TILE_WORDS = {};
  localparam [31:0] ROW_WORDS = {};
  localparam IN_FLIGHT = {};  // bursts
  localparam [3:0] MISALIGNED = {}, OUTSIDE_WINDOW = {}, WRITE_ERROR = {};
)",
                     config.axi.address_bits, config.axi.data_bits, clog2_min1(bus), clog2_min1(std::min(bus, row_bytes)), word_bytes * 8,
                     log2_of(config.scale.outputs_per_cycle), clog2_min1(geometry.accumulator_words), bus / word_bytes,
                     clog2_min1(bus / word_bytes), clog2_min1(tiles), std::max(config.axi.address_bits, 40) + 2, store_command_bits(config),
                     config.control.queue_depth, geometry.output_bytes, config.scale.outputs_per_cycle, geometry.accumulator_words_per_tile,
                     geometry.accumulator_words_per_row, config.axi.outstanding_writes, static_cast<int>(Trap::kMisaligned),
                     static_cast<int>(Trap::kOutsideWindow), static_cast<int>(Trap::kWriteError));
}

/// The burst that the issue stage would send next. A narrow row (at most a beat) lies within one beat; a wide one starts at
/// a beat and takes as many as hold the outputs that are left.
std::string burst_choice(const ArchConfig& config, const Geometry& geometry) {
  const int word_bytes = config.scale.outputs_per_cycle * geometry.output_bytes;
  std::string text;
  if (geometry.output_row_bytes <= geometry.bus_bytes) {
    text = R"(
  wire row_done = 1'b1;
  wire [8:0] burst_cols = iss_left_q;
  wire [7:0] burst_len = 8'd0;
  wire [12:0] burst_bytes = 13'd0;  // to the next burst of a row: there is none
)";
  } else {
    const int beat_cols_bits = clog2_min1(geometry.bus_bytes / geometry.output_bytes);
    text = fmt::format(R"(
  localparam [31:0] BEAT_COLS = {3};  // outputs of a beat
  localparam [31:0] PAGE_BEATS = {4};  // beats in 4 KiB, which a burst does not cross
  localparam [31:0] MAX_BEATS = {5};
  wire [9:0] to_page = PAGE_BEATS[9:0] - {{{{(LB-2){{1'b0}}}}, iss_addr_q[11:LB]}};
  wire [9:0] limit = (to_page < MAX_BEATS[9:0]) ? to_page : MAX_BEATS[9:0];
  wire [9:0] left_up = {{1'b0, iss_left_q}} + BEAT_COLS[9:0] - 10'd1;
  wire [9:0] left_beats = {{{{{0}{{1'b0}}}}, left_up[9:{0}]}};
  wire row_done = left_beats <= limit;
  wire [9:0] burst_beats = row_done ? left_beats : limit;
  wire [8:0] burst_cols = row_done ? iss_left_q : {{burst_beats[{1}:0], {0}'d0}};
  wire [7:0] burst_len = burst_beats[7:0] - 8'd1;
  wire [12:0] burst_bytes = {{burst_beats[{2}:0], {{LB{{1'b0}}}}}};
)",
                       beat_cols_bits, 8 - beat_cols_bits, 12 - clog2_min1(geometry.bus_bytes), geometry.bus_bytes / geometry.output_bytes,
                       4096 / geometry.bus_bytes, config.axi.max_burst_beats);
  }
  text += geometry.bus_bytes == word_bytes ? "  wire [WB-1:0] burst_lane = {WB{1'b0}};\n"
                                           : fmt::format("  wire [WB-1:0] burst_lane = iss_addr_q[LB-1:{}];\n", log2_of(word_bytes));
  text += config.axi.address_bits > 32 ? "  wire [AW-1:0] mem_pitch = {{(AW-32){1'b0}}, iss_mem_pitch_q};\n"
                                       : "  wire [AW-1:0] mem_pitch = iss_mem_pitch_q;\n";
  text += config.buffer.accumulator_tiles == 1 ? "  wire [TB-1:0] tile = {TB{1'b0}};\n" : "  wire [TB-1:0] tile = chk_src_q[TB-1:0];\n";
  return text;
}

constexpr const char* kFront = R"(
  wire [CMD-1:0] head;
  wire start, queue_valid;
  reg chk_valid_q;

@QUEUE@
  // Check stage: multiplies, adds and compares in three cycles while the command before is still being issued.
  reg [1:0] chk_step_q;
  reg [7:0] chk_signal_q;
  reg [15:0] chk_src_q;
  reg [AW-1:0] chk_mem_q;
  reg [8:0] chk_cols_q;
  reg [7:0] chk_rows_q;
  reg [31:0] chk_mem_pitch_q;
  reg [39:0] chk_span_q;
  reg [CW-1:0] chk_end_q;
  reg chk_misaligned_q;

  wire [7:0] chk_rows_before = chk_rows_q - 8'd1;
  wire chk_outside = (chk_mem_q < window_lo_i) || (chk_end_q > {{(CW-AW-1){1'b0}}, window_hi_i});
  wire chk_decide = chk_valid_q && chk_step_q == 2'd2;
  wire chk_bad = chk_decide && (chk_misaligned_q || chk_outside);
  wire chk_good = (chk_decide && !chk_bad) || (chk_valid_q && chk_step_q == 2'd3);

  // Issue stage: rows into bursts.
  reg iss_valid_q;
  reg [7:0] iss_signal_q;
  reg [AW-1:0] iss_addr_q;
  reg [AW-1:0] iss_row_addr_q;
  reg [31:0] iss_mem_pitch_q;
  reg [8:0] iss_cols_q;
  reg [8:0] iss_left_q;
  reg [7:0] iss_rows_q;
  reg [OA-1:0] iss_word_q;
  reg [OA-1:0] iss_row_word_q;

  wire issue_ready, data_ready, issue_valid, data_valid;
  reg awvalid_q;
  reg [AW-1:0] awaddr_q;
  reg [7:0] awlen_q;
)";

constexpr const char* kIssue = R"(
  wire final_burst = row_done && iss_rows_q == 8'd1;
  wire aw_load = iss_valid_q && !stop_i && issue_ready && (!awvalid_q || m_axi_awready_i);
  wire iss_free = !iss_valid_q || (aw_load && final_burst);
  wire chk_move = chk_good && iss_free && !stop_i;
  wire [OA+31:0] tile_word = {{(OA+32-TB){1'b0}}, tile} * {{OA{1'b0}}, TILE_WORDS};
  wire [OA+31:0] next_row_word = {32'd0, iss_row_word_q} + {{OA{1'b0}}, ROW_WORDS};
  wire [OA+8:0] next_word = {9'd0, iss_word_q} + {{OA{1'b0}}, burst_cols >> CB};
  wire [AW-1:0] next_row_addr = iss_row_addr_q + mem_pitch;

  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      chk_valid_q <= 1'b0;
    end else if (start) begin
      chk_valid_q <= 1'b1;
    end else if (chk_bad || chk_move) begin
      chk_valid_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (start) begin
      chk_step_q <= 2'd0;
      {chk_mem_pitch_q, chk_rows_q, chk_cols_q, chk_mem_q, chk_src_q} <= head[CMD-1:16];
      chk_signal_q <= head[7:0];
    end else if (chk_step_q != 2'd3) begin
      chk_step_q <= chk_step_q + 2'd1;
    end
    chk_span_q <= {32'd0, chk_rows_before} * {8'd0, chk_mem_pitch_q};
    chk_end_q <= {{(CW-AW){1'b0}}, chk_mem_q} + {{(CW-40){1'b0}}, chk_span_q} + {{(CW-9){1'b0}}, chk_cols_q} * CW_BYTES;
    chk_misaligned_q <= (chk_mem_q[UB-1:0] != {UB{1'b0}}) || (chk_mem_pitch_q[UB-1:0] != {UB{1'b0}});
  end

  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      iss_valid_q <= 1'b0;
    end else if (chk_move) begin
      iss_valid_q <= 1'b1;
    end else if (aw_load && final_burst) begin
      iss_valid_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (chk_move) begin
      iss_signal_q <= chk_signal_q;
      iss_addr_q <= chk_mem_q;
      iss_row_addr_q <= chk_mem_q;
      iss_mem_pitch_q <= chk_mem_pitch_q;
      iss_cols_q <= chk_cols_q;
      iss_left_q <= chk_cols_q;
      iss_rows_q <= chk_rows_q;
      iss_word_q <= tile_word[OA-1:0];
      iss_row_word_q <= tile_word[OA-1:0];
    end else if (aw_load && row_done) begin
      iss_addr_q <= next_row_addr;
      iss_row_addr_q <= next_row_addr;
      iss_left_q <= iss_cols_q;
      iss_rows_q <= iss_rows_q - 8'd1;
      iss_word_q <= next_row_word[OA-1:0];
      iss_row_word_q <= next_row_word[OA-1:0];
    end else if (aw_load) begin
      iss_addr_q <= iss_addr_q + {{(AW-13){1'b0}}, burst_bytes};
      iss_left_q <= iss_left_q - burst_cols;
      iss_word_q <= next_word[OA-1:0];
    end
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      awvalid_q <= 1'b0;
    end else if (aw_load) begin
      awvalid_q <= 1'b1;
    end else if (m_axi_awready_i) begin
      awvalid_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (aw_load) begin
      awaddr_q <= {iss_addr_q[AW-1:LB], {LB{1'b0}}};
      awlen_q <= burst_len;
    end
  end

  assign m_axi_awid_o = 1'b0;
  assign m_axi_awaddr_o = awaddr_q;
  assign m_axi_awlen_o = awlen_q;
  assign m_axi_awsize_o = LB[2:0];
  assign m_axi_awburst_o = 2'b01;
  assign m_axi_awvalid_o = awvalid_q;
  assign m_axi_bready_o = 1'b1;

  // Bursts without response, oldest first; full means that no more may be issued.
  localparam BW = 1 + 8 + AW - LB;
  wire [BW-1:0] response;
  wire response_final;
  wire [7:0] response_signal;
  wire [AW-LB-1:0] response_addr;

  lutra_fifo #(
    .WIDTH(BW),
    .DEPTH(IN_FLIGHT)
  ) i_responses (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .flush_i(1'b0),
    .push_i (aw_load),
    .ready_o(issue_ready),
    .data_i ({final_burst, iss_signal_q, iss_addr_q[AW-1:LB]}),
    .valid_o(issue_valid),
    .data_o (response),
    .pop_i  (m_axi_bvalid_i)
  );
  assign {response_final, response_signal, response_addr} = response;

  // Bursts whose data have not begun; it cannot be fuller than the other.
  localparam XW = OA + WB + 9;
  wire [XW-1:0] data;
  wire [OA-1:0] data_word;
  wire [WB-1:0] data_lane;
  wire [8:0] data_cols;
  wire data_load;

  lutra_fifo #(
    .WIDTH(XW),
    .DEPTH(IN_FLIGHT)
  ) i_data (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .flush_i(1'b0),
    .push_i (aw_load),
    .ready_o(data_ready),
    .data_i ({iss_word_q, burst_lane, burst_cols}),
    .valid_o(data_valid),
    .data_o (data),
    .pop_i  (data_load)
  );
  assign {data_word, data_lane, data_cols} = data;
)";

constexpr const char* kData = R"(
  // Data: words are asked for one by one and gathered in the W register, which then waits for its handshake.
  reg busy_q;            // a burst's data are on their way
  reg request_q;         // osr_en
  reg [OA-1:0] word_q;   // the word asked for
  reg [WB-1:0] lane_q;   // its place in the beat
  reg [8:0] cols_q;      // outputs from there to the end of the burst
  reg first_q;           // first word of a beat
  reg capture_q;         // the word granted one cycle ago arrives
  reg [WB-1:0] capture_lane_q;
  reg [8:0] capture_cols_q;
  reg capture_first_q, capture_last_q, capture_burst_last_q;
  reg wvalid_q, wlast_q;
  reg [DB-1:0] wdata_q;
  reg [DB/8-1:0] wstrb_q;

  wire [31:0] last_lane = WPB - 1;
  wire grant = request_q && osr_gnt_i;
  wire burst_last = cols_q <= WORD_COLS[8:0];
  wire beat_last = burst_last || lane_q == last_lane[WB-1:0];
  wire w_fire = wvalid_q && m_axi_wready_i;
  assign data_load = !busy_q && data_valid;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      request_q <= 1'b0;
      capture_q <= 1'b0;
      wvalid_q <= 1'b0;
    end else begin
      if (data_load) busy_q <= 1'b1;
      else if (w_fire && wlast_q) busy_q <= 1'b0;
      if (data_load || (w_fire && !wlast_q)) request_q <= 1'b1;
      else if (grant && beat_last) request_q <= 1'b0;
      capture_q <= grant;
      if (capture_q && capture_last_q) wvalid_q <= 1'b1;
      else if (m_axi_wready_i) wvalid_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (data_load) begin
      word_q <= data_word;
      lane_q <= data_lane;
      cols_q <= data_cols;
      first_q <= 1'b1;
    end else if (grant) begin
      word_q <= word_q + {{(OA-1){1'b0}}, 1'b1};
      lane_q <= (lane_q == last_lane[WB-1:0]) ? {WB{1'b0}} : lane_q + {{(WB-1){1'b0}}, 1'b1};
      cols_q <= cols_q - WORD_COLS[8:0];
      first_q <= beat_last;
    end
  end

  always @(posedge clk_i) begin
    if (grant) begin
      capture_lane_q <= lane_q;
      capture_cols_q <= cols_q;
      capture_first_q <= first_q;
      capture_last_q <= beat_last;
      capture_burst_last_q <= burst_last;
    end
    if (capture_q) wlast_q <= capture_burst_last_q;
  end

  // Strobes of the arriving word: those of each output that is left.
  wire [OW/8-1:0] word_strb;
  genvar c, l;
  generate
    for (c = 0; c < OW / (8 * BYTES); c = c + 1) begin : gen_strobe
      localparam [31:0] COLUMN = c;
      assign word_strb[BYTES*c +: BYTES] = {BYTES{capture_cols_q > COLUMN[8:0]}};
    end
    for (l = 0; l < WPB; l = l + 1) begin : gen_lane
      localparam [31:0] LANE = l;
      always @(posedge clk_i) begin
        if (capture_q && capture_lane_q == LANE[WB-1:0]) begin
          wdata_q[l*OW +: OW] <= word;
          wstrb_q[l*(OW/8) +: OW/8] <= word_strb;
        end else if (capture_q && capture_first_q) begin
          wstrb_q[l*(OW/8) +: OW/8] <= {(OW/8){1'b0}};
        end
      end
    end
  endgenerate

  assign osr_en_o = request_q;
  assign osr_addr_o = word_q;
  assign m_axi_wdata_o = wdata_q;
  assign m_axi_wstrb_o = wstrb_q;
  assign m_axi_wlast_o = wlast_q;
  assign m_axi_wvalid_o = wvalid_q;

  // Ends and errors.
  reg done_q, trap_q, wr_beats_q;
  reg [7:0] signal_q;
  reg [3:0] cause_q;
  reg [AW-1:0] trap_addr_q;
  wire write_error = m_axi_bvalid_i && m_axi_bresp_i[1];

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      done_q <= 1'b0;
      trap_q <= 1'b0;
      wr_beats_q <= 1'b0;
    end else begin
      done_q <= m_axi_bvalid_i && response_final && !stop_i;
      trap_q <= (write_error || chk_bad) && !stop_i;
      wr_beats_q <= w_fire;
    end
  end

  always @(posedge clk_i) begin
    signal_q <= response_signal;
    cause_q <= write_error ? WRITE_ERROR : chk_misaligned_q ? MISALIGNED : OUTSIDE_WINDOW;
    trap_addr_q <= write_error ? {response_addr, {LB{1'b0}}} : chk_mem_q;
  end

  assign store_done_valid_o = done_q;
  assign store_done_signal_o = signal_q;
  assign store_trap_valid_o = trap_q;
  assign store_trap_cause_o = cause_q;
  assign store_trap_addr_o = trap_addr_q;
  assign wr_beats_o = wr_beats_q;
  assign store_idle_o = !queue_valid && !chk_valid_q && !iss_valid_q && !issue_valid;

  // A name in which Verilator expects unused bits.
  wire unused_bits = &{1'b0, head[15:8], chk_src_q, data_ready, tile_word, next_row_word, next_word, last_lane, m_axi_bresp_i[0]UNUSED};
)";

}  // namespace

int store_command_bits(const ArchConfig& config) { return 8 + 8 + 16 + config.axi.address_bits + 9 + 8 + 32; }

std::vector<FloatUnit> store_units(const ArchConfig& config) {
  if (config.scale.output == "fp16") return {float_converter(kFp32, kFp16)};
  if (config.scale.output == "bf16") return {float_converter(kFp32, kBf16)};
  if (config.scale.output == "int8") return {float_to_int_unit(kFp32, 8)};
  return {};
}

std::string emit_store_unit(const ArchConfig& config, const Geometry& geometry) {
  std::string data = kData;
  const std::string mark = "UNUSED";
  data.replace(data.find(mark), mark.size(), geometry.output_row_bytes <= geometry.bus_bytes ? "" : ", left_up, burst_beats");
  return module_text(
      "Writes the outputs of accumulator tiles to memory, row by row. It reads one word a cycle, fills one beat at a time, and does not\n"
      "// merge rows into one beat.",
      "lutra_store_unit", ports(config, geometry),
      parameters(config, geometry) + fill(kFront, {{"QUEUE", unit_queue("store", "CMD", "!chk_valid_q", "queue_valid")}}) +
          burst_choice(config, geometry) + kIssue + word_text(config, geometry) + data);
}

}  // namespace lutra::gen
