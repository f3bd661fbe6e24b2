// Derived widths against sums that are enumerated or worked out by hand.
#include "isa/geometry.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace lutra;

namespace {

bool fits_signed(long long value, int bits) { return value >= -(1LL << (bits - 1)) && value < (1LL << (bits - 1)); }

ArchConfig machine(int inputs, int tables, int data_bits = 512) {
  ArchConfig config;
  config.array.table_inputs = inputs;
  config.array.tables_per_lane = tables;
  config.axi.data_bits = data_bits;
  return config;
}

}  // namespace

TEST_CASE("an exact table of four INT8 activations has 10-bit entries") { CHECK(Geometry(machine(4, 8)).table_bits == 10); }

TEST_CASE("table, sum and lane widths hold their extremes and have no bit to spare") {
  for (int inputs = 1; inputs <= 6; ++inputs) {
    for (int tables : {1, 2, 3, 8, 16}) {
      CAPTURE(inputs, tables);
      const Geometry g(machine(inputs, tables));
      // Top activation added, each of the others added or subtracted.
      const long long entry_max = 127 + 128LL * (inputs - 1), entry_min = -128LL * inputs;
      CHECK(fits_signed(entry_max, g.table_bits));
      CHECK(fits_signed(entry_min, g.table_bits));
      CHECK_FALSE((fits_signed(entry_max, g.table_bits - 1) && fits_signed(entry_min, g.table_bits - 1)));
      const long long sum_max = 127LL * inputs * tables, sum_min = -128LL * inputs * tables;
      CHECK(fits_signed(sum_max, g.sum_bits));
      CHECK(fits_signed(sum_min, g.sum_bits));
      CHECK_FALSE((fits_signed(sum_max, g.sum_bits - 1) && fits_signed(sum_min, g.sum_bits - 1)));
      const long long lane_max = std::max(entry_max, -entry_min) * tables;
      CHECK(fits_signed(lane_max, g.lane_bits));
      CHECK(fits_signed(-lane_max, g.lane_bits));
      CHECK_FALSE(fits_signed(lane_max, g.lane_bits - 1));
      CHECK(g.entries == 1 << (inputs - 1));
      CHECK(g.kstep == inputs * tables);
    }
  }
}

TEST_CASE("a word narrower than a beat is padded to a power of two, a wider one to whole beats") {
  ArchConfig config = machine(4, 8, 512);
  config.array.columns = 16;
  const Geometry wide(config);
  CHECK(wide.activation.word_bits == 256);
  CHECK(wide.activation.stride_bytes == 32);
  CHECK(wide.activation.words_per_line == 2);
  CHECK(wide.activation.lines == config.buffer.activation_words / 2);
  CHECK(wide.weight.word_bits == 512);
  CHECK(wide.weight.stride_bytes == 64);
  CHECK(wide.weight.words_per_line == 1);
  CHECK(wide.instruction.words_per_line == 4);

  config.axi.data_bits = 64;
  config.array.tables_per_lane = 5;  // 20 bytes a word: three beats of 8
  const Geometry narrow(config);
  CHECK(narrow.activation.stride_bytes == 24);
  CHECK(narrow.activation.beats_per_line == 3);
  CHECK(narrow.activation.line_bits == 192);
  CHECK(narrow.activation.lines == config.buffer.activation_words);
  CHECK(narrow.instruction.stride_bytes == 16);
  CHECK(narrow.instruction.beats_per_line == 2);
}

TEST_CASE("every layout is consistent on every bus width") {
  for (int data_bits : {64, 128, 256, 512})
    for (int tables = 1; tables <= 16; ++tables) {
      const Geometry g(machine(3, tables, data_bits));
      for (const WordLayout& layout : {g.instruction, g.activation, g.weight, g.parameter}) {
        CHECK(layout.stride_bytes * 8 >= layout.word_bits);
        CHECK(layout.words_per_line * layout.stride_bytes == layout.beats_per_line * g.bus_bytes);
        CHECK(layout.line_bits == layout.beats_per_line * data_bits);
        CHECK(layout.lines * layout.words_per_line == layout.words);
      }
    }
}

TEST_CASE("the accumulator buffer holds whole tiles") {
  ArchConfig config = machine(4, 8);
  config.array.rows = 3;
  config.array.columns = 16;
  config.scale.outputs_per_cycle = 4;
  config.buffer.accumulator_tiles = 8;
  const Geometry g(config);
  CHECK(g.accumulator_words_per_row == 4);
  CHECK(g.accumulator_words_per_tile == 12);
  CHECK(g.accumulator_words == 96);
  CHECK(g.accumulator_word_bits == 128);
  CHECK(g.output_row_bytes == 64);
  CHECK(g.table_word_bits == 3 * (8 * 8 * 10 + 13));
  CHECK(g.one_bit_macs_per_cycle == 3 * 16 * 32);
}

TEST_CASE("a parity table stores halves and one parity, and lanes add a bit less") {
  ArchConfig config = machine(4, 8);
  config.table.form = "parity";
  const Geometry g(config);
  CHECK(g.entry_bits == 9);
  CHECK(g.stored_table_bits == 8 * 9 + 1);
  CHECK(g.lane_accumulator_bits == config.array.accumulator_bits - 1);
}

TEST_CASE("a table of trits has an entry for every sum up to its sign, and an index for none") {
  const int entries[] = {1, 4, 13, 40}, bits[] = {1, 3, 4, 6};
  for (int inputs = 1; inputs <= 4; ++inputs) {
    ArchConfig config = machine(inputs, 2);
    config.table.kind = "ternary";
    const Geometry g(config);
    CHECK(g.entries == entries[inputs - 1]);
    CHECK(g.index_bits == bits[inputs - 1]);
    CHECK(g.weight_table_bits == bits[inputs - 1] + 1);
    CHECK(g.weight.word_bits == config.array.columns * 2 * g.weight_table_bits);
  }
}

TEST_CASE("INT16 activations widen entries, sums and activation words by eight bits") {
  ArchConfig config = machine(4, 8);
  const Geometry narrow(config);
  config.array.activations = "int16";
  const Geometry wide(config);
  CHECK(wide.table_bits == narrow.table_bits + 8);
  CHECK(wide.sum_bits == narrow.sum_bits + 8);
  CHECK(wide.activation.word_bits == 2 * narrow.activation.word_bits);
}

TEST_CASE("a buffer whose tables are rebuilt holds activations") {
  ArchConfig config = machine(4, 8);
  config.table.storage = "rebuilt";
  const Geometry g(config);
  CHECK(g.table_row_bits == 32 * 8);
  CHECK(g.table_word_bits == config.array.rows * (32 * 8 + g.sum_bits));
}

TEST_CASE("an index always has at least one bit") {
  CHECK(clog2_min1(1) == 1);
  CHECK(clog2_min1(2) == 1);
  CHECK(clog2_min1(3) == 2);
  CHECK(clog2_min1(256) == 8);
  CHECK(clog2_min1(257) == 9);
}
