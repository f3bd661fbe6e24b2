// What every instruction set provides to mpgemm: one function for each family.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/plan.h"

namespace lutra::kernels {

inline constexpr int kPanelTokens = 8;   // tokens that a panel of unpacked weights meets at a time
inline constexpr int kSixBitDepth = 24;  // k of three lines of 6-bit table indices
inline constexpr int kDenseLines = 5;    // lines of a group of dense ternary ...
inline constexpr int kDenseDepth = 96;   // ... and the k it covers

/// Where results go, with the stride resolved.
struct OutputView {
  ValueType type = ValueType::kFp32;
  std::uint8_t* data = nullptr;
  std::ptrdiff_t stride = 0;
  int outputs = 0;
};

/// A call with its activations prepared: INT8 rows in which every segment is padded with zeros to plan->padded_segment.
struct DotCall {
  const PlanData* plan = nullptr;
  const std::int8_t* codes = nullptr;  // tokens x row_bytes
  std::ptrdiff_t row_bytes = 0;
  const std::int8_t* tiles = nullptr;  // for dot_panels: tiles of kPanelTokens tokens, each row_bytes / 4 x kPanelTokens x 4
  const std::int32_t* sums = nullptr;  // tokens x segments: S
  const float* token_scales = nullptr;
  int tokens = 0;
  OutputView output;
};

/// A call of one token with its tables built. Exact tables: 2^K entries of low five bits, then 2^K of the rest, all at least 0.
/// Quantised tables: 16 entries, 127 too large. Tables of the padded segments follow each other.
struct LookupCall {
  const PlanData* plan = nullptr;
  const std::uint8_t* tables = nullptr;
  const std::int32_t* corrections = nullptr;  // to be added to a segment's sum of plane-weighted entries
  const std::int32_t* sums = nullptr;         // S of each segment
  const float* table_scales = nullptr;        // s_table of each segment
  float token_scale = 1;
  int token = 0;
  OutputView output;
};

/// Bytes of the tables of one segment in a LookupCall.
std::size_t lookup_table_bytes(const PlanData& plan);

struct KernelSet {
  Target target;
  /// Output blocks [begin, end), every token, weights unpacked on the fly for up to four tokens at a time.
  void (*dot_stream)(const DotCall& call, int begin, int end);
  /// The same with the weights of a few blocks unpacked once for all tokens.
  void (*dot_panels)(const DotCall& call, int begin, int end);
  /// Tokens from which dot_panels is the faster one.
  int panel_tokens;
  /// Output blocks [begin, end) of one token by table lookup.
  void (*lookup)(const LookupCall& call, int begin, int end);
  /// `count` exact tables of `k` activations each (4; 6 with Layout::kSixBit) as in LookupCall.
  void (*exact_tables)(int k, const std::int8_t* activations, std::size_t count, std::uint8_t* to);
  /// Sum over one row of u x activation: u = table[code & mask] (16 entries), or code & mask when table is null.
  std::int64_t (*direct)(const std::uint8_t* codes, const std::int8_t* activations, std::size_t count, const std::uint8_t* table, int mask);
};

/// Kernels of a target that available_targets() lists.
const KernelSet& kernel_set(Target target);

/// Converts `count` results of one token, starting at `column`, to the output's type.
/// `values` are INT32 where the output is INT32, else FP32.
void store_results(const OutputView& output, int token, int column, int count, const void* values);

}  // namespace lutra::kernels
