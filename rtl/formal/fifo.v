// Properties of lutra_fifo, read inside the module: it is a queue. A shift register keeps the same entries in order of age.
// Assumed: the first cycle resets; the producer pushes only while ready_o, the consumer pops only while valid_o.
  reg f_reset_q = 1'b0;  // the reset has been seen
  reg [WIDTH-1:0] f_entry_q [0:DEPTH-1];
  reg [CW-1:0] f_count_q;
  wire [CW-1:0] f_left = f_count_q - {{(CW-1){1'b0}}, pop_i};
  integer f_i;
  always @(posedge clk_i) begin
    if (!f_reset_q) assume (!rst_ni);
    f_reset_q <= 1'b1;
    if (f_reset_q) begin
      assume (!push_i || ready_o);
      assume (!pop_i || valid_o);
    end
    if (!rst_ni || flush_i) f_count_q <= {CW{1'b0}};
    else f_count_q <= f_left + {{(CW-1){1'b0}}, push_i};
    for (f_i = 0; f_i < DEPTH; f_i = f_i + 1) begin
      if (push_i && f_left == f_i) f_entry_q[f_i] <= data_i;
      else if (pop_i) f_entry_q[f_i] <= f_entry_q[f_i == DEPTH - 1 ? f_i : f_i + 1];
    end
  end

  always @(posedge clk_i) begin
    if (f_reset_q) begin
      a_valid: assert (valid_o == (f_count_q != 0));
      a_ready: assert (ready_o == (f_count_q != DEPTH));
      if (valid_o) a_oldest: assert (data_o == f_entry_q[0]);
      // What makes the induction close: both hold the same entries, in the ring from its head on.
      a_count: assert (count_q == f_count_q && count_q <= DEPTH && head_q < DEPTH && tail_q < DEPTH);
      a_tail: assert ((head_q + count_q) % DEPTH == tail_q);
      for (f_i = 0; f_i < DEPTH; f_i = f_i + 1)
        if (f_i < count_q) assert (slot_q[(head_q + f_i) % DEPTH] == f_entry_q[f_i]);
    end
  end
