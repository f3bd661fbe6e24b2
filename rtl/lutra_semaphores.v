// Eight counters that order the commands of the four units: grants starts, counts retirements and posts.
// It does not queue requests: a unit asks again at every edge until it is granted.
module lutra_semaphores (
  input  wire       clk_i,               // clock
  input  wire       rst_ni,              // synchronous reset, active low
  input  wire       load_sem_req_i,      // load unit wants to start its head command
  input  wire [7:0] load_sem_mask_i,     // semaphores it waits for
  output wire       load_sem_gnt_o,      // it starts at this edge
  input  wire       store_sem_req_i,     // the same for the store unit
  input  wire [7:0] store_sem_mask_i,    // semaphores it waits for
  output wire       store_sem_gnt_o,     // it starts at this edge
  input  wire       build_sem_req_i,     // the same for the table builder
  input  wire [7:0] build_sem_mask_i,    // semaphores it waits for
  output wire       build_sem_gnt_o,     // it starts at this edge
  input  wire       array_sem_req_i,     // the same for the array
  input  wire [7:0] array_sem_mask_i,    // semaphores it waits for
  output wire       array_sem_gnt_o,     // it starts at this edge
  input  wire       load_done_valid_i,   // load unit retires a command
  input  wire [7:0] load_done_signal_i,  // semaphores it increments
  input  wire       store_done_valid_i,  // store unit retires a command
  input  wire [7:0] store_done_signal_i, // semaphores it increments
  input  wire       build_done_valid_i,  // table builder retires a command
  input  wire [7:0] build_done_signal_i, // semaphores it increments
  input  wire       array_done_valid_i,  // array retires a command
  input  wire [7:0] array_done_signal_i, // semaphores it increments
  input  wire       post_valid_i,        // control executes a post
  input  wire [7:0] post_mask_i,         // semaphores it adds to
  input  wire [7:0] post_count_i,        // added to each
  input  wire       post_clear_i,        // a program starts: all counters become 0
  output wire       sem_trap_valid_o     // a counter would have passed 255 at the edge before
);
  wire [7:0] nonzero;
  wire [7:0] overflow;
  reg        trap_q;

  // A grant needs every counter of the mask, and no unit of higher priority may take one of them at the same edge.
  wire [7:0] load_take = load_sem_gnt_o ? load_sem_mask_i : 8'd0;
  wire [7:0] store_take = store_sem_gnt_o ? store_sem_mask_i : 8'd0;
  wire [7:0] build_take = build_sem_gnt_o ? build_sem_mask_i : 8'd0;
  wire [7:0] array_take = array_sem_gnt_o ? array_sem_mask_i : 8'd0;
  assign load_sem_gnt_o = load_sem_req_i && (load_sem_mask_i & ~nonzero) == 8'd0;
  assign store_sem_gnt_o = store_sem_req_i && (store_sem_mask_i & (~nonzero | load_take)) == 8'd0;
  assign build_sem_gnt_o = build_sem_req_i && (build_sem_mask_i & (~nonzero | load_take | store_take)) == 8'd0;
  assign array_sem_gnt_o = array_sem_req_i && (array_sem_mask_i & (~nonzero | load_take | store_take | build_take)) == 8'd0;

  wire [7:0] take = load_take | store_take | build_take | array_take;
  wire [7:0] load_give = load_done_valid_i ? load_done_signal_i : 8'd0;
  wire [7:0] store_give = store_done_valid_i ? store_done_signal_i : 8'd0;
  wire [7:0] build_give = build_done_valid_i ? build_done_signal_i : 8'd0;
  wire [7:0] array_give = array_done_valid_i ? array_done_signal_i : 8'd0;
  wire [7:0] post_give = post_valid_i ? post_mask_i : 8'd0;

  genvar s;
  generate
    for (s = 0; s < 8; s = s + 1) begin : gen_counter
      reg  [7:0] count_q;
      wire [2:0] units = {2'd0, load_give[s]} + {2'd0, store_give[s]} + {2'd0, build_give[s]} + {2'd0, array_give[s]};
      wire [8:0] posted = {1'b0, post_give[s] ? post_count_i : 8'd0};
      wire [9:0] sum = {2'd0, count_q} + {1'b0, posted} + {7'd0, units} - {9'd0, take[s]};
      assign nonzero[s] = count_q != 8'd0;
      assign overflow[s] = sum[9:8] != 2'd0;
      always @(posedge clk_i) begin
        if (!rst_ni || post_clear_i) count_q <= 8'd0;
        else count_q <= overflow[s] ? 8'd255 : sum[7:0];
      end
    end
  endgenerate

  assign sem_trap_valid_o = trap_q;
  always @(posedge clk_i) begin
    if (!rst_ni) trap_q <= 1'b0;
    else trap_q <= !post_clear_i && overflow != 8'd0;
  end
endmodule
