// How a data type becomes weight planes: which passes the array makes, which plane code stands for a code, and what is lost.
#pragma once

#include <string>
#include <vector>

#include "workloads/types/data_type.h"
#include "workloads/types/transformation.h"
#include "workloads/weight_format.h"

namespace lutra::workloads {

/// One multiplication on the array. A weight's value is the sum over passes of factor x scale (q' - z').
struct LoweringPass {
  WeightFormat format;  // of the planes alone
  double factor = 1;    // s' of a group is factor x its scale
  int scale_index = 0;  // which scale of the group; only kPlanes has several
  int first_plane = 0;  // of the word of Lowering::words
};

struct Lowering {
  DataType type;
  std::string text;                  // "nf4_g64~8": what names this lowering
  int group = 0;                     // weights that share a scale; 0: a row
  std::vector<std::uint32_t> words;  // planes of all passes, of every code; kNoCode where a code has no value
  std::vector<LoweringPass> passes;
  bool exact = true;
  double max_error = 0, mean_error = 0;  // over all codes, as a share of the largest magnitude

  [[nodiscard]] int planes() const;
  /// The value that the planes of a code stand for, at scale 1 and zero point 0.
  [[nodiscard]] double value(std::uint32_t code) const;
};

/// More planes than this are not lowered: two passes.
inline constexpr int kMaxLoweredPlanes = 16;

/// `planes` 0: without loss, else Error says what would be lost. Otherwise the nearest of that many planes, 1 to 8 (0 < planes).
Lowering lower(const DataType& type, int group, int planes);

/// The lowering that a text names: [FILE:]NAME[_gN][~PLANES]. Throws Error for unknown types, and for a group where scales lie inside the
/// tile; and, unless `allow_loss`, for a type that planes do not hold without loss. With it such a type becomes its nearest eight planes.
Lowering parse_lowering(const std::string& text, bool allow_loss = false);
/// The format of a whole lowering, and of one of its passes.
WeightFormat format_of(const Lowering& lowering);
WeightFormat format_of(const Lowering& lowering, int pass);

/// From a packed tile to the codes of its elements: slice, then convert of digits and map where the type has them.
Chain unpacking(const DataType& type);
/// From the codes of elements to the words of planes; invertible where no two codes have the same value.
Chain conversion(const Lowering& lowering);

}  // namespace lutra::workloads
