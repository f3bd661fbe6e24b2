// A small complete Liberty library and designs that the cost tests share.
#pragma once

#include <string>
#include <vector>

#include "gen/verilog.h"

namespace lutra::cost::test {

/// Inverter, buffers, NAND2 and a D flip-flop with inverted output; ns, pF, nW, 1 V. Energies are 1 (rise) and 3 (fall) fJ for an output
/// toggle.
inline std::string tiny_liberty() {
  const auto gate = [](const std::string& name, double area, const std::string& pins, const std::string& function,
                       const std::string& related, double cap, double drive) {
    std::string text = "  cell (" + name + ") {\n    area : " + std::to_string(area) + ";\n    cell_leakage_power : 2.0;\n";
    for (const char pin : pins)
      text += std::string("    pin (") + pin + ") { direction : input; capacitance : " + std::to_string(cap) + "; }\n";
    text += "    pin (Y) {\n      direction : output;\n      max_capacitance : " + std::to_string(drive) + ";\n      function : \"" +
            function + "\";\n";
    for (const char pin : related)
      text += std::string("      timing () {\n        related_pin : \"") + pin +
              "\";\n        timing_sense : non_unate;\n"
              "        cell_rise (t2) { values (\"0.1, 0.3\", \"0.2, 0.4\"); }\n        cell_fall (t2) { values (\"0.1, 0.3\", \"0.2, "
              "0.4\"); }\n"
              "        rise_transition (t2) { values (\"0.1, 0.3\", \"0.1, 0.3\"); }\n        fall_transition (t2) { values (\"0.1, 0.3\", "
              "\"0.1, 0.3\"); }\n      }\n"
              "      internal_power () {\n        related_pin : \"" +
              pin +
              "\";\n        rise_power (scalar) { values (\"0.001\"); }\n        fall_power (scalar) { values (\"0.003\"); }\n      }\n";
    return text + "    }\n  }\n";
  };
  return "library (tiny) {\n  delay_model : table_lookup;\n  time_unit : \"1ns\";\n  voltage_unit : \"1V\";\n  current_unit : \"1mA\";\n  "
         "pulling_resistance_unit : \"1kohm\";\n"
         "  leakage_power_unit : \"1nW\";\n  capacitive_load_unit (1, pf);\n  nom_voltage : 1.0;\n  nom_temperature : 25;\n  nom_process : "
         "1;\n"
         "  slew_upper_threshold_pct_rise : 80;\n  slew_lower_threshold_pct_rise : 20;\n  slew_upper_threshold_pct_fall : 80;\n  "
         "slew_lower_threshold_pct_fall : 20;\n"
         "  input_threshold_pct_rise : 50;\n  input_threshold_pct_fall : 50;\n  output_threshold_pct_rise : 50;\n  "
         "output_threshold_pct_fall : 50;\n"
         "  lu_table_template (t2) {\n    variable_1 : input_net_transition;\n    variable_2 : total_output_net_capacitance;\n    index_1 "
         "(\"0.1, 1.0\");\n    index_2 (\"0.01, 0.1\");\n  }\n"
         "  /* a comment */\n" +
         gate("INV", 1, "A", "!A", "A", 0.01, 0.2) + gate("BUF", 2, "A", "A", "A", 0.01, 0.8) +
         gate("NAND2", 1.5, "AB", "(A B)'", "AB", 0.01, 0.2) +
         "  cell (DFFN) {\n    area : 5;\n    cell_leakage_power : 4.0;\n    ff (IQ, IQN) { clocked_on : \"C\"; next_state : \"!D\"; }\n"
         "    pin (C) { direction : input; clock : true; capacitance : 0.01;\n      internal_power () { rise_power (scalar) { values "
         "(\"0.002\"); } fall_power (scalar) { values (\"0.004\"); } } }\n"
         "    pin (D) { direction : input; capacitance : 0.01;\n      timing () { related_pin : \"C\"; timing_type : setup_rising; "
         "rise_constraint (scalar) { values (\"0.1\"); } fall_constraint (scalar) { values (\"0.1\"); } } }\n"
         "    pin (QN) { direction : output; max_capacitance : 0.2; function : \"IQ\";\n"
         "      timing () { related_pin : \"C\"; timing_type : rising_edge; cell_rise (t2) { values (\"0.1, 0.3\", \"0.2, 0.4\"); } "
         "cell_fall (t2) { values (\"0.1, 0.3\", \"0.2, 0.4\"); }\n"
         "        rise_transition (t2) { values (\"0.1, 0.3\", \"0.1, 0.3\"); } fall_transition (t2) { values (\"0.1, 0.3\", \"0.1, "
         "0.3\"); } } }\n  }\n"
         "  cell (LATCHX) {\n    area : 4;\n    latch (IQ, IQN) { enable : \"G\"; data_in : \"D\"; }\n    pin (G) { direction : input; } "
         "pin (D) { direction : input; }\n"
         "    pin (Q) { direction : output; function : \"IQ\"; }\n  }\n}\n";
}

/// A lane that accumulates, four of it, an SRAM between, a constant, a feed-through and a doubled output.
inline std::vector<gen::EmittedFile> small_design() {
  return {
      {"lutra_sram.v", R"(module lutra_sram #(parameter WIDTH = 8, parameter DEPTH = 16, parameter WRITE_GROUPS = 1, parameter AW = 4) (
  input wire clk_i, input wire [WRITE_GROUPS-1:0] we_i, input wire [AW-1:0] waddr_i, input wire [WIDTH-1:0] wdata_i,
  input wire re_i, input wire [AW-1:0] raddr_i, output wire [WIDTH-1:0] rdata_o);
  localparam GROUP = WIDTH / WRITE_GROUPS;
  genvar g;
  generate for (g = 0; g < WRITE_GROUPS; g = g + 1) begin : gen_group
    reg [GROUP-1:0] mem_q [0:DEPTH-1];
    reg [GROUP-1:0] rdata_q;
    integer i;
    initial begin for (i = 0; i < DEPTH; i = i + 1) mem_q[i] = 0; rdata_q = 0; end
    always @(posedge clk_i) begin
      if (we_i[g]) mem_q[waddr_i] <= wdata_i[g*GROUP +: GROUP];
      if (re_i) rdata_q <= mem_q[raddr_i];
    end
    assign rdata_o[g*GROUP +: GROUP] = rdata_q;
  end endgenerate
endmodule
)"},
      {"lane.v",
       R"(module lane #(parameter W = 8) (input wire clk_i, input wire rst_ni, input wire [W-1:0] a_i, input wire [W-1:0] b_i, output reg [W+7:0] sum_q);
  always @(posedge clk_i) if (!rst_ni) sum_q <= 0; else sum_q <= sum_q + a_i * b_i;
endmodule
)"},
      {"top.v", R"(module top (input wire clk_i, input wire rst_ni, input wire [7:0] x_i, input wire we_i, input wire [3:0] addr_i,
  output wire [63:0] y_o, output wire one_o, output wire through_o, output wire again_o);
  wire [7:0] d;
  lutra_sram #(.WIDTH(8), .DEPTH(16), .WRITE_GROUPS(2), .AW(4)) i_sram (.clk_i(clk_i), .we_i({we_i, we_i & x_i[0]}), .waddr_i(addr_i),
    .wdata_i(x_i), .re_i(!we_i), .raddr_i(addr_i ^ 4'd1), .rdata_o(d));
  genvar i;
  generate for (i = 0; i < 4; i = i + 1) begin : gen_lane
    lane #(.W(8)) i_lane (.clk_i(clk_i), .rst_ni(rst_ni), .a_i(d), .b_i(x_i ^ i[7:0]), .sum_q(y_o[16*i +: 16]));
  end endgenerate
  assign one_o = 1'b1;
  assign through_o = we_i;
  assign again_o = y_o[3];
endmodule
)"}};
}

}  // namespace lutra::cost::test
