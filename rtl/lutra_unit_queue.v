// The command queue in front of a unit, with the handshake to the semaphores: the head starts in the cycle in which
// the unit accepts it and the semaphores are granted. Bits 15:8 of a command are the mask of semaphores it waits for.
module lutra_unit_queue #(
  parameter WIDTH = 32,
  parameter DEPTH = 4  // entries
) (
  input  wire             clk_i,        // clock
  input  wire             rst_ni,       // synchronous reset, active low
  input  wire             stop_i,       // empty the queue and start nothing
  input  wire             cmd_valid_i,  // a command is offered
  output wire             cmd_ready_o,  // it is taken: the queue is not full
  input  wire [WIDTH-1:0] cmd_data_i,   // the command
  input  wire             accept_i,     // the unit can take a command in this cycle
  output wire             sem_req_o,    // the head could start now
  output wire [7:0]       sem_mask_o,   // semaphores it waits for
  input  wire             sem_gnt_i,    // all of them are granted
  output wire             start_o,      // the head starts in this cycle and leaves the queue
  output wire [WIDTH-1:0] head_o,       // the head
  output wire             valid_o       // the queue is not empty
);
  lutra_fifo #(
    .WIDTH(WIDTH),
    .DEPTH(DEPTH)
  ) i_fifo (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .flush_i(stop_i),
    .push_i (cmd_valid_i && cmd_ready_o),
    .ready_o(cmd_ready_o),
    .data_i (cmd_data_i),
    .valid_o(valid_o),
    .data_o (head_o),
    .pop_i  (start_o)
  );

  assign sem_req_o = valid_o && accept_i && !stop_i;
  assign sem_mask_o = head_o[15:8];
  assign start_o = sem_req_o && sem_gnt_i;
endmodule
