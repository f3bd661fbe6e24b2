// A synchronous FIFO of registers: at most one push and one pop a cycle, each seen by the other side one cycle later.
// It does not fall through, and does not guard itself: the producer pushes only while ready_o, the consumer pops only while valid_o.
module lutra_fifo #(
  parameter WIDTH = 8,
  parameter DEPTH = 4  // entries, at least 1; need not be a power of two
) (
  input  wire             clk_i,    // clock
  input  wire             rst_ni,   // synchronous reset, active low
  input  wire             flush_i,  // drop all entries, and the one pushed in this cycle
  input  wire             push_i,   // store data_i
  output wire             ready_o,  // not full
  input  wire [WIDTH-1:0] data_i,   // entry to store
  output wire             valid_o,  // not empty
  output wire [WIDTH-1:0] data_o,   // oldest entry
  input  wire             pop_i     // drop the oldest entry
);
  function integer width_of;
    input integer count;
    begin
      width_of = 1;
      while ((1 << width_of) < count) width_of = width_of + 1;
    end
  endfunction

  localparam PW = width_of(DEPTH);
  localparam CW = width_of(DEPTH + 1);
  localparam [31:0] LAST = DEPTH - 1;
  localparam [31:0] FULL = DEPTH;

  reg [WIDTH-1:0] slot_q [0:DEPTH-1];
  reg [PW-1:0] head_q;
  reg [PW-1:0] tail_q;
  reg [CW-1:0] count_q;

  wire [PW-1:0] head_d = (head_q == LAST[PW-1:0]) ? {PW{1'b0}} : head_q + {{(PW-1){1'b0}}, 1'b1};
  wire [PW-1:0] tail_d = (tail_q == LAST[PW-1:0]) ? {PW{1'b0}} : tail_q + {{(PW-1){1'b0}}, 1'b1};

  assign ready_o = count_q != FULL[CW-1:0];
  assign valid_o = count_q != {CW{1'b0}};
  assign data_o = slot_q[head_q];

  always @(posedge clk_i) begin
    if (!rst_ni || flush_i) begin
      head_q <= {PW{1'b0}};
      tail_q <= {PW{1'b0}};
      count_q <= {CW{1'b0}};
    end else begin
      if (push_i) tail_q <= tail_d;
      if (pop_i) head_q <= head_d;
      if (push_i && !pop_i) count_q <= count_q + {{(CW-1){1'b0}}, 1'b1};
      if (!push_i && pop_i) count_q <= count_q - {{(CW-1){1'b0}}, 1'b1};
    end
  end

  always @(posedge clk_i) begin
    if (push_i) slot_q[tail_q] <= data_i;
  end
endmodule
