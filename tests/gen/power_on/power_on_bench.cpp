#include "tests/gen/power_on/power_on_bench.h"

#include <fmt/format.h>

#include <cstring>
#include <vector>

#include "gen/fill.h"
#include "isa/register_map.h"

namespace lutra::test {
namespace {

constexpr std::string_view kBench = R"(
`timescale 1ns / 1ns
module bench;
  localparam DB = @DB@;
  localparam AW = @AW@;
  localparam BEATS = @BEATS@;  // of memory
  localparam LB = @LB@;        // log2 of the bytes a beat

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  always #5 clk = ~clk;

  reg [DB-1:0] memory [0:BEATS-1];
  reg [11:0] host_awaddr = 12'd0, host_araddr = 12'd0;
  reg [31:0] host_wdata = 32'd0;
  reg host_awvalid = 1'b0, host_wvalid = 1'b0, host_arvalid = 1'b0;
  wire host_awready, host_wready, host_bvalid, host_arready, host_rvalid, irq;
  wire [1:0] host_bresp, host_rresp;
  wire [31:0] host_rdata;

  wire arid, awid, arvalid, rready, awvalid, wlast, wvalid, bready;
  wire [AW-1:0] araddr, awaddr;
  wire [7:0] arlen, awlen;
  wire [2:0] arsize, awsize;
  wire [1:0] arburst, awburst;
  wire [DB-1:0] wdata;
  wire [DB/8-1:0] wstrb;
  reg reading = 1'b0, writing = 1'b0, answering = 1'b0;
  reg [AW-1:0] read_addr = {AW{1'b0}}, write_addr = {AW{1'b0}};
  reg [7:0] read_left = 8'd0;
  reg [DB-1:0] rdata = {DB{1'b0}};
  reg rvalid = 1'b0, rlast = 1'b0;

  lutra_core dut (
    .clk_i(clk), .rst_ni(rst_n),
    .s_axil_awaddr_i(host_awaddr), .s_axil_awvalid_i(host_awvalid), .s_axil_awready_o(host_awready),
    .s_axil_wdata_i(host_wdata), .s_axil_wstrb_i(4'hF), .s_axil_wvalid_i(host_wvalid), .s_axil_wready_o(host_wready),
    .s_axil_bresp_o(host_bresp), .s_axil_bvalid_o(host_bvalid), .s_axil_bready_i(1'b1),
    .s_axil_araddr_i(host_araddr), .s_axil_arvalid_i(host_arvalid), .s_axil_arready_o(host_arready),
    .s_axil_rdata_o(host_rdata), .s_axil_rresp_o(host_rresp), .s_axil_rvalid_o(host_rvalid), .s_axil_rready_i(1'b1),
    .m_axi_arid_o(arid), .m_axi_araddr_o(araddr), .m_axi_arlen_o(arlen), .m_axi_arsize_o(arsize), .m_axi_arburst_o(arburst),
    .m_axi_arvalid_o(arvalid), .m_axi_arready_i(!reading), .m_axi_rdata_i(rdata), .m_axi_rresp_i(2'd0), .m_axi_rlast_i(rlast),
    .m_axi_rvalid_i(rvalid), .m_axi_rready_o(rready), .m_axi_rid_i(1'b0),
    .m_axi_awid_o(awid), .m_axi_awaddr_o(awaddr), .m_axi_awlen_o(awlen), .m_axi_awsize_o(awsize), .m_axi_awburst_o(awburst),
    .m_axi_awvalid_o(awvalid), .m_axi_awready_i(!writing && !answering), .m_axi_wdata_o(wdata), .m_axi_wstrb_o(wstrb),
    .m_axi_wlast_o(wlast), .m_axi_wvalid_o(wvalid), .m_axi_wready_i(writing), .m_axi_bresp_i(2'd0), .m_axi_bvalid_i(answering),
    .m_axi_bready_o(bready), .m_axi_bid_i(1'b0), .irq_o(irq)
  );

  // Memory: one read and one write burst at a time.
  integer b;
  always @(posedge clk) begin
    if (arvalid && !reading) begin
      reading <= 1'b1;
      read_addr <= araddr;
      read_left <= arlen;
    end
    rvalid <= reading;
    rlast <= reading && read_left == 8'd0;
    if (reading) begin
      rdata <= memory[read_addr >> LB];
      read_addr <= read_addr + (1 << LB);
      read_left <= read_left - 8'd1;
      if (read_left == 8'd0) reading <= 1'b0;
    end
    if (awvalid && !writing && !answering) begin
      writing <= 1'b1;
      write_addr <= awaddr;
    end
    answering <= writing && wvalid && wlast;
    if (writing && wvalid) begin
      for (b = 0; b < DB / 8; b = b + 1)
        if (wstrb[b]) memory[write_addr >> LB][b*8 +: 8] = wdata[b*8 +: 8];
      write_addr <= write_addr + (1 << LB);
      if (wlast) writing <= 1'b0;
    end
  end

  // What leaves the core is known: handshakes and interrupt always, the rest while its valid is high, data where its strobe is.
  wire [DB-1:0] strobed;
  genvar g;
  generate
    for (g = 0; g < DB / 8; g = g + 1) begin : gen_strobed
      assign strobed[g*8 +: 8] = wstrb[g] === 1'b0 ? 8'd0 : wdata[g*8 +: 8];
    end
  endgenerate
  integer unknown = 0, beats = 0;
  always @(posedge clk) begin
    if (rst_n) begin
      if ((^{irq, host_awready, host_wready, host_bvalid, host_arready, host_rvalid, arvalid, rready, awvalid, wvalid, bready}) === 1'bx)
        begin unknown = unknown + 1; if (unknown < 9) $display("unknown handshake at %0t", $time); end
      if (host_bvalid && (^host_bresp) === 1'bx) begin unknown = unknown + 1; $display("unknown write response"); end
      if (host_rvalid && (^{host_rdata, host_rresp}) === 1'bx) begin unknown = unknown + 1; $display("unknown register data"); end
      if (arvalid && (^{arid, araddr, arlen, arsize, arburst}) === 1'bx) begin unknown = unknown + 1; $display("unknown read address"); end
      if (awvalid && (^{awid, awaddr, awlen, awsize, awburst}) === 1'bx) begin unknown = unknown + 1; $display("unknown write address"); end
      if (wvalid && (^{wstrb, wlast, strobed}) === 1'bx) begin unknown = unknown + 1; $display("unknown write data at %0t", $time); end
      if (wvalid && writing) beats = beats + 1;
    end
  end

  task write_register(input [11:0] offset, input [31:0] data);
    begin
      @(negedge clk);
      host_awaddr = offset;
      host_wdata = data;
      host_awvalid = 1'b1;
      host_wvalid = 1'b1;
      @(posedge clk);  // both are ready: the core takes one transaction at a time
      @(negedge clk);
      host_awvalid = 1'b0;
      host_wvalid = 1'b0;
      while (host_bvalid === 1'b0) @(negedge clk);
    end
  endtask

  task read_register(input [11:0] offset, output [31:0] data);
    begin
      @(negedge clk);
      host_araddr = offset;
      host_arvalid = 1'b1;
      @(posedge clk);
      @(negedge clk);
      host_arvalid = 1'b0;
      while (host_rvalid === 1'b0) @(negedge clk);
      data = host_rdata;
    end
  endtask

  integer i, cycles;
  reg [31:0] status;
  task expect_output(input integer index, input [31:0] value);
    reg [DB-1:0] beat;
    begin
      beat = memory[(@OUTPUTS@ + 4 * index) >> LB];
      if (beat[((4 * index) % (DB / 8)) * 8 +: 32] !== value)
        $display("output %0d is %h, not %h", index, beat[((4 * index) % (DB / 8)) * 8 +: 32], value);
    end
  endtask

  initial begin
    for (i = 0; i < BEATS; i = i + 1) memory[i] = {DB{1'b0}};
    $readmemh("memory.hex", memory);
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
@LAUNCH@    cycles = 0;
    while (irq !== 1'b1 && cycles < 100000) begin
      @(negedge clk);
      cycles = cycles + 1;
    end
    read_register(12'd@STATUS@, status);
    if (status !== 32'd2) $display("status is %h, not done", status);
@EXPECTED@    $display("bench: done, %0d unknown, %0d beats written", unknown, beats);
    $finish;
  end
endmodule
)";

int log2_of(int x) {
  int n = 0;
  while ((1 << n) < x) ++n;
  return n;
}

}  // namespace

std::string power_on_bench(const ArchConfig& config, const Product& product) {
  std::string launch, expected;
  const model::HostScript script = model::HostScriptWriter().start(product.launch).script();
  for (const model::HostOp& op : script) launch += fmt::format("    write_register(12'h{:03X}, 32'h{:08X});\n", op.offset, op.data);
  for (std::size_t i = 0; i + 4 <= product.expected.size(); i += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, product.expected.data() + i, sizeof word);
    expected += fmt::format("    expect_output({}, 32'h{:08X});\n", i / 4, word);
  }
  const int bus = config.axi.data_bits / 8;
  return gen::fill(kBench, {{"DB", config.axi.data_bits},
                            {"AW", config.axi.address_bits},
                            {"BEATS", static_cast<long long>(kWindowEnd) / bus},
                            {"LB", log2_of(bus)},
                            {"OUTPUTS", static_cast<long long>(kOutputsAt)},
                            {"STATUS", static_cast<long long>(register_offset("STATUS"))},
                            {"LAUNCH", launch},
                            {"EXPECTED", expected}});
}

std::string memory_text(const ArchConfig& config, const Product& product) {
  const std::size_t bus = static_cast<std::size_t>(config.axi.data_bits) / 8;
  std::vector<std::uint8_t> bytes(bus);
  std::string text;
  for (std::uint64_t at = 0; at < kWindowEnd; at += bus) {
    product.image.read(at, bytes.data(), bus);
    for (std::size_t i = bus; i-- > 0;) text += fmt::format("{:02x}", bytes[i]);
    text += "\n";
  }
  return text;
}

}  // namespace lutra::test
