// Properties of lutra_store_unit, read inside the module: its write addresses and data keep the rules of AXI. Assumed: the first cycle
// resets; a command has at least one row and from one to array.columns columns, which the command processor sees to.
  reg f_reset_q = 1'b0;  // the reset has been seen
  reg f_wait_q = 1'b0;   // an address was refused at the edge before
  reg f_hold_q = 1'b0;   // data were refused at the edge before
  reg [AW-1:0] f_addr_q;
  reg [7:0] f_len_q;
  reg [DB-1:0] f_data_q;
  reg [DB/8-1:0] f_strb_q;
  reg f_last_q;
  wire [8:0] f_head_cols = head[16+16+AW +: 9];
  wire [7:0] f_head_rows = head[16+16+AW+9 +: 8];
  wire [12:0] f_end = {1'b0, m_axi_awaddr_o[11:LB], {LB{1'b0}}} + {m_axi_awlen_o, {LB{1'b0}}} + (13'd1 << LB);
  wire f_last_word = capture_q && capture_last_q;  // the word that fills the beat arrives
  always @(posedge clk_i) begin
    if (!f_reset_q) assume (!rst_ni);
    if (start) assume (f_head_cols != 9'd0 && f_head_cols <= F_COLUMNS[8:0] && f_head_rows != 8'd0);
    f_reset_q <= 1'b1;
    f_wait_q <= rst_ni && m_axi_awvalid_o && !m_axi_awready_i;
    f_hold_q <= rst_ni && m_axi_wvalid_o && !m_axi_wready_i;
    f_addr_q <= m_axi_awaddr_o;
    f_len_q <= m_axi_awlen_o;
    f_data_q <= m_axi_wdata_o;
    f_strb_q <= m_axi_wstrb_o;
    f_last_q <= m_axi_wlast_o;
  end

  always @(posedge clk_i) begin
    if (f_reset_q) begin
      if (f_wait_q) a_held: assert (m_axi_awvalid_o && m_axi_awaddr_o == f_addr_q && m_axi_awlen_o == f_len_q);
      if (m_axi_awvalid_o) a_page: assert (f_end <= 13'd4096 && m_axi_awaddr_o[LB-1:0] == {LB{1'b0}});
      if (m_axi_awvalid_o) a_length: assert ({24'd0, m_axi_awlen_o} < F_MAX_BEATS);
      if (f_hold_q)
        a_data: assert (m_axi_wvalid_o && m_axi_wdata_o == f_data_q && m_axi_wstrb_o == f_strb_q && m_axi_wlast_o == f_last_q);
      a_kind: assert (m_axi_awburst_o == 2'b01 && m_axi_awsize_o == LB && m_axi_bready_o);
      // What makes the induction close: no work without columns; a beat is being gathered, or complete, or waits for its handshake.
      a_check: assert (!chk_valid_q || (chk_cols_q != 9'd0 && chk_cols_q <= F_COLUMNS[8:0] && chk_rows_q != 8'd0));
      a_issue: assert (!iss_valid_q || (iss_left_q != 9'd0 && iss_left_q <= F_COLUMNS[8:0] && iss_cols_q != 9'd0 && iss_cols_q <= F_COLUMNS[8:0] && iss_rows_q != 8'd0));
      a_gather: assert (busy_q ? {2'd0, request_q} + {2'd0, f_last_word} + {2'd0, wvalid_q} == 3'd1 : !request_q && !wvalid_q && !capture_q);
      a_arrive: assert (!capture_q || (capture_last_q ? !request_q : request_q) && !wvalid_q);
    end
  end

  // A burst has as many beats as its address says: both follow from its place and its outputs, which the FIFO hands on (proven for itself).
  localparam [31:0] F_BEAT_COLS = WPB * WORD_COLS;
  function [9:0] f_beats(input [WB-1:0] lane, input [8:0] cols);
    reg [31:0] end_cols;
    begin
      end_cols = {{(32-WB){1'b0}}, lane} * WORD_COLS + {23'd0, cols} + F_BEAT_COLS - 32'd1;
      end_cols = end_cols / F_BEAT_COLS;
      f_beats = end_cols[9:0];
    end
  endfunction
  wire f_sound = burst_lane <= last_lane[WB-1:0] && burst_cols != 9'd0 && burst_cols <= F_COLUMNS[8:0] && f_beats(burst_lane, burst_cols) == {2'd0, burst_len} + 10'd1;
  reg [9:0] f_left_q;  // beats that the present burst still owes
  wire f_more = busy_q && !request_q && !(capture_q ? capture_burst_last_q : wlast_q);
  always @(posedge clk_i) begin
    if (data_load) assume (data_lane <= last_lane[WB-1:0] && data_cols != 9'd0 && data_cols <= F_COLUMNS[8:0]);
    if (data_load) f_left_q <= f_beats(data_lane, data_cols);
    else if (w_fire) f_left_q <= f_left_q - 10'd1;
    if (f_reset_q) begin
      if (aw_load) a_address: assert (f_sound);
      if (m_axi_wvalid_o) a_beats: assert (m_axi_wlast_o == (f_left_q == 10'd1));
      a_owed: assert (!busy_q || f_left_q == (request_q ? f_beats(lane_q, cols_q) : f_more ? f_beats({WB{1'b0}}, cols_q) + 10'd1 : 10'd1));
      a_cols: assert (!busy_q || (!request_q && !f_more) || (cols_q != 9'd0 && cols_q <= F_COLUMNS[8:0]));
      a_lane: assert (!busy_q || (f_more ? lane_q == {WB{1'b0}} : lane_q <= last_lane[WB-1:0]));
      a_decided: assert (!chk_valid_q || chk_step_q == 2'd0 || chk_misaligned_q == (chk_mem_q[UB-1:0] != {UB{1'b0}} || chk_mem_pitch_q[UB-1:0] != {UB{1'b0}}));
      a_good: assert (!chk_valid_q || chk_step_q != 2'd3 || !chk_misaligned_q);
      a_aligned: assert (!iss_valid_q || (iss_addr_q[UB-1:0] == {UB{1'b0}} && iss_row_addr_q[UB-1:0] == {UB{1'b0}} && iss_mem_pitch_q[UB-1:0] == {UB{1'b0}}));
    end
  end
