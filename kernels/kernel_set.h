// What every instruction set provides to mpgemm: one function for each family.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/plan.h"

namespace lutra::kernels {

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
  const std::int32_t* sums = nullptr;  // tokens x segments: S
  const float* token_scales = nullptr;
  int tokens = 0;
  OutputView output;
};

/// Tables of activation sums for one token: for each table 2 x 64 (or 16) byte entries, low then high part.
struct LookupCall {
  const PlanData* plan = nullptr;
  const std::uint8_t* tables = nullptr;   // of this token
  const std::int32_t* corrections = nullptr;  // of this token: what is added to a segment's sum of entries
  const std::int32_t* sums = nullptr;         // of this token: S of each segment
  const float* table_scales = nullptr;        // of this token: s_table of each segment
  float token_scale = 1;
  int token = 0;
  OutputView output;
};

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
  /// Sum of codes[i] * activations[i], codes unsigned.
  std::int64_t (*direct)(const std::uint8_t* codes, const std::int8_t* activations, std::size_t count);
};

/// Kernels of a target that available_targets() lists.
const KernelSet& kernel_set(Target target);

/// Converts `count` results of one token, starting at `column`, to the output's type.
void store_results(const OutputView& output, int token, int column, int count, const float* values);
void store_results(const OutputView& output, int token, int column, int count, const std::int32_t* values);

}  // namespace lutra::kernels
