#include "gen/buffers.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "gen/verilog.h"

namespace lutra::gen {
namespace {

struct Loaded {
  std::string name;  // of the buffer
  std::string read;  // prefix of its read port
  Buffer buffer;
  const WordLayout* layout;
  std::string reader;
};

std::vector<Loaded> loaded(const Geometry& g) {
  std::vector<Loaded> list = {{"instruction", "ird", Buffer::kInstruction, &g.instruction, "control"},
                              {"activation", "ard", Buffer::kActivation, &g.activation, "table builder"},
                              {"weight", "wrd", Buffer::kWeight, &g.weight, "array"},
                              {"parameter", "prd", Buffer::kParameter, &g.parameter, "scale unit"}};
  if (g.scaled) list.push_back({"token_scale", "srd", Buffer::kTokenScale, &g.token_scale, "scale unit"});
  if (g.memory) list[1] = {"table", "trd", Buffer::kTable, &g.table, "array"};
  return list;
}

void add_read_ports(std::vector<Port>& ports, const std::string& prefix, const std::string& reader, int address_bits, int data_bits) {
  ports.push_back({false, 1, prefix + "_en_i", "the " + reader + " reads a word"});
  ports.push_back({false, address_bits, prefix + "_addr_i", "its address"});
  ports.push_back({true, data_bits, prefix + "_data_o", "the word, from the next cycle on until the next read"});
}

std::vector<Port> ports(const ArchConfig& config, const Geometry& g) {
  const int groups = config.array.tables_per_lane / config.table.builder_tables;
  const int table_address = clog2_min1(config.buffer.table_words);
  const int accumulator_address = clog2_min1(g.accumulator_words);
  std::vector<Port> ports = {
      {false, 1, "bwr_valid_i", "the load unit writes a beat"},
      {false, 3, "bwr_buffer_i", "to which buffer"},
      {false, BeatAddress(g).bits(), "bwr_beat_i", "line and beat in the line; a line wraps at the buffer's depth"},
      {false, config.axi.data_bits, "bwr_data_i", "the beat"},
  };
  for (const Loaded& b : loaded(g)) add_read_ports(ports, b.read, b.reader, clog2_min1(b.layout->words), b.layout->word_bits);
  if (!g.memory) {
    ports.push_back(
        {false, config.array.rows * groups, "twr_en_i", "the table builder writes a group of tables, one bit a group, row by row"});
    ports.push_back({false, config.array.rows, "twr_sen_i", "it writes the sum of a row"});
    ports.push_back({false, table_address, "twr_addr_i", "table word"});
    ports.push_back({false, g.table_row_bits / groups, "twr_tables_i", "the group, for whichever is enabled"});
    ports.push_back({false, g.sum_bits, "twr_sum_i", "the sum, for whichever row is enabled"});
    if (g.grouped) ports.push_back({false, g.table_scale_bits, "twr_scale_i", "the scale that goes with the sum"});
    add_read_ports(ports, "trd", "array", table_address, g.table_word_bits);
  }
  add_read_ports(ports, "ocr", "scale unit", accumulator_address, g.accumulator_word_bits);
  ports.push_back({false, 1, "ocw_en_i", "the scale unit writes a word"});
  ports.push_back({false, accumulator_address, "ocw_addr_i", "its address"});
  ports.push_back({false, g.accumulator_word_bits, "ocw_data_i", "the word"});
  add_read_ports(ports, "osr", "store unit", accumulator_address, g.accumulator_word_bits);
  ports.push_back({true, 1, "osr_gnt_o", "the store unit's read is done: the scale unit does not read now"});
  return ports;
}

/// The module that stores a buffer.
std::string storage(const ArchConfig& config, const std::string& name) {
  const bool table = name == "table" || name == "tables" || name == "sums" || name == "scales";
  if (table && config.table.storage == "flops") return "lutra_register_file";
  return table && config.table.storage == "latches" ? "lutra_latch_file" : "lutra_sram";
}

/// An instance of it; `write_enable` and so on are Verilog expressions.
std::string sram(const ArchConfig& config, const std::string& name, int width, int depth, int groups, const std::string& write_enable,
                 const std::string& write_address, const std::string& write_data, const std::string& read_enable,
                 const std::string& read_address, const std::string& data) {
  return fmt::format(R"(
  {} #(
    .WIDTH({}),
    .DEPTH({}),
    .WRITE_GROUPS({}),
    .AW({})
  ) i_{} (
    .clk_i  (clk_i),
    .we_i   ({}),
    .waddr_i({}),
    .wdata_i({}),
    .re_i   ({}),
    .raddr_i({}),
    .rdata_o({})
  );
)",
                     storage(config, name), width, depth, groups, clog2_min1(depth), name, write_enable, write_address, write_data,
                     read_enable, read_address, data);
}

