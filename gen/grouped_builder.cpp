#include "gen/grouped_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "gen/fill.h"
#include "gen/float/unit.h"
#include "gen/verilog.h"
#include "isa/timing/compute_timing.h"

namespace lutra::gen {
namespace {

constexpr std::uint32_t kOne = 0x3F800000;  // 1.0
constexpr std::uint32_t k127 = 0x42FE0000;  // 127.0
constexpr int kSmallestShift = 6;           // of power-of-two scales: 2^-6 makes 64 of a sum of 1

bool divides(const ArchConfig& config) { return config.table.mode == "quantised" && config.table.scale == "divide"; }

const FloatFormat& activation_format(const ArchConfig& config) {
  const FloatFormat* format = find_float_format(config.array.activations);
  if (format == nullptr) throw std::logic_error("activations of no floating-point format");
  return *format;
}

long long largest_sum(const ArchConfig& config, const Geometry& geometry) {
  return static_cast<long long>(config.array.table_inputs) << (geometry.operand_bits - 1);
}

/// Bits of what a look finds: the largest sum of magnitudes, or exponent and whether something is not a number.
int look_bits(const ArchConfig& config, const Geometry& geometry) {
  return geometry.quantised ? clog2_min1(largest_sum(config, geometry) + 1) : activation_format(config).exponent_bits + 1;
}

constexpr std::string_view kSequencer = R"(
  wire [87:0] head;
  wire head_valid;
  wire start;
  wire accept;
  lutra_unit_queue #(
    .WIDTH(88),
    .DEPTH(QUEUE_DEPTH)
  ) i_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .stop_i     (stop_i),
    .cmd_valid_i(build_cmd_valid_i),
    .cmd_ready_o(build_cmd_ready_o),
    .cmd_data_i (build_cmd_data_i),
    .accept_i   (accept),
    .sem_req_o  (build_sem_req_o),
    .sem_mask_o (build_sem_mask_o),
    .sem_gnt_i  (build_sem_gnt_i),
    .start_o    (start),
    .head_o     (head),
    .valid_o    (head_valid)
  );

  // The command at work, group after group: a slot for every row of every k-step that looks at its activations, a pause for the scales,
  // then slots as of any builder.
  localparam [1:0] LOOK = 2'd0, PAUSE = 2'd1, BUILD = 2'd2;
  reg active_q;
  reg [1:0] phase_q;
  reg [7:0] pause_q;              // edges of the pause that are left
  reg [7:0] signal_q;
  reg [ACT_AW-1:0] first_addr_q;  // activation word of row 0 of the group's first k-step
  reg [ACT_AW-1:0] kstep_addr_q;  // of row 0
  reg [ACT_AW-1:0] addr_q;        // of the present row
  reg [ACT_AW-1:0] pitch_q;
  reg [TABLE_AW-1:0] dst_q;
  reg [15:0] ksteps_q;            // to be built, the present one included
  reg [15:0] left_q;              // of the group in this phase, the present one included
  reg fresh_q;                    // the group's first k-step
  reg [ROW_BITS-1:0] rows_q;
  reg [ROW_BITS-1:0] row_q;
  reg [GROUP_BITS-1:0] group_q;
  wire looking = phase_q == LOOK;
  wire last_group = looking || group_q == LAST_GROUP;
  wire last_row = row_q + 1'b1 == rows_q;
  wire phase_end = last_group && last_row && left_q == 16'd1;
  wire final_slot = phase_q == BUILD && phase_end && ksteps_q == 16'd1;
  wire issue = active_q && phase_q != PAUSE && !stop_i;
  wire [15:0] after = ksteps_q - 16'd1;
  assign accept = !active_q || final_slot;

  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) active_q <= 1'b0;
    else if (start) active_q <= 1'b1;
    else if (final_slot) active_q <= 1'b0;
  end

  always @(posedge clk_i) begin
    if (start) begin
      phase_q <= LOOK;
      signal_q <= head[7:0];
      first_addr_q <= head[16 +: ACT_AW];
      kstep_addr_q <= head[16 +: ACT_AW];
      addr_q <= head[16 +: ACT_AW];
      dst_q <= head[32 +: TABLE_AW];
      ksteps_q <= head[63:48];
      left_q <= head[63:48] < GROUP_KSTEPS ? head[63:48] : GROUP_KSTEPS;
      fresh_q <= 1'b1;
      rows_q <= head[64 +: ROW_BITS];
      pitch_q <= head[72 +: ACT_AW];
      row_q <= {ROW_BITS{1'b0}};
      group_q <= {GROUP_BITS{1'b0}};
    end else if (issue) begin
      group_q <= last_group ? {GROUP_BITS{1'b0}} : group_q + 1'b1;
      if (last_group && last_row) begin
        row_q <= {ROW_BITS{1'b0}};
        kstep_addr_q <= kstep_addr_q + 1'b1;
        addr_q <= kstep_addr_q + 1'b1;
        left_q <= left_q - 16'd1;
        fresh_q <= 1'b0;
        if (!looking) begin
          dst_q <= dst_q + 1'b1;
          ksteps_q <= after;
        end
      end else if (last_group) begin
        row_q <= row_q + 1'b1;
        addr_q <= addr_q + pitch_q;
      end
      if (phase_end && looking) begin
        phase_q <= PAUSE;
        pause_q <= DELAY;
        kstep_addr_q <= first_addr_q;
        addr_q <= first_addr_q;
        left_q <= ksteps_q < GROUP_KSTEPS ? ksteps_q : GROUP_KSTEPS;
      end else if (phase_end) begin
        phase_q <= LOOK;
        first_addr_q <= kstep_addr_q + 1'b1;
        left_q <= after < GROUP_KSTEPS ? after : GROUP_KSTEPS;
        fresh_q <= 1'b1;
      end
    end else begin
      pause_q <= pause_q - 8'd1;
      if (phase_q == PAUSE && pause_q == 8'd1) phase_q <= BUILD;
    end
  end

  // What belongs to a slot goes with it, a register an edge: looks as far as register 2, where their data are, builds to the last.
  reg ard_en_q;
  reg [ACT_AW-1:0] ard_addr_q;
  reg [2:1] look_valid_q, look_fresh_q, look_last_q;
  reg [STAGES:1] valid_q, final_q;
  reg [STAGES*GROUP_BITS-1:0] group_s_q;
  reg [STAGES*ROW_BITS-1:0] row_s_q;
  reg [STAGES*TABLE_AW-1:0] dst_s_q;
  reg [STAGES*8-1:0] signal_s_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      ard_en_q <= 1'b0;
      look_valid_q <= 2'd0;
      valid_q <= {STAGES{1'b0}};
    end else begin
      ard_en_q <= issue && (looking || group_q == {GROUP_BITS{1'b0}});
      look_valid_q <= {look_valid_q[1], issue && looking};
      valid_q <= {valid_q[STAGES-1:1], issue && !looking};
    end
    ard_addr_q <= addr_q;
    look_fresh_q <= {look_fresh_q[1], fresh_q};
    look_last_q <= {look_last_q[1], phase_end};
    final_q <= {final_q[STAGES-1:1], final_slot};
    group_s_q <= {group_s_q[(STAGES-1)*GROUP_BITS-1:0], group_q};
    row_s_q <= {row_s_q[(STAGES-1)*ROW_BITS-1:0], row_q};
    dst_s_q <= {dst_s_q[(STAGES-1)*TABLE_AW-1:0], dst_q};
    signal_s_q <= {signal_s_q[(STAGES-1)*8-1:0], signal_q};
  end
  wire [ROW_BITS-1:0] row2 = row_s_q[ROW_BITS +: ROW_BITS];
  wire [GROUP_BITS-1:0] group2 = group_s_q[GROUP_BITS +: GROUP_BITS];
  wire valid_e = valid_q[STAGES];
  wire final_e = final_q[STAGES];
  wire [GROUP_BITS-1:0] group_e = group_s_q[(STAGES-1)*GROUP_BITS +: GROUP_BITS];
  wire [ROW_BITS-1:0] row_e = row_s_q[(STAGES-1)*ROW_BITS +: ROW_BITS];
  wire [TABLE_AW-1:0] dst_e = dst_s_q[(STAGES-1)*TABLE_AW +: TABLE_AW];
  wire [7:0] signal_e = signal_s_q[(STAGES-1)*8 +: 8];
  wire [BUILT*INPUT_BITS-1:0] activations = @ACTIVATIONS@;
)";

// The word's finding goes into a register, then row by row into the group's.
constexpr std::string_view kLook = R"(
  // A look at a word, and the largest of the group for each row.
@WORD@  reg found_valid_q, found_fresh_q, found_last_q;
  reg [ROW_BITS-1:0] found_row_q;
  reg [LOOK_BITS-1:0] found_q;
  reg group_done_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      found_valid_q <= 1'b0;
      group_done_q <= 1'b0;
    end else begin
      found_valid_q <= look_valid_q[2];
      group_done_q <= found_valid_q && found_last_q;
    end
    found_fresh_q <= look_fresh_q[2];
    found_last_q <= look_last_q[2];
    found_row_q <= row2;
    found_q <= found;
  end
  wire [ROWS*LOOK_BITS-1:0] most;
  genvar m;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_most
      localparam [31:0] ROW = m;
      reg [LOOK_BITS-1:0] most_q;
      wire [LOOK_BITS-1:0] larger = @LARGER@;
      always @(posedge clk_i) begin
        if (found_valid_q && found_row_q == ROW[ROW_BITS-1:0]) most_q <= found_fresh_q ? found_q : larger;
      end
      assign most[m*LOOK_BITS +: LOOK_BITS] = most_q;
    end
  endgenerate
)";

constexpr std::string_view kDivided = R"(
  // Scales by division, a row at a time: m / 127, and 127 / m to multiply with.
  localparam CHAIN = @REGISTERS@ + @DIVISION@;  // registers of conversion and division
  reg dividing_q;
  reg [ROW_BITS-1:0] divided_q;
  reg [CHAIN:1] chain_q;
  reg [CHAIN*ROW_BITS-1:0] chain_row_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      dividing_q <= 1'b0;
      chain_q <= {CHAIN{1'b0}};
    end else begin
      if (found_valid_q && found_last_q) dividing_q <= 1'b1;
      else if (divided_q == LAST_ROW) dividing_q <= 1'b0;
      chain_q <= {chain_q[CHAIN-1:1], dividing_q};
    end
    divided_q <= dividing_q ? divided_q + 1'b1 : {ROW_BITS{1'b0}};
    chain_row_q <= {chain_row_q[(CHAIN-1)*ROW_BITS-1:0], divided_q};
  end
  wire [LOOK_BITS-1:0] dividend = @DIVIDEND@;
  wire [31:0] number, inverse, ratio;
  @FROM_SUM@ i_number (
    .clk_i   (clk_i),
    .value_i ({1'b0, dividend}),
    .result_o(number)
  );
  @DIVIDE@ i_inverse (
    .clk_i   (clk_i),
    .a_i     (32'h@LARGEST@),
    .b_i     (number),
    .result_o(inverse)
  );
  @DIVIDE@ i_ratio (
    .clk_i   (clk_i),
    .a_i     (number),
    .b_i     (32'h@LARGEST@),
    .result_o(ratio)
  );
  wire [ROW_BITS-1:0] chain_row = chain_row_q[(CHAIN-1)*ROW_BITS +: ROW_BITS];
  wire [ROWS*32-1:0] inverses, ratios;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_scale
      localparam [31:0] ROW = m;
      reg [31:0] inverse_q, ratio_q;
      always @(posedge clk_i) begin
        if (chain_q[CHAIN] && chain_row == ROW[ROW_BITS-1:0]) begin
          inverse_q <= inverse;
          ratio_q <= ratio == 32'd0 ? 32'h@ONE@ : ratio;
        end
      end
      assign inverses[m*32 +: 32] = inverse_q;
      assign ratios[m*32 +: 32] = ratio_q;
    end
  endgenerate
  wire unused_done = &{1'b0, group_done_q};

  // Entries: RNE(fl(T inv)). A group of zeros has an infinite inverse, and not a number times it is the integer 0.
  wire [ROW_BITS-1:0] row_i = row_s_q[(@REGISTERS@+1)*ROW_BITS +: ROW_BITS];
  wire [31:0] factor = @FACTOR@;
  wire [31:0] table_scale = @SCALE@;
  wire [BUILT*ENTRIES*TABLE_BITS-1:0] exact;
  wire [SLOT_BITS-1:0] tables;
  genvar b, e;
  generate
    for (b = 0; b < BUILT; b = b + 1) begin : gen_table
      lutra_table i_table (
        .activations_i(activations[b*INPUT_BITS +: INPUT_BITS]),
        .table_o      (exact[b*ENTRIES*TABLE_BITS +: ENTRIES*TABLE_BITS])
      );
    end
    for (e = 0; e < BUILT*ENTRIES; e = e + 1) begin : gen_entry
      wire [31:0] sum, product;
      @FROM_ENTRY@ i_sum (
        .clk_i   (clk_i),
        .value_i (exact[e*TABLE_BITS +: TABLE_BITS]),
        .result_o(sum)
      );
      @MULTIPLY@ i_product (
        .clk_i   (clk_i),
        .a_i     (sum),
        .b_i     (factor),
        .result_o(product)
      );
      @TO_INT8@ i_entry (
        .clk_i   (clk_i),
        .value_i (product),
        .result_o(tables[e*8 +: 8])
      );
    end
  endgenerate
)";

constexpr std::string_view kShifted = R"(
  // Scales 2^(shift - @LEAST@), the smallest that keep every entry at 127 or below.
  wire [ROWS*5-1:0] shifts;
  wire [ROWS-1:0] zeros;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_scale
      wire [LOOK_BITS-1:0] sum = most[m*LOOK_BITS +: LOOK_BITS];
      reg [4:0] shift_q;
      reg zero_q;
      always @(posedge clk_i) begin
        if (group_done_q) begin
          shift_q <= @COUNT@;
          zero_q <= sum == {LOOK_BITS{1'b0}};
        end
      end
      assign shifts[m*5 +: 5] = shift_q;
      assign zeros[m] = zero_q;
    end
  endgenerate

  // Entries: RNE(T 2^@LEAST@ / 2^shift).
  localparam WIDE = TABLE_BITS + @LEAST@ + 1;  // half a last place may carry
  wire [4:0] shift = @SHIFT@;
  wire zero = @ZERO@;
  wire [7:0] exponent = 8'd@BIAS@ + {3'd0, shift};
  wire [31:0] table_scale = zero ? 32'h@ONE@ : {1'b0, exponent, 23'd0};
  wire [BUILT*ENTRIES*TABLE_BITS-1:0] exact;
  reg [BUILT*ENTRIES*TABLE_BITS-1:0] exact_q;
  always @(posedge clk_i) if (valid_q[2]) exact_q <= exact;
  wire [SLOT_BITS-1:0] tables;
  wire [WIDE-1:0] below = ~({WIDE{1'b1}} << shift);  // the bits that are shifted out
  genvar b, e;
  generate
    for (b = 0; b < BUILT; b = b + 1) begin : gen_table
      lutra_table i_table (
        .activations_i(activations[b*INPUT_BITS +: INPUT_BITS]),
        .table_o      (exact[b*ENTRIES*TABLE_BITS +: ENTRIES*TABLE_BITS])
      );
    end
    for (e = 0; e < BUILT*ENTRIES; e = e + 1) begin : gen_entry
      wire signed [WIDE-1:0] sum = {exact_q[(e+1)*TABLE_BITS-1], exact_q[e*TABLE_BITS +: TABLE_BITS], @LEAST@'d0};
      wire [WIDE-1:0] odd = sum >>> shift;
      wire signed [WIDE-1:0] rounded = sum + $signed({1'b0, below[WIDE-1:1]}) + $signed({{(WIDE-1){1'b0}}, odd[0] && shift != 5'd0});
      wire [WIDE-1:0] entry = rounded >>> shift;
      assign tables[e*8 +: 8] = entry[7:0];
      wire unused_entry = &{1'b0, odd, entry, below};
    end
  endgenerate
)";

constexpr std::string_view kAligned = R"(
  // The group's exponent and scale, for each row.
  wire [ROWS*LOOK_BITS-1:0] shared;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_scale
      reg [LOOK_BITS-1:0] shared_q;
      always @(posedge clk_i) if (group_done_q) shared_q <= most[m*LOOK_BITS +: LOOK_BITS];
      assign shared[m*LOOK_BITS +: LOOK_BITS] = shared_q;
    end
  endgenerate
  wire [LOOK_BITS-1:0] look2 = @LOOKED@;
  wire [LOOK_BITS-1:0] look_e = @SHARED@;
  wire [EXPONENT-1:0] exponent = look_e[EXPONENT-1:0];
@SCALE@
  localparam OPERAND = @OPERAND@;
  wire [BUILT*INPUTS*OPERAND-1:0] aligned;
  reg [BUILT*INPUTS*OPERAND-1:0] aligned_q;
  always @(posedge clk_i) if (valid_q[2]) aligned_q <= aligned;
  wire [SLOT_BITS-1:0] tables;
  genvar a, b;
  generate
    for (a = 0; a < BUILT*INPUTS; a = a + 1) begin : gen_align
      lutra_align i_align (
        .value_i   (activations[a*ACTIVATION +: ACTIVATION]),
        .exponent_i(look2[EXPONENT-1:0]),
        .result_o  (aligned[a*OPERAND +: OPERAND])
      );
    end
    for (b = 0; b < BUILT; b = b + 1) begin : gen_table
      lutra_table i_table (
        .activations_i(aligned_q[b*INPUTS*OPERAND +: INPUTS*OPERAND]),
        .table_o      (tables[b*STORED +: STORED])
      );
    end
  endgenerate
  wire unused_look = &{1'b0, look2[LOOK_BITS-1]};
)";

/// The row's part of a vector of one part a row.
std::string of_row(const ArchConfig& config, const std::string& vector, const std::string& row, int bits) {
  const int rows = config.array.rows, row_bits = clog2_min1(rows + 1);
  if (rows == 1) return vector;
  std::string text;
  for (int m = 0; m + 1 < rows; ++m) text += fmt::format("{} == {}'d{} ? {}[{} +: {}] :\n      ", row, row_bits, m, vector, m * bits, bits);
  return text + fmt::format("{}[{} +: {}]", vector, (rows - 1) * bits, bits);
}

/// The larger of `names` as a tree of comparisons; wires l<i>.
std::string largest(std::vector<std::string> names, int bits, std::string& text) {
  int made = 0;
  for (std::size_t i = 0; i + 1 < names.size(); i += 2, ++made) {
    text += fmt::format("  wire [{0}:0] l{1} = {2} > {3} ? {2} : {3};\n", bits - 1, made, names[i], names[i + 1]);
    names.push_back(fmt::format("l{}", made));
  }
  return names.back();
}

std::string sums_of_magnitudes(const ArchConfig& config, const Geometry& geometry) {
  const int bits = look_bits(config, geometry), width = geometry.activation_bits;
  std::string text;
  std::vector<std::string> names;
  for (int t = 0; t < geometry.tables; ++t) {
    std::string sum;
    for (int i = 0; i < config.array.table_inputs; ++i) {
      const int at = (t * config.array.table_inputs + i) * width;
      text += fmt::format("  wire [{0}:0] a{1}_{2} = ard_data_i[{3} +: {4}];\n", width - 1, t, i, at, width);
      // A magnitude of 2^(width-1) is its own negative, read as unsigned.
      text += fmt::format("  wire [{0}:0] m{1}_{2} = a{1}_{2}[{0}] ? ~a{1}_{2} + 1'b1 : a{1}_{2};\n", width - 1, t, i);
      sum += fmt::format("{}{{{}m{}_{}}}", sum.empty() ? "" : " + ", bits > width ? fmt::format("{}'d0, ", bits - width) : "", t, i);
    }
    text += fmt::format("  wire [{}:0] sum{} = {};\n", bits - 1, t, sum);
    names.push_back(fmt::format("sum{}", t));
  }
  const std::string top = largest(names, bits, text);
  return text + fmt::format("  wire [LOOK_BITS-1:0] found = {};\n", top);
}

std::string exponents(const ArchConfig& config, const Geometry& geometry) {
  const FloatFormat& f = activation_format(config);
  std::string text, special;
  std::vector<std::string> names;
  for (int i = 0; i < geometry.kstep; ++i) {
    const int at = i * geometry.activation_bits;
    text += fmt::format("  wire [{0}:0] x{1} = ard_data_i[{2} +: {3}];\n", f.exponent_bits - 1, i, at + f.mantissa_bits, f.exponent_bits);
    text += fmt::format("  wire [{0}:0] e{1} = x{1} == {2}'d0 ? {2}'d1 : x{1};\n", f.exponent_bits - 1, i, f.exponent_bits);
    const int low = f.nan == NanEncoding::kAllOnes ? at : at + f.mantissa_bits;
    special += fmt::format("{}&ard_data_i[{}:{}]", special.empty() ? "" : " | ", at + f.bits() - 2, low);
    names.push_back(fmt::format("e{}", i));
  }
  const std::string top = largest(names, f.exponent_bits, text);
  return text + fmt::format("  wire [LOOK_BITS-1:0] found = {{{}, {}}};\n", special, top);
}

std::string divided_text(const ArchConfig& config, const Geometry& geometry) {
  const int registers = config.scale.registers, look = look_bits(config, geometry);
  return fill(kDivided, {{"REGISTERS", registers},
                         {"DIVISION", timing::kDivisionRegisters},
                         {"DIVIDEND", of_row(config, "most", "divided_q", look)},
                         {"FROM_SUM", name_of(int_to_float_unit(look + 1, kFp32, registers))},
                         {"DIVIDE", name_of(float_divider(kFp32, timing::kDivisionRegisters))},
                         {"LARGEST", fmt::format("{:08X}", k127)},
                         {"ONE", fmt::format("{:08X}", kOne)},
                         {"FACTOR", of_row(config, "inverses", "row_i", 32)},
                         {"SCALE", of_row(config, "ratios", "row_e", 32)},
                         {"FROM_ENTRY", name_of(int_to_float_unit(geometry.table_bits, kFp32, registers))},
                         {"MULTIPLY", name_of(float_multiplier(kFp32, registers))},
                         {"TO_INT8", name_of(float_to_int_unit(kFp32, 8, registers))}}) +
         (config.array.rows == 1 ? "  wire unused_row = &{1'b0, row_i};\n" : "");
}

std::string shifted_text(const ArchConfig& config, const Geometry& geometry) {
  const int look = look_bits(config, geometry);
  std::string count;
  // The shift is one more from the first sum on that the one before would leave above 127 after rounding: 128 sum >= 255 2^i.
  for (int i = 0; (255LL << i) <= 128 * largest_sum(config, geometry); ++i)
    count += fmt::format("{}{{4'd0, sum >= {}'d{}}}", count.empty() ? "" : " + ", look, ceil_div(255LL << i, 128));
  return fill(kShifted, {{"LEAST", kSmallestShift},
                         {"COUNT", count},
                         {"SHIFT", of_row(config, "shifts", "row_e", 5)},
                         {"ZERO", config.array.rows == 1 ? std::string("zeros") : of_row(config, "zeros", "row_e", 1)},
                         {"BIAS", 127 - kSmallestShift},
                         {"ONE", fmt::format("{:08X}", kOne)}});
}

std::string aligned_text(const ArchConfig& config, const Geometry& geometry) {
  const FloatFormat& f = activation_format(config);
  const int look = look_bits(config, geometry), mantissa = config.table.mantissa_bits;
  // 2^(E - bias - mantissa + 1); only where the exponent has 8 bits may that be a subnormal number.
  const int offset = kFp32.bias() - f.bias() - mantissa + 1;
  std::string scale;
  if (offset < 0) {
    scale = fmt::format(
        "  wire subnormal = exponent <= 8'd{0};\n  wire [7:0] normal = exponent - 8'd{0};\n  wire [7:0] place = 8'd{1} + exponent;\n"
        "  wire [31:0] table_scale = look_e[EXPONENT] ? 32'h{2:08X} : subnormal ? 32'd1 << place[4:0] : {{1'b0, normal, 23'd0}};\n"
        "  wire unused_place = &{{1'b0, place}};\n",
        -offset, kFp32.mantissa_bits - 1 + offset, kFp32.canonical_nan);
  } else {
    scale = fmt::format(
        "  wire [7:0] normal = {} + 8'd{};\n  wire [31:0] table_scale = look_e[EXPONENT] ? 32'h{:08X} : {{1'b0, normal, 23'd0}};\n",
        f.exponent_bits < 8 ? fmt::format("{{{}'d0, exponent}}", 8 - f.exponent_bits) : "exponent", offset, kFp32.canonical_nan);
  }
  return fill(kAligned, {{"LOOKED", of_row(config, "shared", "row2", look)},
                         {"SHARED", of_row(config, "shared", "row_e", look)},
                         {"SCALE", scale},
                         {"OPERAND", geometry.operand_bits}});
}

}  // namespace

std::string emit_align(const ArchConfig& config, const Geometry& geometry) {
  const FloatFormat& f = activation_format(config);
  const int mantissa = config.table.mantissa_bits, precision = f.precision();
  const int width = std::max(precision, mantissa), right = std::max(0, precision - mantissa);
  const int shift_bits = std::max(f.exponent_bits, 5) + 1;
  std::string text = fmt::format(
      "  wire [{0}:0] field = value_i[{1} +: {2}];\n  wire normal = field != {2}'d0;\n  wire [{0}:0] own = normal ? field : {2}'d1;\n"
      "  wire [{3}:0] distance = {{{4}'d0, exponent_i}} - {{{4}'d0, own}} + {5}'d{6};\n"
      "  wire [{7}:0] shift = distance > {5}'d{8} ? {5}'d{8} : distance;\n",
      f.exponent_bits - 1, f.mantissa_bits, f.exponent_bits, shift_bits - 1, shift_bits - f.exponent_bits, shift_bits, right,
      shift_bits - 1, width + 1);
  const std::string significand = fmt::format("{{normal, value_i[{}:0]}}", f.mantissa_bits - 1);
  text += fmt::format("  wire [{}:0] significand = {};\n", width - 1,
                      width > precision ? fmt::format("{{{}, {}'d0}}", significand, width - precision) : significand);
  text += fmt::format(
      "  wire [{0}:0] shifted = {{significand, {1}'d0}} >> shift;\n  wire [{2}:0] whole = shifted[{0}:{1}];\n"
      "  wire up = shifted[{3}] && (whole[0] || shifted[{4}:0] != {3}'d0);\n  wire [{2}:0] near = whole + {{{2}'d0, up}};\n",
      2 * width, width + 1, width - 1, width, width - 1);
  // Rounding may reach 2^mantissa_bits, one above the largest magnitude.
  text += fmt::format("  wire above = {};\n", width > mantissa ? fmt::format("near[{}:{}] != {}'d0", width - 1, mantissa, width - mantissa)
                                                               : fmt::format("up && (&whole)"));
  text += fmt::format("  wire [{0}:0] magnitude = above ? {{{1}{{1'b1}}}} : near[{0}:0];\n", mantissa - 1, mantissa);
  text += fmt::format("  assign result_o = value_i[{}] ? ~{{1'b0, magnitude}} + 1'b1 : {{1'b0, magnitude}};\n", f.bits() - 1);
  const std::vector<Port> ports = {{false, f.bits(), "value_i", "a number of the group"},
                                   {false, f.exponent_bits, "exponent_i", "the group's largest exponent, at least 1"},
                                   {true, geometry.operand_bits, "result_o", "the number in units of the group's scale, saturated"}};
  return module_text("Aligns one activation to its group's largest exponent, rounding to nearest even; combinational.", "lutra_align",
                     ports, text, Clocking::kNone);
}

std::string grouped_builder_body(const ArchConfig& config, const Geometry& geometry) {
  const int rows = config.array.rows, row_bits = clog2_min1(rows + 1), groups = timing::build_groups(config);
  const int group_bits = clog2_min1(groups), inputs = config.array.table_inputs, look = look_bits(config, geometry);
  std::string text = fmt::format(
      "  localparam ROWS = {};\n  localparam STAGES = {};       // registers from a slot to its tables\n"
      "  localparam LOOK_BITS = {};   // what a look finds\n  localparam [15:0] GROUP_KSTEPS = 16'd{};  // k-steps that share a scale\n"
      "  localparam [7:0] DELAY = 8'd{};  // edges of the pause\n",
      rows, timing::table_write(config) - 1, look, geometry.group_ksteps, timing::scale_delay(config));
  if (geometry.quantised)
    text += fmt::format("  localparam ENTRIES = {};\n  localparam TABLE_BITS = {};  // of an exact entry\n", geometry.entries,
                        geometry.table_bits);
  if (divides(config)) text += fmt::format("  localparam [ROW_BITS-1:0] LAST_ROW = {}'d{};\n", row_bits, rows - 1);
  if (geometry.aligned)
    text +=
        fmt::format("  localparam INPUTS = {};\n  localparam ACTIVATION = {};\n  localparam EXPONENT = {};\n  localparam STORED = {};\n",
                    inputs, geometry.activation_bits, look - 1, geometry.stored_table_bits);
  std::string activations;
  for (int g = 0; g + 1 < groups; ++g)
    activations += fmt::format("group2 == {}'d{} ? ard_data_i[{}*BUILT*INPUT_BITS +: BUILT*INPUT_BITS] :\n      ", group_bits, g, g);
  activations += groups == 1 ? "ard_data_i" : fmt::format("ard_data_i[{}*BUILT*INPUT_BITS +: BUILT*INPUT_BITS]", groups - 1);
  text += fill(kSequencer, {{"ACTIVATIONS", activations}});
  text += fill(kLook,
               {{"WORD", geometry.quantised ? sums_of_magnitudes(config, geometry) : exponents(config, geometry)},
                {"LARGER", geometry.quantised ? std::string("found_q > most_q ? found_q : most_q")
                                              : fmt::format("{{found_q[{0}] | most_q[{0}], found_q[{1}:0] > most_q[{1}:0] ? found_q[{1}:0] "
                                                            ": most_q[{1}:0]}}",
                                                            look - 1, look - 2)}});
  text += geometry.aligned  ? aligned_text(config, geometry)
          : divides(config) ? divided_text(config, geometry)
                            : shifted_text(config, geometry);
  if (groups == 1) text += "  wire unused_group = &{1'b0, group2};\n";
  return text;
}

std::vector<FloatUnit> grouped_builder_units(const ArchConfig& config, const Geometry& geometry) {
  if (geometry.memory || !divides(config)) return {};
  const int registers = config.scale.registers;
  std::vector<FloatUnit> units = {int_to_float_unit(look_bits(config, geometry) + 1, kFp32, registers),
                                  float_divider(kFp32, timing::kDivisionRegisters), float_multiplier(kFp32, registers),
                                  float_to_int_unit(kFp32, 8, registers)};
  if (geometry.table_bits != look_bits(config, geometry) + 1) units.push_back(int_to_float_unit(geometry.table_bits, kFp32, registers));
  return units;
}

std::string grouped_builder_busy() { return "valid_q != {STAGES{1'b0}}"; }

}  // namespace lutra::gen
