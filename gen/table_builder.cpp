#include "gen/table_builder.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "gen/fill.h"
#include "gen/float_tables.h"
#include "gen/grouped_builder.h"
#include "gen/unit_queue.h"
#include "gen/verilog.h"

namespace lutra::gen {
namespace {

constexpr int kCommandBits = 88;
// `name` of `from` bits, sign-extended to `to` bits.
std::string extend(const std::string& name, int from, int to) {
  return from == to ? name : fmt::format("{{{{{}{{{}[{}]}}}}, {}}}", to - from, name, from - 1, name);
}

/// Emits the sums of one table as wires t0, t1, ... in the order of its entries, each sum_width(inputs) wide, from activations a0, a1, ...
class TableSums {
 public:
  explicit TableSums(int activation_bits) : activation_bits_(activation_bits) {}

  [[nodiscard]] int sum_width(int inputs) const {
    int extra = 0;
    while ((1 << extra) < inputs) ++extra;
    return activation_bits_ + extra;
  }
  int half_set(const std::string& prefix, int inputs);
  int trit_set(int inputs);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void wire(int bits, const std::string& name, const std::string& value) {
    text_ += fmt::format("  wire [{}:0] {} = {};\n", bits - 1, name, value);
  }

  int activation_bits_;
  std::string text_;
};

// All sums of inputs [0, inputs) in which the top one is added, as wires <prefix><index>; bit i of the index says that input i
// is added. The upper inputs are added up once; C + L and C - L come from the sums L of the lower inputs; turning an upper input's
// sign takes off twice the input, which leaves the lowest bit alone. Returns the number of adders used.
int TableSums::half_set(const std::string& prefix, int inputs) {
  const int width = sum_width(inputs);
  if (inputs == 1) {
    wire(activation_bits_, prefix + "0", "a0");
    return 0;
  }
  const int low = inputs / 2, low_width = sum_width(low);
  int adders = half_set(prefix + "l", low);
  std::string upper = fmt::format("a{}", inputs - 1);
  int upper_width = activation_bits_;
  for (int i = inputs - 2; i >= low; --i, ++adders) {
    const int w = sum_width(inputs - i);
    const std::string name = fmt::format("{}u{}", prefix, i);
    wire(w, name, extend(upper, upper_width, w) + " + " + extend(fmt::format("a{}", i), activation_bits_, w));
    upper = name;
    upper_width = w;
  }
  const int half = 1 << (low - 1), entries = 1 << (inputs - 1);
  const std::string c = extend(upper, upper_width, width);
  for (int j = entries - 1; j >= 0; --j, ++adders) {
    int flipped = -1;  // highest upper input that is subtracted
    for (int i = low; i < inputs - 1; ++i)
      if (((j >> i) & 1) == 0) flipped = i;
    if (flipped >= 0) {
      const std::string parent = fmt::format("{}{}", prefix, j | (1 << flipped));
      wire(
          width, fmt::format("{}{}", prefix, j),
          fmt::format("{{{0}[{1}:1] - {2}, {0}[0]}}", parent, width - 1, extend(fmt::format("a{}", flipped), activation_bits_, width - 1)));
      continue;
    }
    const int l = j & (2 * half - 1);
    const bool plus = l >= half;
    wire(width, fmt::format("{}{}", prefix, j),
         fmt::format("{} {} {}", c, plus ? '+' : '-',
                     extend(fmt::format("{}l{}", prefix, plus ? l - half : half - 1 - l), low_width, width)));
  }
  return adders;
}

// All sums of trits in which the highest one that is not 0 is +1: wire t<e> stands for the balanced ternary number e + 1. With the next
// trit on top of n numbers come its own activation, and that plus and minus each of them: an adder a sum, and no sum is made twice.
int TableSums::trit_set(int inputs) {
  const int width = sum_width(inputs);
  int adders = 0;
  for (int i = 0, made = 0; i < inputs; ++i, made = 3 * made + 1) {
    const std::string top = extend(fmt::format("a{}", i), activation_bits_, width);
    const int number = 2 * made + 1;  // 3^i
    wire(width, fmt::format("t{}", number - 1), top);
    for (int lower = 1; lower <= made; ++lower, adders += 2) {
      wire(width, fmt::format("t{}", number + lower - 1), fmt::format("{} + t{}", top, lower - 1));
      wire(width, fmt::format("t{}", number - lower - 1), fmt::format("{} - t{}", top, lower - 1));
    }
  }
  return adders;
}

std::vector<Port> builder_ports(const ArchConfig& config, const Geometry& geometry, int groups) {
  std::vector<Port> ports = {
      {false, 1, "build_cmd_valid_i", "command from control"},
      {true, 1, "build_cmd_ready_o", "the queue takes it"},
      {false, kCommandBits, "build_cmd_data_i", "packed tbuild command"},
      {true, 1, "build_sem_req_o", "the head could start now"},
      {true, 8, "build_sem_mask_o", "semaphores it waits for"},
      {false, 1, "build_sem_gnt_i", "granted: it starts"},
      {true, 1, "build_done_valid_o", "a command retires"},
      {true, 8, "build_done_signal_o", "semaphores it signals"},
      {true, 1, "build_idle_o", "queue empty, nothing in flight"},
      {false, 1, "stop_i", "drop all work"},
      {true, 1, "builder_busy_o", "tables were under way in a slot (counter)"},
      {true, 1, "ard_en_o", "read an activation word"},
      {true, clog2_min1(geometry.activation.words), "ard_addr_o", "its address"},
      {false, geometry.activation.word_bits, "ard_data_i", "the word, held until the next read"},
      {true, config.array.rows * groups, "twr_en_o", "write the tables of one group of one row"},
      {true, config.array.rows, "twr_sen_o", "write S of one row"},
      {true, clog2_min1(config.buffer.table_words), "twr_addr_o", "table word"},
      {true, geometry.table_row_bits / groups, "twr_tables_o",
       geometry.rebuilt ? "their activations, lowest k first" : "tables, low index first"},
      {true, geometry.sum_bits, "twr_sum_o", "S: sum of the entries in which all activations are added"},
  };
  if (geometry.grouped) ports.push_back({true, geometry.table_scale_bits, "twr_scale_o", "FP32 scale of the row's tables, with S"});
  return ports;
}

constexpr std::string_view kSequencer = R"(
  wire [87:0] head;
  wire head_valid;
  wire start;
  wire accept;
@QUEUE@
  // The command at work: k-steps, rows in them, table groups in those; one slot a cycle.
  reg active_q;
  reg [7:0] signal_q;
  reg [ACT_AW-1:0] kstep_addr_q;  // activation word of row 0
  reg [ACT_AW-1:0] addr_q;        // activation word of the present row
  reg [ACT_AW-1:0] pitch_q;
  reg [TABLE_AW-1:0] dst_q;
  reg [15:0] ksteps_q;            // left, the present one included
  reg [ROW_BITS-1:0] rows_q;
  reg [ROW_BITS-1:0] row_q;
  reg [GROUP_BITS-1:0] group_q;
  wire last_group = group_q == LAST_GROUP;
  wire last_row = row_q + 1'b1 == rows_q;
  wire final_slot = last_group && last_row && ksteps_q == 16'd1;
  wire issue = active_q && !stop_i;
  assign accept = !active_q || final_slot;

  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) active_q <= 1'b0;
    else if (start) active_q <= 1'b1;
    else if (final_slot) active_q <= 1'b0;
  end