/// A buffer that the load unit fills: beats go to a part of a line, words come from one.
std::string emit_loaded(const ArchConfig& config, const Loaded& b, const Geometry& g) {
  const WordLayout& w = *b.layout;
  const BeatAddress beat(g);
  const int line_bits = clog2_min1(w.lines);
  std::string text =
      fmt::format("\n  // {} buffer: {} words of {} bits, {}.\n", b.name, w.words, w.word_bits,
                  w.beats_per_line > 1 ? fmt::format("{} beats each", w.beats_per_line) : fmt::format("{} a beat", w.words_per_line));
  text += fmt::format("  wire [{}:0] {}_line;\n", w.line_bits - 1, b.name);
  text += fmt::format("  wire {}_write = bwr_valid_i && bwr_buffer_i == 3'd{};\n", b.name, static_cast<int>(b.buffer));
  std::string enable = b.name + "_write";
  if (w.beats_per_line > 1) {
    std::string each;
    for (int i = w.beats_per_line - 1; i >= 0; --i) {
      each += fmt::format("{}{}_write && bwr_beat_i[{}:0] == {}'d{}", each.empty() ? "" : ",\n    ", b.name, beat.part_bits - 1,
                          beat.part_bits, i);
    }
    text += fmt::format("  wire [{}:0] {}_parts = {{\n    {}\n  }};\n", w.beats_per_line - 1, b.name, each);
    enable = b.name + "_parts";
  }
  const int select_bits = w.words_per_line > 1 ? clog2_min1(w.words_per_line) : 0;
  const std::string data = w.beats_per_line > 1 ? fmt::format("{{{}{{bwr_data_i}}}}", w.beats_per_line) : "bwr_data_i";
  text += sram(config, b.name, w.line_bits, w.lines, w.beats_per_line, enable,
               fmt::format("bwr_beat_i[{}:{}]", beat.part_bits + line_bits - 1, beat.part_bits), data, b.read + "_en_i",
               select_bits == 0 ? b.read + "_addr_i" : fmt::format("{}_addr_i[{}:{}]", b.read, select_bits + line_bits - 1, select_bits),
               b.name + "_line");
  if (w.words_per_line == 1) {
    text += fmt::format("  assign {}_data_o = {}_line[{}:0];\n", b.read, b.name, w.word_bits - 1);
  } else {
    text += fmt::format(
        "\n  reg [{0}:0] {1}_select_q;\n  always @(posedge clk_i) begin\n    if ({2}_en_i) {1}_select_q <= {2}_addr_i[{0}:0];\n  end\n"
        "  wire [{3}:0] {1}_word = {1}_line[{{{1}_select_q, {4}'d0}} +: {5}];\n  assign {2}_data_o = {1}_word[{6}:0];\n",
        select_bits - 1, b.name, b.read, w.stride_bytes * 8 - 1, clog2_min1(w.stride_bytes * 8), w.stride_bytes * 8, w.word_bits - 1);
  }
  return text;
}

