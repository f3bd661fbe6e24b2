// A buffer of flip-flops that behaves as lutra_sram does, for depths at which a memory macro does not pay: one write and one read port,
// a read shows what was stored before a write at its edge. Nothing is reset; in simulation it starts as zeros.
module lutra_register_file #(
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

  wire [DEPTH*WIDTH-1:0] rows;
  genvar r, g;
  generate
    for (r = 0; r < DEPTH; r = r + 1) begin : gen_row
      wire here = waddr_i == r;
      for (g = 0; g < WRITE_GROUPS; g = g + 1) begin : gen_group
        reg [GROUP-1:0] store_q;
`ifndef SYNTHESIS
        initial store_q = {GROUP{1'b0}};
`endif
        always @(posedge clk_i) begin
          if (here && we_i[g]) store_q <= wdata_i[g*GROUP +: GROUP];
        end
        assign rows[r*WIDTH + g*GROUP +: GROUP] = store_q;
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
