#include "gen/load_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "gen/buffers.h"
#include "gen/unit_queue.h"
#include "gen/verilog.h"
#include "isa/instruction.h"

namespace lutra::gen {
namespace {

struct Loadable {
  const char* name;
  Buffer buffer;
  const WordLayout* layout;
};

std::vector<Loadable> loadables(const Geometry& g) {
  std::vector<Loadable> list = {
      {"instruction", Buffer::kInstruction, &g.instruction},
      g.memory ? Loadable{"table", Buffer::kTable, &g.table} : Loadable{"activation", Buffer::kActivation, &g.activation},
      {"weight", Buffer::kWeight, &g.weight},
      {"parameter", Buffer::kParameter, &g.parameter}};
  if (g.scaled) list.push_back({"token_scale", Buffer::kTokenScale, &g.token_scale});
  return list;
}

std::vector<Port> ports(const ArchConfig& config, const Geometry& geometry) {
  const int aw = config.axi.address_bits;
  return {
      {false, 1, "stop_i", "drop the work, finish what AXI is owed"},
      {false, 1, "load_cmd_valid_i", "a command is offered"},
      {true, 1, "load_cmd_ready_o", "it is taken"},
      {false, load_command_bits(config), "load_cmd_data_i", "packed command"},
      {true, 1, "load_sem_req_o", "the oldest command could start"},
      {true, 8, "load_sem_mask_o", "semaphores it waits for"},
      {false, 1, "load_sem_gnt_i", "it starts"},
      {true, 1, "load_done_valid_o", "a command ended"},
      {true, 8, "load_done_signal_o", "semaphores it signals"},
      {true, 1, "load_idle_o", "nothing waits and nothing is in flight"},
      {true, 1, "load_trap_valid_o", "an error, for one cycle"},
      {true, 4, "load_trap_cause_o", "its cause"},
      {true, aw, "load_trap_addr_o", "the command's or the burst's memory address"},
      {false, 1, "fetch_valid_i", "a program is to be fetched"},
      {false, aw, "fetch_addr_i", "its memory address"},
      {false, 16, "fetch_beats_i", "its beats"},
      {true, 1, "fetch_ready_o", "the fetch begins"},
      {true, 1, "fetch_done_o", "its last beat is written"},
      {false, aw, "window_lo_i", "first byte that may be touched"},
      {false, aw + 1, "window_hi_i", "first byte beyond"},
      {true, 1, "bwr_valid_o", "a beat for a buffer"},
      {true, 3, "bwr_buffer_o", "which buffer"},
      {true, BeatAddress(geometry).bits(), "bwr_beat_o", "line and beat in the line"},
      {true, config.axi.data_bits, "bwr_data_o", "the beat"},
      {true, 1, "m_axi_arid_o", "read address: identifier"},
      {true, aw, "m_axi_araddr_o", "address"},
      {true, 8, "m_axi_arlen_o", "beats - 1"},
      {true, 3, "m_axi_arsize_o", "log2 of the bytes a beat"},
      {true, 2, "m_axi_arburst_o", "incrementing"},
      {true, 1, "m_axi_arvalid_o", "valid"},
      {false, 1, "m_axi_arready_i", "ready"},
      {false, config.axi.data_bits, "m_axi_rdata_i", "read data: data"},
      {false, 2, "m_axi_rresp_i", "response"},
      {false, 1, "m_axi_rlast_i", "last beat of the burst"},
      {false, 1, "m_axi_rvalid_i", "valid"},
      {true, 1, "m_axi_rready_o", "ready: always"},
      {true, 1, "rd_beats_o", "a beat was received in the cycle before"},
  };
}

std::string parameters(const ArchConfig& config, const Geometry& geometry, int row_bits) {
  const BeatAddress beat(geometry);
  const int check_bits = std::max(config.axi.address_bits, 40) + 2;
  return fmt::format(R"(
  localparam AW = {};  // address bits
  localparam LB = {};  // log2 of the bytes a beat
  localparam LW = {};  // bits of a line in a beat address
  localparam SW = {};  // bits of a beat in the line
  localparam RW = {};  // bits of a word address, of the deepest buffer
  localparam CW = {};  // bits that the end of any command's footprint fits
  localparam CMD = {};
  localparam [31:0] PAGE_BEATS = {};  // beats in 4 KiB, which a burst does not cross
  localparam [31:0] MAX_BEATS = {};
  localparam IN_FLIGHT = {};  // bursts
  localparam [3:0] MISALIGNED = {}, OUTSIDE_WINDOW = {}, READ_ERROR = {};
)",
                     config.axi.address_bits, clog2_min1(geometry.bus_bytes), beat.line_bits, beat.part_bits, row_bits, check_bits,
                     load_command_bits(config), 4096 / geometry.bus_bytes, config.axi.max_burst_beats, config.axi.outstanding_reads,
                     static_cast<int>(Trap::kMisaligned), static_cast<int>(Trap::kOutsideWindow), static_cast<int>(Trap::kReadError));
}

/// Combinational choices by buffer: where a word's line is, and how many beats a line has.
std::string layout_tables(const Geometry& geometry) {
  const BeatAddress beat(geometry);
  std::string line, part;
  for (const Loadable& b : loadables(geometry)) {
    const int bits = clog2_min1(b.layout->lines);
    const int shift = b.layout->words_per_line > 1 ? clog2_min1(b.layout->words_per_line) : 0;
    const std::string pad = beat.line_bits > bits ? fmt::format("{{{{{}{{1'b0}}}}, ", beat.line_bits - bits) : "";
    line += fmt::format("      3'd{}: iss_line = {}iss_row_word_q[{}:{}]{};  // {}\n", static_cast<int>(b.buffer), pad, shift + bits - 1,
                        shift, pad.empty() ? "" : "}", b.name);
    part += fmt::format("      3'd{}: last_part = {}'d{};  // {}\n", static_cast<int>(b.buffer), beat.part_bits,
                        b.layout->beats_per_line - 1, b.name);
  }
  return "  always @* begin\n    case (iss_buffer_q)\n" + line + "      default: iss_line = {LW{1'b0}};\n    endcase\n  end\n\n" +
         "  always @* begin\n    case (desc_buffer)\n" + part + "      default: last_part = {SW{1'b0}};\n    endcase\n  end\n";
}

constexpr const char* kQueue = R"(
  wire [CMD-1:0] head;
  wire start, queue_valid;
  reg chk_valid_q;

@QUEUE@
  // Check stage: multiplies, adds and compares in three cycles while the command before is still being issued.
  reg [1:0] chk_step_q;
  reg [7:0] chk_signal_q;
  reg [2:0] chk_buffer_q;
  reg [15:0] chk_dst_q;
  reg [AW-1:0] chk_mem_q;
  reg [15:0] chk_beats_q;
  reg [7:0] chk_rows_q;
  reg [31:0] chk_mem_pitch_q;
  reg [15:0] chk_dst_pitch_q;
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
  reg iss_fetch_q;
  reg iss_row_start_q;
  reg [7:0] iss_signal_q;
  reg [2:0] iss_buffer_q;
  reg [AW-1:0] iss_addr_q;
  reg [AW-1:0] iss_row_addr_q;
  reg [31:0] iss_mem_pitch_q;
  reg [15:0] iss_left_q;
  reg [15:0] iss_beats_q;
  reg [7:0] iss_rows_q;
  reg [RW-1:0] iss_row_word_q;
  reg [RW-1:0] iss_dst_pitch_q;
  reg [LW-1:0] iss_line;

