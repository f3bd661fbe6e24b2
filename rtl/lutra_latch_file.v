// A buffer of latches that behaves as lutra_sram does, in less area than flip-flops: one write and one read port, a read shows what was
// stored before a write at its edge. A write waits in one row of flip-flops, and the latches of its row are open in the low phase of the
// clock that follows, when nothing reads. Its address has the high phase to settle. Nothing is reset; in simulation it starts as zeros.
module lutra_latch_file #(
  parameter WIDTH = 32,
  parameter DEPTH = 16,        // rows
  parameter WRITE_GROUPS = 1,  // equal parts of a row with a write enable each
  parameter AW = 4             // bits of a row address, 2^AW >= DEPTH
) (
  input  wire                    clk_i,    // clock
  input  wire [WRITE_GROUPS-1:0] we_i,     // write enable of each group, low bits first
  input  wire [AW-1:0]           waddr_i,  // row to write
  input  wire [WIDTH-1:0]        wdata_i,  // data to write
  input  wire                    re_i,     // read enable
  input  wire [AW-1:0]           raddr_i,  // row to read
  output wire [WIDTH-1:0]        rdata_o   // the row read last
);
  localparam GROUP = WIDTH / WRITE_GROUPS;

  reg [WRITE_GROUPS-1:0] we_q;
  reg [AW-1:0] waddr_q;
  reg [WIDTH-1:0] wdata_q;
`ifndef SYNTHESIS
  initial we_q = {WRITE_GROUPS{1'b0}};
`endif
  always @(posedge clk_i) begin
    we_q <= we_i;
    if (we_i != {WRITE_GROUPS{1'b0}}) begin
      waddr_q <= waddr_i;
      wdata_q <= wdata_i;
    end
  end

  wire [DEPTH*WIDTH-1:0] rows;
  genvar r, g;
  generate
    for (r = 0; r < DEPTH; r = r + 1) begin : gen_row
      wire here = waddr_q == r;
      for (g = 0; g < WRITE_GROUPS; g = g + 1) begin : gen_group
        wire open = !clk_i && here && we_q[g];
        reg [GROUP-1:0] store;
`ifndef SYNTHESIS
        initial store = {GROUP{1'b0}};
`endif
        /* verilator lint_off LATCH */
        always @* if (open) store = wdata_q[g*GROUP +: GROUP];
        /* verilator lint_on LATCH */
        assign rows[r*WIDTH + g*GROUP +: GROUP] = store;
      end
    end
  endgenerate

  reg [WIDTH-1:0] rdata_q;
`ifndef SYNTHESIS
  initial rdata_q = {WIDTH{1'b0}};
`endif
  always @(posedge clk_i) begin
    if (re_i) rdata_q <= rows[raddr_i*WIDTH +: WIDTH];
  end
  assign rdata_o = rdata_q;
endmodule