  always @(posedge clk_i) begin
    if (start) begin
      signal_q <= head[7:0];
      kstep_addr_q <= head[16 +: ACT_AW];
      addr_q <= head[16 +: ACT_AW];
      dst_q <= head[32 +: TABLE_AW];
      ksteps_q <= head[63:48];
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
        dst_q <= dst_q + 1'b1;
        ksteps_q <= ksteps_q - 16'd1;
      end else if (last_group) begin
        row_q <= row_q + 1'b1;
        addr_q <= addr_q + pitch_q;
      end
    end
  end

  // Slot b reads at b + 1; what belongs to it waits two registers for the data.
  reg ard_en_q, v1_q, v2_q, final1_q, final2_q;
  reg [ACT_AW-1:0] ard_addr_q;
  reg [GROUP_BITS-1:0] group1_q, group2_q;
  reg [ROW_BITS-1:0] row1_q, row2_q;
  reg [TABLE_AW-1:0] dst1_q, dst2_q;
  reg [7:0] signal1_q, signal2_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      ard_en_q <= 1'b0;
      v1_q <= 1'b0;
      v2_q <= 1'b0;
    end else begin
      ard_en_q <= issue && group_q == {GROUP_BITS{1'b0}};
      v1_q <= issue;
      v2_q <= v1_q;
    end
    ard_addr_q <= addr_q;
    group1_q <= group_q;
    row1_q <= row_q;
    dst1_q <= dst_q;
    final1_q <= final_slot;
    signal1_q <= signal_q;
    group2_q <= group1_q;
    row2_q <= row1_q;
    dst2_q <= dst1_q;
    final2_q <= final1_q;
    signal2_q <= signal1_q;
  end
@AT_ONCE@  wire [BUILT*INPUT_BITS-1:0] activations = @ACTIVATIONS@;
)";

// Integer tables are there with their activations.
constexpr std::string_view kAtOnce = R"(  wire valid_e = v2_q;
  wire final_e = final2_q;
  wire [GROUP_BITS-1:0] group_e = group2_q;
  wire [ROW_BITS-1:0] row_e = row2_q;
  wire [TABLE_AW-1:0] dst_e = dst2_q;
  wire [7:0] signal_e = signal2_q;
)";

// The slot's activations, and where the buffer holds tables, their tables; and the sum of the activations.
constexpr std::string_view kBuilt = R"(
  // The slot's tables.
  wire [SLOT_BITS-1:0] tables;
  genvar b;
  generate
    for (b = 0; b < BUILT; b = b + 1) begin : gen_table
      lutra_table i_table (
@CLOCK@        .activations_i(activations[b*INPUT_BITS +: INPUT_BITS]),
        .table_o      (tables[b*STORED +: STORED])
      );
    end
  endgenerate
)";

