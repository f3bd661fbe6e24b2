// Widths, strides and counts derived from an ArchConfig; nobody computes them a second time.
#pragma once

#include "isa/arch_config.h"

namespace lutra {

/// ceil(a / b) for positive integers.
constexpr long long ceil_div(long long a, long long b) { return (a + b - 1) / b; }
/// Smallest e with 2^e >= x, and at least 1 (a vector needs one bit).
int clog2_min1(long long x);

/// Destinations of a load, numbered as the `buffer` field of the instruction is.
enum class Buffer { kInstruction = 0, kActivation = 1, kWeight = 2, kTable = 3, kParameter = 4, kTokenScale = 5 };

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
  bool wide;        // activations of 16 bits
  bool ternary;     // tables of trits
  bool parity;      // tables store halves and a parity
  bool rebuilt;     // the table buffer holds activations
  bool memory;      // tables are loaded, there is no builder
  bool scaled;      // float scale unit
  bool horner;      // planes outermost in a run
  bool quantised;   // INT8 tables, a scale a group
  bool aligned;     // tables of activations aligned to a group's largest exponent
  bool grouped;     // either: table words hold a scale a row
  bool floating;    // tables of FP32 sums, added up in FP32
  bool looked_up;   // a table word is more than its activations: grouped, floating or loaded
  bool real_zeros;  // zero points a column are FP32

  int activation_bits;        // as they are loaded
  int operand_bits;           // of the integers whose sums tables are: activation_bits, or an aligned mantissa with its sign
  int tables;                 // tables of a k-step and row: G
  int kstep;                  // activations of a row used in one k-step: K * G
  int entries;                // stored entries of a table: 2^(K-1), of trits (3^K - 1) / 2
  int table_bits;             // bits of an exact table entry (numerics.md): range of K-1 signed terms + one positive
  int entry_bits;             // bits of a stored entry: one less than table_bits where it is a half
  int stored_table_bits;      // a table as it is stored: its entries, then its parity where that is apart
  int table_row_bits;         // what the table buffer holds of the tables of one row: G tables, or K * G activations
  int index_bits;             // weight bits that choose the entry: K - 1; of trits enough for every entry and for none
  int weight_table_bits;      // weight bits of a table and plane: the index and a sign
  int weight_lane_bits;       // weight bits of a column and plane: G * weight_table_bits
  int sum_bits;               // bits of S of one k-step and row: the sum of K*G activations, or of what stands for it in the tables
  int table_scale_bits;       // FP32 scale of the tables of a row, 32 or 0
  int segment_sum_bits;       // bits of S of a whole segment
  int lane_bits;              // bits of a lane's sum of G signed stored entries over one plane
  int lane_accumulator_bits;  // bits of the registers that add them up: accumulator_bits, one less for halves
  WordLayout instruction, activation, weight, parameter;
  WordLayout token_scale;          // float scale unit: the FP32 scales of the rows of a tile, which fill beats of their own
  int parameter_output_bits;       // of an output in a parameter word: z', and with a float scale unit FP32 s' in the upper half
  WordLayout table;                // as it lies in memory where tables are loaded
  int table_word_bits;             // M rows x (table_row_bits + sum_bits + table_scale_bits)
  int group_ksteps;                // k-steps that share a table scale; 0 without one
  int accumulator_word_bits;       // outputs_per_cycle x 32
  int accumulator_words;           // tiles x words_per_tile
  int accumulator_words_per_row;   // N / outputs_per_cycle
  int accumulator_words_per_tile;  // M * N / outputs_per_cycle
  int output_bytes;                // of an output in memory: 4, 2 or 1
  int output_row_bytes;            // N * output_bytes
  int one_bit_macs_per_cycle;      // M N K G P
};

}  // namespace lutra