  wire desc_ready, desc_valid;
  reg arvalid_q;
  reg [AW-1:0] araddr_q;
  reg [7:0] arlen_q;

  wire [9:0] to_page = PAGE_BEATS[9:0] - {{(LB-2){1'b0}}, iss_addr_q[11:LB]};
  wire [9:0] limit = (to_page < MAX_BEATS[9:0]) ? to_page : MAX_BEATS[9:0];
  wire row_done = iss_left_q <= {6'd0, limit};
  wire [9:0] burst = row_done ? iss_left_q[9:0] : limit;
  wire [7:0] burst_len = burst[7:0] - 8'd1;
  wire final_burst = row_done && iss_rows_q == 8'd1;
  wire ar_load = iss_valid_q && !stop_i && desc_ready && (!arvalid_q || m_axi_arready_i);
  wire iss_free = !iss_valid_q || (ar_load && final_burst);
  wire chk_move = chk_good && iss_free && !stop_i;
  wire fetch_take = fetch_valid_i && fetch_ready_o && !stop_i;
  wire [AW-1:0] next_row_addr = iss_row_addr_q + MEM_PITCH_AW;

  assign fetch_ready_o = !chk_valid_q && !iss_valid_q;

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
      {chk_dst_pitch_q, chk_mem_pitch_q, chk_rows_q, chk_beats_q, chk_mem_q, chk_dst_q, chk_buffer_q} <= head[CMD-1:16];
      chk_signal_q <= head[7:0];
    end else if (chk_step_q != 2'd3) begin
      chk_step_q <= chk_step_q + 2'd1;
    end
    chk_span_q <= {32'd0, chk_rows_before} * {8'd0, chk_mem_pitch_q};
    chk_end_q <= {{(CW-AW){1'b0}}, chk_mem_q} + {{(CW-40){1'b0}}, chk_span_q} + {{(CW-16-LB){1'b0}}, chk_beats_q, {LB{1'b0}}};
    chk_misaligned_q <= (chk_mem_q[LB-1:0] != {LB{1'b0}}) || (chk_mem_pitch_q[LB-1:0] != {LB{1'b0}});
  end

  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      iss_valid_q <= 1'b0;
    end else if (chk_move || fetch_take) begin
      iss_valid_q <= 1'b1;
    end else if (ar_load && final_burst) begin
      iss_valid_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (chk_move) begin
      iss_fetch_q <= 1'b0;
      iss_row_start_q <= 1'b1;
      iss_signal_q <= chk_signal_q;
      iss_buffer_q <= chk_buffer_q;
      iss_addr_q <= chk_mem_q;
      iss_row_addr_q <= chk_mem_q;
      iss_mem_pitch_q <= chk_mem_pitch_q;
      iss_left_q <= chk_beats_q;
      iss_beats_q <= chk_beats_q;
      iss_rows_q <= chk_rows_q;
      iss_row_word_q <= chk_dst_q[RW-1:0];
      iss_dst_pitch_q <= chk_dst_pitch_q[RW-1:0];
    end else if (fetch_take) begin
      iss_fetch_q <= 1'b1;
      iss_row_start_q <= 1'b1;
      iss_signal_q <= 8'd0;
      iss_buffer_q <= 3'd0;
      iss_addr_q <= fetch_addr_i;
      iss_row_addr_q <= fetch_addr_i;
      iss_mem_pitch_q <= 32'd0;
      iss_left_q <= fetch_beats_i;
      iss_beats_q <= fetch_beats_i;
      iss_rows_q <= 8'd1;
      iss_row_word_q <= {RW{1'b0}};
      iss_dst_pitch_q <= {RW{1'b0}};
    end else if (ar_load && row_done) begin
      iss_row_start_q <= 1'b1;
      iss_addr_q <= next_row_addr;
      iss_row_addr_q <= next_row_addr;
      iss_left_q <= iss_beats_q;
      iss_rows_q <= iss_rows_q - 8'd1;
      iss_row_word_q <= iss_row_word_q + iss_dst_pitch_q;
    end else if (ar_load) begin
      iss_row_start_q <= 1'b0;
      iss_addr_q <= iss_addr_q + {{(AW-10-LB){1'b0}}, burst, {LB{1'b0}}};
      iss_left_q <= iss_left_q - {6'd0, burst};
    end
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      arvalid_q <= 1'b0;
    end else if (ar_load) begin
      arvalid_q <= 1'b1;
    end else if (m_axi_arready_i) begin
      arvalid_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (ar_load) begin
      araddr_q <= iss_addr_q;
      arlen_q <= burst_len;
    end
  end

  assign m_axi_arid_o = 1'b0;
  assign m_axi_araddr_o = araddr_q;
  assign m_axi_arlen_o = arlen_q;
  assign m_axi_arsize_o = LB[2:0];
  assign m_axi_arburst_o = 2'b01;
  assign m_axi_arvalid_o = arvalid_q;
  assign m_axi_rready_o = 1'b1;
)";

constexpr const char* kReceive = R"(
  // Bursts in flight, oldest first; full means that no more may be issued.
  localparam DW = 1 + 1 + 1 + 3 + LW + 8 + AW - LB;
  wire [DW-1:0] desc;
  wire desc_fetch, desc_final, desc_row_start;
  wire [2:0] desc_buffer;
  wire [LW-1:0] desc_line;
  wire [7:0] desc_signal;
  wire [AW-LB-1:0] desc_addr;
  reg [SW-1:0] last_part;

  lutra_fifo #(
    .WIDTH(DW),
    .DEPTH(IN_FLIGHT)
  ) i_bursts (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .flush_i(1'b0),
    .push_i (ar_load),
    .ready_o(desc_ready),
    .data_i ({iss_fetch_q, final_burst, iss_row_start_q, iss_buffer_q, iss_line, iss_signal_q, iss_addr_q[AW-1:LB]}),
    .valid_o(desc_valid),
    .data_o (desc),
    .pop_i  (m_axi_rvalid_i && m_axi_rlast_i)
  );
  assign {desc_fetch, desc_final, desc_row_start, desc_buffer, desc_line, desc_signal, desc_addr} = desc;

  // Receive: where the next beat of the burst goes.
  reg first_q;
  reg [LW-1:0] line_q;
  reg [SW-1:0] part_q;
  wire new_row = first_q && desc_row_start;
  wire [LW-1:0] line = new_row ? desc_line : line_q;
  wire [SW-1:0] part = new_row ? {SW{1'b0}} : part_q;
  wire line_done = part == last_part;
  wire command_done = m_axi_rvalid_i && m_axi_rlast_i && desc_final && !stop_i;
  wire read_error = m_axi_rvalid_i && m_axi_rresp_i[1];

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
    end else if (m_axi_rvalid_i) begin
      first_q <= m_axi_rlast_i;
    end
  end

  always @(posedge clk_i) begin
    if (m_axi_rvalid_i) begin
      line_q <= line_done ? line + {{(LW-1){1'b0}}, 1'b1} : line;
      part_q <= line_done ? {SW{1'b0}} : part + {{(SW-1){1'b0}}, 1'b1};
    end
  end

  reg bwr_valid_q;
  reg [2:0] bwr_buffer_q;
  reg [LW+SW-1:0] bwr_beat_q;
  reg [DB-1:0] bwr_data_q;
  reg done_q, fetch_done_q, trap_q, rd_beats_q;
  reg [7:0] signal_q;
  reg [3:0] cause_q;
  reg [AW-1:0] trap_addr_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      bwr_valid_q <= 1'b0;
      done_q <= 1'b0;
      fetch_done_q <= 1'b0;
      trap_q <= 1'b0;
      rd_beats_q <= 1'b0;
    end else begin
      bwr_valid_q <= m_axi_rvalid_i && !stop_i;
      done_q <= command_done && !desc_fetch;
      fetch_done_q <= command_done && desc_fetch;
      trap_q <= (read_error || chk_bad) && !stop_i;
      rd_beats_q <= m_axi_rvalid_i;
    end
  end

  always @(posedge clk_i) begin
    if (m_axi_rvalid_i) begin
      bwr_buffer_q <= desc_buffer;
      bwr_beat_q <= {line, part};
      bwr_data_q <= m_axi_rdata_i;
      signal_q <= desc_signal;
    end
    cause_q <= read_error ? READ_ERROR : chk_misaligned_q ? MISALIGNED : OUTSIDE_WINDOW;
    trap_addr_q <= read_error ? {desc_addr, {LB{1'b0}}} : chk_mem_q;
  end

  assign bwr_valid_o = bwr_valid_q;
  assign bwr_buffer_o = bwr_buffer_q;
  assign bwr_beat_o = bwr_beat_q;
  assign bwr_data_o = bwr_data_q;
  assign load_done_valid_o = done_q;
  assign load_done_signal_o = signal_q;
  assign fetch_done_o = fetch_done_q;
  assign load_trap_valid_o = trap_q;
  assign load_trap_cause_o = cause_q;
  assign load_trap_addr_o = trap_addr_q;
  assign rd_beats_o = rd_beats_q;
  assign load_idle_o = !queue_valid && !chk_valid_q && !iss_valid_q && !desc_valid;

)";

void replace(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

}  // namespace

int load_command_bits(const ArchConfig& config) { return 8 + 8 + 3 + 16 + config.axi.address_bits + 16 + 8 + 32 + 16; }

std::string emit_load_unit(const ArchConfig& config, const Geometry& geometry) {
  int row_bits = 1;
  for (const Loadable& b : loadables(geometry)) row_bits = std::max(row_bits, clog2_min1(b.layout->words));
  std::string queue = fill(kQueue, {{"QUEUE", unit_queue("load", "CMD", "!chk_valid_q", "queue_valid")}});
  const int aw = config.axi.address_bits;
  replace(queue, "MEM_PITCH_AW", aw > 32 ? "{{(AW-32){1'b0}}, iss_mem_pitch_q}" : "iss_mem_pitch_q");
  std::string body = parameters(config, geometry, row_bits) +
                     fmt::format("  localparam QUEUE_DEPTH = {};\n  localparam DB = {};  // bits of a beat\n", config.control.queue_depth,
                                 config.axi.data_bits) +
                     queue + kReceive + layout_tables(geometry);
  body += R"(
  // Addresses wrap at the depth of the buffer; OKAY is response 0 or 1. A name in which Verilator expects unused bits.
  wire unused_bits = &{1'b0, chk_dst_q, chk_dst_pitch_q, iss_row_word_q, burst[9:8], m_axi_rresp_i[0], head[15:8]};
)";
  return module_text(
      "Moves rows of beats from memory to the buffers. Bursts are issued ahead of data, commands retire in order. Its AXI address checks\n"
      "// do not look at memory size, and it does not reorder reads.",
      "lutra_load_unit", ports(config, geometry), body);
}

}  // namespace lutra::gen
