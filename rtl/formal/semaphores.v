// Properties of lutra_semaphores, read inside the module: who is granted, and what becomes of every counter. Assumed: the first cycle
// resets; units ask and retire as they like.
  reg f_reset_q = 1'b0;  // the reset has been seen
  wire [3:0] f_request = {array_sem_req_i, build_sem_req_i, store_sem_req_i, load_sem_req_i};
  wire [3:0] f_grant = {array_sem_gnt_o, build_sem_gnt_o, store_sem_gnt_o, load_sem_gnt_o};
  wire [31:0] f_mask = {array_sem_mask_i, build_sem_mask_i, store_sem_mask_i, load_sem_mask_i};
  wire [3:0] f_done = {array_done_valid_i, build_done_valid_i, store_done_valid_i, load_done_valid_i};
  wire [31:0] f_signal = {array_done_signal_i, build_done_signal_i, store_done_signal_i, load_done_signal_i};
  wire [7:0] f_zero;      // counters that are 0
  wire [7:0] f_over;      // counters that would pass 255
  reg  f_trap_q;
  integer f_u, f_v;
  reg [7:0] f_taken;

  // In words: requests are looked at in the order of priority; each that finds all its counters free takes one from each.
  always @(posedge clk_i) begin
    if (!f_reset_q) assume (!rst_ni);
    f_reset_q <= 1'b1;
    f_trap_q <= rst_ni && !post_clear_i && f_over != 8'd0;
    f_taken = 8'd0;
    for (f_u = 0; f_u < 4; f_u = f_u + 1) begin
      if (f_reset_q) assert (f_grant[f_u] == (f_request[f_u] && (f_mask[f_u*8 +: 8] & (f_zero | f_taken)) == 8'd0));
      for (f_v = 0; f_v < f_u; f_v = f_v + 1)
        if (f_reset_q) assert (!(f_grant[f_u] && f_grant[f_v]) || (f_mask[f_u*8 +: 8] & f_mask[f_v*8 +: 8]) == 8'd0);
      if (f_grant[f_u]) f_taken = f_taken | f_mask[f_u*8 +: 8];
    end
    if (f_reset_q) a_trap: assert (sem_trap_valid_o == f_trap_q);
  end

  genvar f_s;
  generate
    for (f_s = 0; f_s < 8; f_s = f_s + 1) begin : gen_formal
      reg [7:0] f_count_q;
      reg [11:0] f_next;
      reg [2:0] f_given;
      reg f_took;
      integer f_i;
      always @* begin
        f_given = 3'd0;
        f_took = 1'b0;
        for (f_i = 0; f_i < 4; f_i = f_i + 1) begin
          f_given = f_given + {2'd0, f_done[f_i] && f_signal[f_i*8 + f_s]};
          f_took = f_took || (f_grant[f_i] && f_mask[f_i*8 + f_s]);
        end
        f_next = {4'd0, f_count_q} + (post_valid_i && post_mask_i[f_s] ? {4'd0, post_count_i} : 12'd0) + {9'd0, f_given} - {11'd0, f_took};
      end
      assign f_zero[f_s] = f_count_q == 8'd0;
      assign f_over[f_s] = f_next > 12'd255;
      always @(posedge clk_i) begin
        if (!rst_ni || post_clear_i) f_count_q <= 8'd0;
        else f_count_q <= f_over[f_s] ? 8'd255 : f_next[7:0];
        if (f_reset_q) assert (gen_counter[f_s].count_q == f_count_q);
      end
    end
  endgenerate
