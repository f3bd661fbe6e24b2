// One SRAM with one write and one read port, as every buffer of the core uses it.
// A macro put in its place must: read synchronously (data_o changes after an edge with re_i high and holds otherwise);
// return the old row when the row being written is read at the same edge; write only the groups whose we_i is high.
// It may power up with any content: the core never lets content reach control. In simulation it starts as zeros, like the model.
module lutra_sram #(
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

  genvar g;
  generate
    for (g = 0; g < WRITE_GROUPS; g = g + 1) begin : gen_group
      reg [GROUP-1:0] mem_q [0:DEPTH-1];
      reg [GROUP-1:0] rdata_q;

`ifndef SYNTHESIS
      integer i;
      initial begin
        for (i = 0; i < DEPTH; i = i + 1) mem_q[i] = {GROUP{1'b0}};
        rdata_q = {GROUP{1'b0}};
      end
`endif

      always @(posedge clk_i) begin
        if (we_i[g]) mem_q[waddr_i] <= wdata_i[g*GROUP +: GROUP];
        if (re_i) rdata_q <= mem_q[raddr_i];
      end

      assign rdata_o[g*GROUP +: GROUP] = rdata_q;
    end
  endgenerate
endmodule
