// Weights that lie packed in memory, tile after tile, as one of the types of workloads/types: real values behind WeightSource.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "workloads/types/lowering.h"
#include "workloads/weights.h"

namespace lutra::workloads {

/// A packed tensor: each row is a whole number of tiles, rows follow each other. Views; whoever adds a tensor keeps its bytes alive.
struct PackedTensor {
  std::string type;  // text of a lowering, or of a plain weight format
  long long outputs = 0;
  long long depth = 0;
  std::span<const std::uint8_t> bytes;
  /// Where scales lie beside the tensor: outputs x groups x scales a group (none: all 1), and zero points, outputs x groups.
  std::span<const float> scales;
  std::span<const std::uint8_t> zeros;
};

/// Scales and minimum of a group, in exact arithmetic.
struct TileScale {
  double scale = 1;
  double minimum = 0;
};
/// Of group `index` of a tile whose scales lie inside.
TileScale tile_scale(const DataType& type, std::span<const std::uint8_t> tile, int index);

/// Bytes of a row of `depth` weights.
long long packed_row_bytes(const DataType& type, long long depth);

class PackedWeights final : public WeightSource {
 public:
  /// Throws Error when sizes do not fit the shape and the type.
  void add(const std::string& name, const PackedTensor& tensor);

  void codes(const Tensor& tensor, long long begin, long long end, std::uint8_t* out) const override;
  void zeros(const Tensor& tensor, long long begin, long long end, std::int16_t* out) const override;
  void scales(const Tensor& tensor, long long begin, long long end, float* out) const override;
  void offsets(const Tensor& tensor, long long begin, long long end, float* out) const override;

 private:
  struct Entry {
    PackedTensor tensor;
    Lowering lowering;
    Chain chain;  // packed tile to plane words
  };
  /// The tensor of that name. Throws Error when it is not there, or has another shape or type than asked for.
  [[nodiscard]] const Entry& find(const Tensor& tensor) const;

  std::map<std::string, Entry> entries_;
};

}  // namespace lutra::workloads