constexpr std::string_view kTables = R"(
  reg done_q;
  reg [7:0] done_signal_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) done_q <= 1'b0;
    else done_q <= valid_e && final_e;
    done_signal_q <= signal_e;
  end

  reg [SLOT_BITS-1:0] tables_q;
  reg [SUM_BITS-1:0] sum_q;
  reg [TABLE_AW-1:0] twr_addr_q;
  reg @EN_RANGE@twr_en_q;
  reg @SEN_RANGE@twr_sen_q;
  wire @EN_RANGE@twr_en_d;
  wire @SEN_RANGE@row_d;
@ENABLES@  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      twr_en_q <= @EN_ZERO@;
      twr_sen_q <= @SEN_ZERO@;
    end else begin
      twr_en_q <= valid_e ? twr_en_d : @EN_ZERO@;
      twr_sen_q <= valid_e && group_e == LAST_GROUP ? row_d : @SEN_ZERO@;
    end
    if (valid_e) begin
      tables_q <= tables;
      sum_q <= @SUM@;
      twr_addr_q <= dst_e;
    end
  end

  reg busy_q;
  always @(posedge clk_i) begin
    if (!rst_ni) busy_q <= 1'b0;
    else busy_q <= issue;
  end

  assign ard_en_o = ard_en_q;
  assign ard_addr_o = ard_addr_q;
  assign twr_en_o = twr_en_q;
  assign twr_sen_o = twr_sen_q;
  assign twr_addr_o = twr_addr_q;
  assign twr_tables_o = tables_q;
  assign twr_sum_o = sum_q;
  assign builder_busy_o = busy_q;
  assign build_done_valid_o = done_q;
  assign build_done_signal_o = done_signal_q;
  assign build_idle_o = !head_valid && !active_q && !(@BUSY@) && !done_q;

  // Address bits above the buffers' depths are ignored: buffers wrap.
  wire unused = &{1'b0, head};
)";

// The scale goes with S.
constexpr std::string_view kScale = R"(
  reg [31:0] table_scale_q;
  always @(posedge clk_i) if (valid_e) table_scale_q <= table_scale;
  assign twr_scale_o = table_scale_q;
)";

}  // namespace

