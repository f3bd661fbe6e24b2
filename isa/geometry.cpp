// Derives widths, strides and counts of a machine from its configuration.
#include "isa/geometry.h"

#include <algorithm>

namespace lutra {
namespace {

/// Bits of a two's-complement number that can hold every value in [-magnitude, magnitude - 1].
int signed_bits(long long magnitude) {
  int bits = 1;
  while ((1LL << (bits - 1)) < magnitude) ++bits;
  return bits;
}

WordLayout word_layout(int word_bits, int words, int bus_bytes) {
  WordLayout layout{};
  layout.word_bits = word_bits;
  layout.words = words;
  const long long bytes = ceil_div(word_bits, 8);
  if (bytes <= bus_bytes) {
    layout.stride_bytes = 1;
    while (layout.stride_bytes < bytes) layout.stride_bytes *= 2;
    layout.words_per_line = bus_bytes / layout.stride_bytes;
    layout.beats_per_line = 1;
  } else {
    layout.stride_bytes = static_cast<int>(ceil_div(bytes, bus_bytes) * bus_bytes);
    layout.words_per_line = 1;
    layout.beats_per_line = layout.stride_bytes / bus_bytes;
  }
  layout.line_bits = std::max(layout.stride_bytes, bus_bytes) * 8;
  layout.lines = words / layout.words_per_line;
  return layout;
}

}  // namespace

int clog2_min1(long long x) {
  int e = 0;
  while ((1LL << e) < x) ++e;
  return std::max(e, 1);
}

Geometry::Geometry(const ArchConfig& config) {
  constexpr long long kActivationMagnitude = 128;  // INT8: -128..127
  const ArrayConfig& array = config.array;
  const BufferConfig& buffer = config.buffer;
  const int inputs = array.table_inputs;
  const int outputs = config.scale.outputs_per_cycle;

  bus_bytes = config.axi.data_bits / 8;
  kstep = inputs * array.tables_per_lane;
  entries = 1 << (inputs - 1);
  // The top activation is added, so -128 of it is never negated: the range is -128 K .. 128 K - 1.
  table_bits = signed_bits(kActivationMagnitude * inputs);
  sum_bits = signed_bits(kActivationMagnitude * kstep);
  segment_sum_bits = 32;
  // Negating an entry of -128 K gives +128 K: one more than the entries' own range.
  lane_bits = signed_bits(kActivationMagnitude * kstep + 1);

  instruction = word_layout(128, buffer.instruction_words, bus_bytes);
  activation = word_layout(kstep * 8, buffer.activation_words, bus_bytes);
  weight = word_layout(array.columns * array.planes_per_cycle * kstep, buffer.weight_words, bus_bytes);
  parameter = word_layout(outputs * 16, buffer.parameter_words, bus_bytes);

  table_word_bits = array.rows * (array.tables_per_lane * entries * table_bits + sum_bits);
  accumulator_word_bits = outputs * 32;
  accumulator_words_per_row = array.columns / outputs;
  accumulator_words_per_tile = array.rows * accumulator_words_per_row;
  accumulator_words = buffer.accumulator_tiles * accumulator_words_per_tile;
  output_row_bytes = array.columns * 4;
  one_bit_macs_per_cycle = array.rows * array.columns * kstep * array.planes_per_cycle;
}

}  // namespace lutra
