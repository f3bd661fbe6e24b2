// Properties of lutra_unit_queue, read inside the module. That commands leave in their order is the FIFO's property; here its rules are
// shown to be kept, and what the unit and the semaphores see. Assumed: the first cycle resets.
  reg f_reset_q = 1'b0;    // the reset has been seen
  reg f_emptied_q = 1'b0;  // the edge before dropped everything
  always @(posedge clk_i) begin
    if (!f_reset_q) assume (!rst_ni);
    f_reset_q <= 1'b1;
    f_emptied_q <= !rst_ni || stop_i;
    if (f_reset_q) begin
      a_start: assert (start_o == (valid_o && accept_i && sem_gnt_i && !stop_i));
      a_request: assert (sem_req_o == (valid_o && accept_i && !stop_i));
      a_mask: assert (sem_mask_o == head_o[15:8]);
      if (f_emptied_q) a_empty: assert (!valid_o && cmd_ready_o && !start_o);
      a_pop: assert (!start_o || valid_o);
    end
  end