std::string emit_table(const ArchConfig& config, const Geometry& geometry) {
  if (geometry.floating) return emit_float_table(config, geometry);
  const int inputs = config.array.table_inputs;
  const int operand = geometry.operand_bits;
  TableSums sums(operand);
  const int adders = geometry.ternary ? sums.trit_set(inputs) : sums.half_set("t", inputs);
  std::string text;
  for (int i = 0; i < inputs; ++i) text += fmt::format("  wire [{0}:0] a{1} = activations_i[{1}*{2} +: {2}];\n", operand - 1, i, operand);
  text += fmt::format("\n  // {} adders.\n{}\n", adders, sums.text());
  // Entries of quantised tables leave here exact.
  const int width = sums.sum_width(inputs), entry = geometry.quantised ? geometry.table_bits : geometry.entry_bits;
  for (int j = 0; j < geometry.entries; ++j)
    text += fmt::format("  assign table_o[{0}*{1} +: {1}] = {2};\n", j, entry,
                        geometry.parity ? fmt::format("t{}[{}:1]", j, width - 1) : fmt::format("t{}", j));
  std::string lows;
  for (int j = 1; geometry.parity && j < geometry.entries; ++j) lows += fmt::format(", t{}[0]", j);
  if (geometry.parity) text += fmt::format("  assign table_o[{}] = t0[0];\n", geometry.stored_table_bits - 1);
  if (!lows.empty()) text += fmt::format("\n  // Every sum has this parity.\n  wire unused = &{{1'b0{}}};\n", lows);
  const std::vector<Port> ports = {
      {false, inputs * operand, "activations_i", "the table's activations"},
      {true, geometry.quantised ? geometry.entries * entry : geometry.stored_table_bits, "table_o",
       geometry.ternary  ? "sums of trits whose highest but zero is +1, as balanced ternary numbers 1, 2, ..."
       : geometry.parity ? "halves of the entries in which the top activation is added, low index first; their parity"
                         : "entries in which the top activation is added, low index first"}};
  return module_text(geometry.ternary ? "One lookup table: every sum of K activations times trits, up to its sign; combinational."
                                      : "One lookup table: every signed sum of K activations in which the top one is added; combinational.",
                     "lutra_table", ports, text, Clocking::kNone);
}

