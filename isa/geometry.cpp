// Derives widths, strides and counts of a machine from its configuration.
#include "isa/geometry.h"

#include <algorithm>

namespace lutra {
namespace {

constexpr int kFp32Bits = 32;

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

int power_of_three(int exponent) { return exponent == 0 ? 1 : 3 * power_of_three(exponent - 1); }

}  // namespace

int clog2_min1(long long x) {
  int e = 0;
  while ((1LL << e) < x) ++e;
  return std::max(e, 1);
}

Geometry::Geometry(const ArchConfig& config) {
  const ArrayConfig& array = config.array;
  const BufferConfig& buffer = config.buffer;
  const int inputs = array.table_inputs;
  const int outputs = config.scale.outputs_per_cycle;

  wide = array.activations == "int16" || array.activations == "fp16" || array.activations == "bf16";
  ternary = config.table.kind == "ternary";
  parity = config.table.form == "parity";
  rebuilt = config.table.storage == "rebuilt";
  memory = config.table.source == "memory";
  horner = array.combine == "horner";
  scaled = config.scale.unit == "float";
  quantised = config.table.mode == "quantised";
  aligned = config.table.mode == "aligned";
  grouped = quantised || aligned;
  floating = config.table.mode == "float";
  looked_up = grouped || floating || memory;
  real_zeros = config.scale.zeros == "float";

  bus_bytes = config.axi.data_bits / 8;
  activation_bits = wide ? 16 : 8;
  operand_bits = aligned ? config.table.mantissa_bits + 1 : activation_bits;
  const long long magnitude = 1LL << (operand_bits - 1);
  tables = array.tables_per_lane;
  kstep = inputs * array.tables_per_lane;
  entries = ternary ? (power_of_three(inputs) - 1) / 2 : 1 << (inputs - 1);
  // The top activation is added, so -128 of it is never negated: the range is -128 K .. 128 K - 1.
  table_bits = floating ? kFp32Bits : signed_bits(magnitude * inputs);
  entry_bits = quantised ? 8 : parity ? table_bits - 1 : table_bits;
  stored_table_bits = entries * entry_bits + (parity ? 1 : 0);
  table_row_bits = rebuilt ? kstep * activation_bits : array.tables_per_lane * stored_table_bits;
  index_bits = ternary ? clog2_min1(entries + 1) : inputs - 1;
  weight_table_bits = index_bits + 1;
  weight_lane_bits = array.tables_per_lane * weight_table_bits;
  sum_bits = floating ? kFp32Bits : quantised ? signed_bits(128LL * tables) : signed_bits(magnitude * kstep);
  table_scale_bits = grouped ? kFp32Bits : 0;
  segment_sum_bits = 32;
  // Negating an entry of -128 K gives +128 K: one more than the entries' own range. Loaded entries may be any number.
  const long long largest = memory || quantised ? 1LL << (entry_bits - 1) : magnitude * inputs / (parity ? 2 : 1);
  lane_bits = floating ? kFp32Bits : signed_bits(largest * array.tables_per_lane + 1);
  lane_accumulator_bits = array.accumulator_bits - (parity ? 1 : 0);

  parameter_output_bits = scaled ? 64 : 16;
  token_scale = word_layout(std::max(array.rows * 32, config.axi.data_bits), buffer.accumulator_tiles, bus_bytes);
  instruction = word_layout(128, buffer.instruction_words, bus_bytes);
  activation = word_layout(kstep * activation_bits, buffer.activation_words, bus_bytes);
  weight = word_layout(array.columns * array.planes_per_cycle * weight_lane_bits, buffer.weight_words, bus_bytes);
  parameter = word_layout(outputs * parameter_output_bits, buffer.parameter_words, bus_bytes);

  table_word_bits = array.rows * (table_row_bits + sum_bits + table_scale_bits);
  group_ksteps = grouped ? std::max(1, config.table.group / kstep) : 0;
  table = word_layout(table_word_bits, buffer.table_words, bus_bytes);
  accumulator_word_bits = outputs * 32;
  accumulator_words_per_row = array.columns / outputs;
  accumulator_words_per_tile = array.rows * accumulator_words_per_row;
  accumulator_words = buffer.accumulator_tiles * accumulator_words_per_tile;
  output_bytes = config.scale.output == "int8" ? 1 : config.scale.output == "full" ? 4 : 2;
  output_row_bytes = array.columns * output_bytes;
  one_bit_macs_per_cycle = array.rows * array.columns * kstep * array.planes_per_cycle;
}

}  // namespace lutra
