// Widths, strides and counts derived from an ArchConfig; nobody computes them a second time.
#pragma once

#include "isa/arch_config.h"

namespace lutra {

/// ceil(a / b) for positive integers.
constexpr long long ceil_div(long long a, long long b) { return (a + b - 1) / b; }
/// Smallest e with 2^e >= x, and at least 1 (a vector needs one bit).
int clog2_min1(long long x);

/// Destinations of a load, numbered as the `buffer` field of the instruction is.
enum class Buffer { kInstruction = 0, kActivation = 1, kWeight = 2, kTable = 3, kParameter = 4 };

/// How words of one buffer lie in memory and in SRAM. A *word* is what the core reads in a cycle, a *beat* what AXI moves,
/// a *line* the SRAM row that holds whole words and whole beats.
struct WordLayout {
  int word_bits;       // bits that carry information
  int stride_bytes;    // distance of words in memory: rounded up to whole beats, or to a power of two that divides a beat
  int words;           // depth in words (power of two); addresses wrap modulo this
  int words_per_line;  // 1 unless several words fit in a beat
  int beats_per_line;  // 1 unless a word needs several beats
  int line_bits;       // max(stride, bus) * 8
  int lines;
};

struct Geometry {
  explicit Geometry(const ArchConfig& config);

  int bus_bytes;
  int kstep;             // activations of a row used in one k-step: K * G
  int entries;           // stored entries of a table: 2^(K-1)
  int table_bits;        // bits of an exact INT8 table entry, top input bit 1 (numerics.md): range of K-1 signed terms + one positive
  int sum_bits;          // bits of S of one k-step and row: the sum of K*G activations
  int segment_sum_bits;  // bits of S of a whole segment
  int lane_bits;         // bits of a lane's sum of G signed entries over one plane
  WordLayout instruction, activation, weight, parameter;
  int table_word_bits;             // M rows x (G tables x entries x table_bits + sum_bits)
  int accumulator_word_bits;       // outputs_per_cycle x 32
  int accumulator_words;           // tiles x words_per_tile
  int accumulator_words_per_row;   // N / outputs_per_cycle
  int accumulator_words_per_tile;  // M * N / outputs_per_cycle
  int output_row_bytes;            // N * 4
  int one_bit_macs_per_cycle;      // M N K G P
};

}  // namespace lutra