namespace {

std::string no_builder() {
  const std::vector<Port> ports = {
      {false, 1, "build_cmd_valid_i", "command from control, which traps before it gives one"},
      {true, 1, "build_cmd_ready_o", "never"},
      {false, kCommandBits, "build_cmd_data_i", "the command"},
      {true, 1, "build_sem_req_o", "never"},
      {true, 8, "build_sem_mask_o", "none"},
      {false, 1, "build_sem_gnt_i", "the answer"},
      {true, 1, "build_done_valid_o", "never"},
      {true, 8, "build_done_signal_o", "none"},
      {true, 1, "build_idle_o", "always"},
      {false, 1, "stop_i", "drop all work"},
      {true, 1, "builder_busy_o", "never"},
  };
  return module_text("In the place of a table builder: this machine loads its tables.", "lutra_table_builder", ports, R"(
  assign build_cmd_ready_o = 1'b0;
  assign build_sem_req_o = 1'b0;
  assign build_sem_mask_o = 8'd0;
  assign build_done_valid_o = 1'b0;
  assign build_done_signal_o = 8'd0;
  assign build_idle_o = 1'b1;
  assign builder_busy_o = 1'b0;
  wire unused = &{1'b0, clk_i, rst_ni, build_cmd_valid_i, build_cmd_data_i, build_sem_gnt_i, stop_i};
)");
}

/// S of a slot, as terms to add: where the slot has tables, the entry in which every activation is added, else the activations.
std::string slot_sum(const Geometry& geometry, int built, int inputs) {
  std::string plus;
  const auto add = [&plus, &geometry](const std::string& high, int bits, const std::string& value) {
    plus += bits == geometry.sum_bits ? fmt::format("\n          + {}", value)
                                      : fmt::format("\n          + {{{{{}{{{}}}}}, {}}}", geometry.sum_bits - bits, high, value);
  };
  for (int b = 0; geometry.rebuilt && b < built * inputs; ++b) {
    const int high = (b + 1) * geometry.activation_bits - 1;
    add(fmt::format("activations[{}]", high), geometry.activation_bits,
        fmt::format("activations[{}:{}]", high, high - geometry.activation_bits + 1));
  }
  for (int b = 0; !geometry.rebuilt && b < built; ++b) {
    const int high = b * geometry.stored_table_bits + geometry.entries * geometry.entry_bits - 1;
    const std::string entry = fmt::format("tables[{}:{}]", high, high - geometry.entry_bits + 1);
    add(fmt::format("tables[{}]", high), geometry.parity ? geometry.table_bits : geometry.entry_bits,
        geometry.parity ? fmt::format("{{{}, tables[{}]}}", entry, high + 1) : entry);
  }
  return plus;
}

}  // namespace

std::string emit_table_builder(const ArchConfig& config, const Geometry& geometry) {
  if (geometry.memory) return no_builder();
  const int built = config.table.builder_tables;
  const int groups = config.array.tables_per_lane / built;
  const int rows = config.array.rows, row_bits = clog2_min1(rows + 1), group_bits = clog2_min1(groups);
  const int input_bits = config.array.table_inputs * geometry.activation_bits;
  std::string body = fmt::format(
      "  localparam QUEUE_DEPTH = {};\n  localparam ACT_AW = {};\n  localparam TABLE_AW = {};\n  localparam ROW_BITS = {};\n  localparam "
      "GROUP_BITS = {};\n"
      "  localparam [GROUP_BITS-1:0] LAST_GROUP = {}'d{};\n  localparam BUILT = {};       // tables a cycle\n  localparam INPUT_BITS = {}; "
      " // activations of a table\n"
      "{}  localparam SLOT_BITS = {};  // what a slot writes\n  localparam SUM_BITS = {};\n",
      config.control.queue_depth, clog2_min1(geometry.activation.words), clog2_min1(config.buffer.table_words), row_bits, group_bits,
      group_bits, groups - 1, built, input_bits,
      geometry.rebuilt || geometry.grouped ? std::string()
                                           : fmt::format("  localparam STORED = {};     // bits of a table\n", geometry.stored_table_bits),
      geometry.table_row_bits / groups, geometry.sum_bits);
  const std::string group = geometry.grouped ? "group2" : "group2_q";
  std::string activations, enables;
  for (int g = 0; g + 1 < groups; ++g)
    activations += fmt::format("{} == {}'d{} ? ard_data_i[{}*BUILT*INPUT_BITS +: BUILT*INPUT_BITS] :\n      ", group, group_bits, g, g);
  activations += groups == 1 ? "ard_data_i" : fmt::format("ard_data_i[{}*BUILT*INPUT_BITS +: BUILT*INPUT_BITS]", groups - 1);
  for (int m = 0; m < rows; ++m) {
    const std::string row = rows == 1 ? "row_d" : fmt::format("row_d[{}]", m);
    enables += fmt::format("  assign {} = row_e == {}'d{};\n", row, row_bits, m);
    for (int g = 0; g < groups; ++g)
      enables += fmt::format("  assign twr_en_d{} = {} && group_e == {}'d{};\n",
                             rows * groups == 1 ? std::string() : fmt::format("[{}]", m * groups + g), row, group_bits, g);
  }
  if (geometry.grouped) {
    body += grouped_builder_body(config, geometry, activations) + std::string(kScale);
  } else {
    body += fill(kSequencer, {{"QUEUE", unit_queue("build", "88", "accept", "head_valid")},
                              {"AT_ONCE", geometry.floating ? float_builder_text(config) : std::string(kAtOnce)},
                              {"ACTIVATIONS", activations}});
    body += geometry.rebuilt ? "  wire [SLOT_BITS-1:0] tables = activations;\n"
                             : fill(kBuilt, {{"CLOCK", geometry.floating ? "        .clk_i        (clk_i),\n" : ""}});
  }
  const std::string sums = "(group_e == {GROUP_BITS{1'b0}} ? {SUM_BITS{1'b0}} : sum_q)";
  body += fill(kTables, {{"BUSY", geometry.grouped    ? grouped_builder_busy()
                                  : geometry.floating ? "v1_q || valid_s != {(SUMS+1){1'b0}}"
                                                      : "v1_q || v2_q"},
                         {"EN_RANGE", wire_range(rows * groups)},
                         {"SEN_RANGE", wire_range(rows)},
                         {"EN_ZERO", fmt::format("{}'d0", rows * groups)},
                         {"SEN_ZERO", fmt::format("{}'d0", rows)},
                         {"ENABLES", enables},
                         {"SUM", geometry.floating ? fmt::format("tables[SLOT_BITS-1 -: {}]", geometry.sum_bits)
                                                   : sums + slot_sum(geometry, built, config.array.table_inputs)}});
  return module_text(
      geometry.rebuilt
          ? "Moves activations to where tables are read, a few a cycle, with the sum S of each row's beside them."
          : "Builds lookup tables from activations, a few tables a cycle, and the sum S of each row's activations beside them.",
      "lutra_table_builder", builder_ports(config, geometry, groups), body);
}

}  // namespace lutra::gen
