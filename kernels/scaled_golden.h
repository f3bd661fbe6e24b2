// The right answer of a core with a float scale unit for every kind of table: planes or trits, exact, quantised, aligned or float.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/float_format.h"
#include "kernels/golden.h"

namespace lutra::kernels {

/// Integers that stand for activations of a row, each times the scale of its group.
struct AlignedRow {
  std::vector<std::int32_t> integers;
  std::vector<float> scales;  // 2^(E - mantissa_bits + 1) of each group; NaN where an activation is infinite or not a number
};

/// Block alignment (docs/numerics.md, Tables) of values that are numbers of `format`, in groups of `group`.
AlignedRow align_row(std::span<const float> values, const FloatFormat& format, int group, int mantissa_bits);

/// Scale of INT8 tables whose largest entry is `largest`, and what entries are multiplied by.
struct TableScale {
  float scale = 1;
  float inverse = 0;  // 0: all entries are 0
};
TableScale quantised_table_scale(std::int32_t largest, bool power_of_two);
std::int32_t quantised_entry(std::int32_t entry, const TableScale& scale);

/// O[m, n] with the roundings of docs/numerics.md, segment after segment. Per-segment values are ceil(depth / segment) x outputs.
struct ScaledGemm {
  int tokens = 0, outputs = 0, depth = 0;
  PlaneType type;
  bool trits = false;    // codes are those of two planes of weight 1, and their trits index tables of trits
  int table_inputs = 4;  // divides segment
  int table_group = 0;   // activations that share a table scale: a multiple of segment, or the whole row; 0: tables have none
  bool quantised = false, power_of_two = false;
  std::span<const std::int32_t> activations;  // tokens x depth: whose sums tables are
  std::span<const float> values;              // in their place where tables are FP32 sums: numbers; no table scales, not quantised
  std::span<const float> table_scales;        // of aligned tables, tokens x ceil(depth / table_group)
  std::span<const float> token_scales;        // s_a
  std::span<const std::uint8_t> codes;        // outputs x depth
  int segment = 0;
  std::span<const float> scales;        // s'; with trits, of a trit
  std::span<const std::int16_t> zeros;  // z', when type.zero_mode is kPerColumn
  std::span<const float> real_zeros;    // s' z' that are taken off scaled sums; none: there are none
};

/// tokens x outputs; every NaN is the canonical one. Throws Error when an operand has the wrong size.
std::vector<float> golden_scaled_gemm(const ScaledGemm& gemm);

}  // namespace lutra::kernels
