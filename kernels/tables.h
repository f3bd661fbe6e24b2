// From activations to what the kernels of each family read: padded INT8 rows, tables of sums, their scales.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/kernel_set.h"

namespace lutra::kernels {

/// Activations with their type resolved. Exact mode always has codes; floating-point ones keep values for the other modes.
struct ResolvedActivations {
  int tokens = 0;
  int depth = 0;
  std::vector<std::int8_t> codes;  // tokens x depth; empty: use values
  std::vector<float> values;       // tokens x depth
  std::vector<float> scales;       // s_a of each token
};

/// Reads the caller's activations; in kExact quantises floating-point ones. Throws Error for what the mode does not allow.
ResolvedActivations resolve(const PlanData& plan, const Activations& activations);

/// Rows for the multiply-add family.
struct PaddedRows {
  std::ptrdiff_t row_bytes = 0;
  std::vector<std::int8_t> codes;  // tokens x row_bytes
  std::vector<std::int8_t> tiles;  // in tiles of kPanelTokens tokens, when asked for
  std::vector<std::int32_t> sums;  // tokens x segments
};
PaddedRows pad_rows(const PlanData& plan, const ResolvedActivations& activations, bool tiles);

/// Tables of one token for the lookup family, in the byte layout of LookupCall.
struct ByteTables {
  AlignedBytes bytes;
  std::vector<std::int32_t> corrections, sums;  // segments
  std::vector<float> scales;                    // segments
};
ByteTables build_byte_tables(const PlanData& plan, const ResolvedActivations& activations, int token);

/// Tables of one token, entries as numbers: segments x ceil(segment / table_k) x 2^table_k, and S and s_table of each segment.
template <typename Entry>
struct NumberTables {
  std::vector<Entry> entries;
  std::vector<Entry> sums;
  std::vector<float> scales;
};
/// Sums with signs applied first, left to right: integers from codes, FP32 from values.
NumberTables<std::int32_t> build_integer_tables(const PlanData& plan, const ResolvedActivations& activations, int token);
NumberTables<float> build_float_tables(const PlanData& plan, const ResolvedActivations& activations, int token);
/// Quantised tables of either.
NumberTables<std::int32_t> build_quantised_tables(const PlanData& plan, const ResolvedActivations& activations, int token);

/// Output rows [begin, end) of one token from codes, one output at a time: every table_k and mode.
void scalar_gemm(const PlanData& plan, const ResolvedActivations& activations, int token, const OutputView& output, int threads);

}  // namespace lutra::kernels