std::string emit_tables(const ArchConfig& config, const Geometry& g) {
  const int rows = config.array.rows;
  const int groups = config.array.tables_per_lane / config.table.builder_tables;
  const int group_bits = g.table_row_bits / groups;
  const int table_bits = rows * groups * group_bits;
  std::string text = fmt::format(
      "\n  // Table buffer: {} words of the {} of {} rows, written in groups, and of the sums.\n  wire [{}:0] tables;\n  wire [{}:0] "
      "sums;\n",
      config.buffer.table_words, g.rebuilt ? "activations" : "tables", rows, table_bits - 1, rows * g.sum_bits - 1);
  text += sram(config, "tables", table_bits, config.buffer.table_words, rows * groups, "twr_en_i", "twr_addr_i",
               fmt::format("{{{}{{twr_tables_i}}}}", rows * groups), "trd_en_i", "trd_addr_i", "tables");
  text += sram(config, "sums", rows * g.sum_bits, config.buffer.table_words, rows, "twr_sen_i", "twr_addr_i",
               fmt::format("{{{}{{twr_sum_i}}}}", rows), "trd_en_i", "trd_addr_i", "sums");
  if (!g.grouped) return text + "  assign trd_data_o = {sums, tables};\n";
  text += fmt::format("  wire [{}:0] scales;\n", rows * g.table_scale_bits - 1);
  text += sram(config, "scales", rows * g.table_scale_bits, config.buffer.table_words, rows, "twr_sen_i", "twr_addr_i",
               fmt::format("{{{}{{twr_scale_i}}}}", rows), "trd_en_i", "trd_addr_i", "scales");
  return text + "  assign trd_data_o = {scales, sums, tables};\n";
}

std::string emit_accumulators(const ArchConfig& config, const Geometry& g) {
  std::string text = fmt::format(
      "\n  // Accumulator buffer: {} words; the scale unit's reads go before the store unit's.\n  wire [{}:0] accumulators;\n"
      "  wire accumulator_read = ocr_en_i || osr_en_i;\n  wire [{}:0] accumulator_address = ocr_en_i ? ocr_addr_i : osr_addr_i;\n",
      g.accumulator_words, g.accumulator_word_bits - 1, clog2_min1(g.accumulator_words) - 1);
  text += sram(config, "accumulator", g.accumulator_word_bits, g.accumulator_words, 1, "ocw_en_i", "ocw_addr_i", "ocw_data_i",
               "accumulator_read", "accumulator_address", "accumulators");
  return text + "  assign ocr_data_o = accumulators;\n  assign osr_data_o = accumulators;\n  assign osr_gnt_o = osr_en_i && !ocr_en_i;\n";
}

}  // namespace

BeatAddress::BeatAddress(const Geometry& geometry) : line_bits(1), part_bits(1) {
  for (const Loaded& b : loaded(geometry)) {
    line_bits = std::max(line_bits, clog2_min1(b.layout->lines));
    part_bits = std::max(part_bits, clog2_min1(b.layout->beats_per_line));
  }
}

std::string emit_buffers(const ArchConfig& config, const Geometry& geometry) {
  std::string body;
  for (const Loaded& b : loaded(geometry)) body += emit_loaded(config, b, geometry);
  if (!geometry.memory) body += emit_tables(config, geometry);
  body += emit_accumulators(config, geometry);
  std::string unused = "rst_ni, bwr_beat_i";
  for (const Loaded& b : loaded(geometry)) {
    unused += fmt::format(", {}_line", b.name);
    if (b.layout->words_per_line > 1) unused += fmt::format(", {}_word", b.name);
  }
  body += fmt::format(
      "\n  // Memory holds words padded to whole beats or to a power of two. A name in which Verilator expects unused bits.\n"
      "  wire unused_bits = &{{1'b0, {}}};\n",
      unused);
  return module_text("The on-chip buffers. A read gives what the buffer held before any write at the same edge.", "lutra_buffers",
                     ports(config, geometry), body);
}

}  // namespace lutra::gen
