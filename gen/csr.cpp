// Emits lutra_csr: AXI4-Lite slave, host registers, counters and interrupt.
#include "gen/csr.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <stdexcept>

#include "gen/verilog.h"
#include "isa/register_map.h"

namespace lutra::gen {
namespace {

// A 64-bit counter: the name of its registers and the strobe it counts.
struct Counter {
  std::string_view name;
  std::string_view strobe;
};
constexpr std::array<Counter, 8> kCounters = {{{"CYCLES", "status_busy_i"},
                                               {"INSTRUCTIONS", "executed_i"},
                                               {"ARRAY_STEPS", "array_step_i"},
                                               {"ARRAY_WAITS", "array_wait_i"},
                                               {"BUILDER_BUSY", "builder_busy_i"},
                                               {"READ_BEATS", "rd_beats_i"},
                                               {"WRITE_BEATS", "wr_beats_i"},
                                               {"CONTROL_STALLS", "stalled_i"}}};

std::string lower(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string zero_extended(int bits, const std::string& value) {
  return bits == 32 ? value : fmt::format("{{{}'d0, {}}}", 32 - bits, value);
}

// What a read of the register returns, 32 bits wide.
std::string read_value(const Register& r, const ArchConfig& config) {
  const std::string name(r.name);
  if (r.access == Access::kReadWrite) return zero_extended(r.bits, lower(name) + "_q");
  if (r.access == Access::kPulse) return "32'd0";
  if (name == "ID") return fmt::format("32'h{:08X}", kIdWord);
  if (name == "VERSION") return fmt::format("32'h{:08X}", version_word());
  if (name == "PROGRAM_HASH") return fmt::format("32'h{:08X}", program_hash_word(config));
  if (name == "STATUS") return "{29'd0, status_trapped_i, status_done_i, status_busy_i}";
  if (name == "CAUSE") return "{28'd0, status_cause_i}";
  if (name == "TRAP_PC") return zero_extended(pc_bits(config), "status_pc_i");
  if (name == "TRAP_ADDR_LO") return "status_addr_i[31:0]";
  if (name == "TRAP_ADDR_HI") return zero_extended(kRegisterBits - 32, fmt::format("status_addr_i[{}:32]", kRegisterBits - 1));
  for (const Counter& c : kCounters) {
    if (name == std::string(c.name) + "_LO") return lower(c.name) + "_q[31:0]";
    if (name == std::string(c.name) + "_HI") return lower(c.name) + "_q[63:32]";
  }
  throw std::logic_error("register " + name + " has no source in lutra_csr");
}

std::vector<Port> csr_ports(const ArchConfig& config) {
  const int aw = config.axi.address_bits;
  std::vector<Port> ports = {
      {false, 12, "s_axil_awaddr_i", "write address"},
      {false, 1, "s_axil_awvalid_i", "write address valid"},
      {true, 1, "s_axil_awready_o", "write address ready"},
      {false, 32, "s_axil_wdata_i", "write data"},
      {false, 4, "s_axil_wstrb_i", "write byte strobes"},
      {false, 1, "s_axil_wvalid_i", "write data valid"},
      {true, 1, "s_axil_wready_o", "write data ready"},
      {true, 2, "s_axil_bresp_o", "write response, always OKAY"},
      {true, 1, "s_axil_bvalid_o", "write response valid"},
      {false, 1, "s_axil_bready_i", "write response ready"},
      {false, 12, "s_axil_araddr_i", "read address"},
      {false, 1, "s_axil_arvalid_i", "read address valid"},
      {true, 1, "s_axil_arready_o", "read address ready"},
      {true, 32, "s_axil_rdata_o", "read data"},
      {true, 2, "s_axil_rresp_o", "read response, always OKAY"},
      {true, 1, "s_axil_rvalid_o", "read data valid"},
      {false, 1, "s_axil_rready_i", "read data ready"},
      {true, 1, "irq_o", "interrupt: done or trapped, while enabled"},
      {true, 1, "ctrl_start_o", "the host wrote CTRL.start"},
      {true, 1, "ctrl_abort_o", "the host wrote CTRL.abort"},
      {true, 1, "ctrl_clear_o", "the host wrote CTRL.clear"},
      {true, 64, "prog_addr_o", "memory address of the program"},
      {true, 32, "prog_len_o", "instructions in the program"},
      {true, 64, "watchdog_o", "cycles a program may run, 0: no limit"},
      {true, 8 * kRegisterBits, "args_o", "initial values of r8 (low bits) to r15"},
      {true, aw, "window_lo_o", "first byte a program may touch"},
      {true, aw + 1, "window_hi_o", "first byte beyond the window"},
      {false, 1, "start_taken_i", "a program starts at this edge"},
      {false, 1, "status_busy_i", "a program runs"},
      {false, 1, "status_done_i", "the last program reached halt"},
      {false, 1, "status_trapped_i", "the last program trapped"},
      {false, 4, "status_cause_i", "why"},
      {false, pc_bits(config), "status_pc_i", "where"},
      {false, kRegisterBits, "status_addr_i", "memory address of the trap"},
      {false, 1, "executed_i", "an instruction executes"},
      {false, 1, "stalled_i", "an instruction waits"},
      {false, 1, "array_step_i", "the array issues a step"},
      {false, 1, "array_wait_i", "the array has a command and issues no step"},
      {false, 1, "builder_busy_i", "the table builder reads"},
      {false, 1, "rd_beats_i", "an AXI read beat arrives"},
      {false, 1, "wr_beats_i", "an AXI write beat leaves"},
  };
  return ports;
}

// Address, data and response registers of the AXI4-Lite slave: one write and one read at a time.
constexpr const char* kLite = R"(
  // AXI4-Lite: a write executes at the edge after both of its halves have arrived, a read at the edge after its address.
  reg         aw_q;
  reg  [9:0]  aw_index_q;
  reg         w_q;
  reg  [31:0] w_data_q;
  reg  [3:0]  w_strb_q;
  reg         b_q;
  reg         ar_q;
  reg  [9:0]  ar_index_q;
  reg         r_q;
  reg  [31:0] r_data_q;
  reg  [31:0] r_data_d;
  wire        write = aw_q && w_q && !b_q;
  wire        read = ar_q && !r_q;
  wire [31:0] w_mask = {{8{w_strb_q[3]}}, {8{w_strb_q[2]}}, {8{w_strb_q[1]}}, {8{w_strb_q[0]}}};
  wire [31:0] w_data = w_data_q & w_mask;
  wire        unused = &{1'b0, s_axil_awaddr_i[1:0], s_axil_araddr_i[1:0]};
  assign s_axil_awready_o = !aw_q && !b_q;
  assign s_axil_wready_o = !w_q && !b_q;
  assign s_axil_bresp_o = 2'd0;
  assign s_axil_bvalid_o = b_q;
  assign s_axil_arready_o = !ar_q && !r_q;
  assign s_axil_rdata_o = r_data_q;
  assign s_axil_rresp_o = 2'd0;
  assign s_axil_rvalid_o = r_q;
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_q <= 1'b0;
      w_q <= 1'b0;
      b_q <= 1'b0;
      ar_q <= 1'b0;
      r_q <= 1'b0;
    end else begin
      if (write) aw_q <= 1'b0;
      else if (s_axil_awvalid_i && s_axil_awready_o) aw_q <= 1'b1;
      if (write) w_q <= 1'b0;
      else if (s_axil_wvalid_i && s_axil_wready_o) w_q <= 1'b1;
      if (write) b_q <= 1'b1;
      else if (s_axil_bready_i) b_q <= 1'b0;
      if (read) ar_q <= 1'b0;
      else if (s_axil_arvalid_i && s_axil_arready_o) ar_q <= 1'b1;
      if (read) r_q <= 1'b1;
      else if (s_axil_rready_i) r_q <= 1'b0;
    end
    if (s_axil_awready_o) aw_index_q <= s_axil_awaddr_i[11:2];
    if (s_axil_wready_o) w_data_q <= s_axil_wdata_i;
    if (s_axil_wready_o) w_strb_q <= s_axil_wstrb_i;
    if (s_axil_arready_o) ar_index_q <= s_axil_araddr_i[11:2];
    if (read) r_data_q <= r_data_d;
  end
)";

std::string host_registers() {
  std::string declarations, resets, writes;
  for (const Register& r : registers()) {
    if (r.access != Access::kReadWrite) continue;
    const std::string name = lower(r.name);
    declarations += fmt::format("  reg  {:<6} {}_q;  // {}\n", range(r.bits), name, r.doc);
    resets += fmt::format("      {}_q <= {}'d0;\n", name, r.bits);
    const std::string slice = r.bits == 32 ? "" : r.bits == 1 ? "[0]" : fmt::format("[{}:0]", r.bits - 1);
    writes += fmt::format("        10'h{:03X}: {}_q <= ({}_q & ~w_mask{}) | w_data{};\n", r.offset / 4, name, name, slice, slice);
  }
  return "\n  // Registers of the host.\n" + declarations + "  always @(posedge clk_i) begin\n    if (!rst_ni) begin\n" + resets +
         "    end else if (write) begin\n      case (aw_index_q)\n" + writes + "        default: ;\n      endcase\n    end\n  end\n";
}

std::string pulses() {
  const std::string hit = fmt::format("write && aw_index_q == 10'h{:03X}", register_offset("CTRL") / 4);
  std::string text = "\n  // CTRL: strobes that control samples at the next edge.\n  reg start_q;\n  reg abort_q;\n  reg clear_q;\n";
  text += "  assign ctrl_start_o = start_q;\n  assign ctrl_abort_o = abort_q;\n  assign ctrl_clear_o = clear_q;\n";
  text += "  always @(posedge clk_i) begin\n";
  int bit = 0;
  for (const char* name : {"start", "abort", "clear"}) text += fmt::format("    {}_q <= rst_ni && {} && w_data[{}];\n", name, hit, bit++);
  return text + "  end\n";
}

std::string host_outputs(int aw) {
  std::string args;
  for (int i = 7; i >= 0; --i) args += fmt::format("{}arg{}_hi_q, arg{}_lo_q", i == 7 ? "" : ", ", i, i);
  std::string text = "\n  assign prog_addr_o = {prog_addr_hi_q, prog_addr_lo_q};\n  assign prog_len_o = prog_len_q;\n";
  text += "  assign watchdog_o = {watchdog_hi_q, watchdog_lo_q};\n  assign args_o = {" + args + "};\n";
  text += "\n  // A window beyond the address space is cut at its end; one that begins beyond it is empty.\n";
  text += "  wire [63:0] window_lo = {window_lo_hi_q, window_lo_lo_q};\n  wire [63:0] window_hi = {window_hi_hi_q, window_hi_lo_q};\n";
  text += fmt::format("  assign window_lo_o = window_lo[{}:0];\n", aw - 1);
  text += fmt::format(
      "  assign window_hi_o = window_lo[63:{0}] != {1}'d0 ? {2}'d0 : window_hi[63:{0}] != {1}'d0 ? {{1'b1, {0}'d0}} : window_hi[{0}:0];\n",
      aw, 64 - aw, aw + 1);
  text += "\n  reg irq_q;\n  assign irq_o = irq_q;\n";
  text += "  always @(posedge clk_i) irq_q <= rst_ni && irq_enable_q && (status_done_i || status_trapped_i);\n";
  return text;
}

std::string counters() {
  std::string text = "\n  // Counters of the running or last program.\n";
  std::string body;
  for (const Counter& c : kCounters) {
    const std::string name = lower(c.name) + "_q";
    text += fmt::format("  reg  [63:0] {};\n", name);
    body += fmt::format("    if (!rst_ni || start_taken_i) {0} <= 64'd0;\n    else if ({1}) {0} <= {0} + 64'd1;\n", name, c.strobe);
  }
  return text + "  always @(posedge clk_i) begin\n" + body + "  end\n";
}

std::string read_mux(const ArchConfig& config) {
  std::string text = "\n  always @* begin\n    case (ar_index_q)\n";
  for (const Register& r : registers())
    text += fmt::format("      10'h{:03X}: r_data_d = {};  // {}\n", r.offset / 4, read_value(r, config), r.name);
  return text + "      default: r_data_d = 32'd0;\n    endcase\n  end\n";
}

}  // namespace

int pc_bits(const ArchConfig& config) { return clog2_min1(config.buffer.instruction_words + 1LL); }

std::uint32_t version_word() {
  unsigned major = 0, minor = 0, patch = 0;
  if (std::sscanf(LUTRA_VERSION, "%u.%u.%u", &major, &minor, &patch) != 3) throw std::logic_error("LUTRA_VERSION is not major.minor.patch");
  return major << 16 | minor << 8 | patch;
}

std::uint32_t program_hash_word(const ArchConfig& config) {
  return static_cast<std::uint32_t>(std::stoul(program_hash(config).substr(0, 8), nullptr, 16));
}

std::string emit_csr(const ArchConfig& config, const Geometry&) {
  const std::string body = kLite + host_registers() + pulses() + host_outputs(config.axi.address_bits) + counters() + read_mux(config);
  return module_text("Registers of a core behind AXI4-Lite: what the host sets, status, counters, interrupt; it executes nothing.",
                     "lutra_csr", csr_ports(config), body);
}

}  // namespace lutra::gen
