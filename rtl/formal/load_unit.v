// Properties of lutra_load_unit, read inside the module: its read addresses keep the rules of AXI. Assumed: the first cycle resets; a
// command and a fetch have at least one beat and a command at least one row, which the command processor sees to.
  reg f_reset_q = 1'b0;  // the reset has been seen
  reg f_wait_q = 1'b0;   // an address was refused at the edge before
  reg [AW-1:0] f_addr_q;
  reg [7:0] f_len_q;
  wire [15:0] f_head_beats = head[16+3+16+AW +: 16];
  wire [7:0] f_head_rows = head[16+3+16+AW+16 +: 8];
  wire [12:0] f_end = {1'b0, m_axi_araddr_o[11:LB], {LB{1'b0}}} + {m_axi_arlen_o, {LB{1'b0}}} + (13'd1 << LB);
  always @(posedge clk_i) begin
    if (!f_reset_q) assume (!rst_ni);
    if (start) assume (f_head_beats != 16'd0 && f_head_rows != 8'd0);
    if (fetch_valid_i) assume (fetch_beats_i != 16'd0);
    f_reset_q <= 1'b1;
    f_wait_q <= rst_ni && m_axi_arvalid_o && !m_axi_arready_i;
    f_addr_q <= m_axi_araddr_o;
    f_len_q <= m_axi_arlen_o;
  end

  always @(posedge clk_i) begin
    if (f_reset_q) begin
      if (f_wait_q) a_held: assert (m_axi_arvalid_o && m_axi_araddr_o == f_addr_q && m_axi_arlen_o == f_len_q);
      if (m_axi_arvalid_o) a_page: assert (f_end <= 13'd4096);
      if (m_axi_arvalid_o) a_length: assert (m_axi_arlen_o < MAX_BEATS);
      a_kind: assert (m_axi_arburst_o == 2'b01 && m_axi_arsize_o == LB && m_axi_rready_o);
      // What makes the induction close: no work without beats.
      a_check: assert (!chk_valid_q || (chk_beats_q != 16'd0 && chk_rows_q != 8'd0));
      a_issue: assert (!iss_valid_q || (iss_left_q != 16'd0 && iss_beats_q != 16'd0 && iss_rows_q != 8'd0));
    end
  end
