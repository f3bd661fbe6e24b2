// What a plan holds: the packed matrix and everything about it that is decided before the activations are known.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/mpgemm.h"

namespace lutra::kernels {

inline constexpr int kBlockOutputs = 16;  // outputs that lie in the INT32 lanes of one 64-byte line
inline constexpr int kLineBytes = 64;
inline constexpr int kLookupOutputs = 64;  // outputs of a line of table indices, one a byte

/// Uninitialised bytes on a 2 MB border (large pages), so that streams of weights do not stall on address translation. Copies are deep.
class AlignedBytes {
 public:
  AlignedBytes() = default;
  explicit AlignedBytes(std::size_t size);
  AlignedBytes(const AlignedBytes& other);
  AlignedBytes& operator=(const AlignedBytes& other);
  AlignedBytes(AlignedBytes&&) noexcept = default;
  AlignedBytes& operator=(AlignedBytes&&) noexcept = default;
  ~AlignedBytes() = default;
  [[nodiscard]] std::uint8_t* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::uint8_t* p) const;
  };
  std::unique_ptr<std::uint8_t[], Free> data_;
  std::size_t size_ = 0;
};

enum class ChunkKind : std::uint8_t {
  kField1,  // fields of 1, 2 and 4 bits, 16 outputs x 4 k in each position of a line
  kField2,
  kField4,
  kDense,   // three trits in five bits
  kNibble,  // two 4-bit table indices a byte, 64 outputs a line
  kSixBit,  // four 6-bit table indices in three bytes, 64 outputs a line
  kCode,    // a byte a code, row-major
};

/// A bit field of the weight's unsigned value u = sum over chunks of (field << shift), packed in lines of its own.
struct Chunk {
  ChunkKind kind = ChunkKind::kField1;
  int shift = 0;           // weight of the field in u
  std::size_t offset = 0;  // bytes from the start of a segment to this chunk's lines
  std::size_t bytes = 0;   // of one segment
};

enum class Layout : std::uint8_t {
  kDot,     // multiply-add
  kNibble,  // lookup in tables of 4 activations
  kSixBit,  // lookup in tables of 6 activations
  kCodes,   // scalar
};

/// How a code's value is written: q' = 2 u - max. Digits of planes with weights 1, 2, 4, ... make u the code itself.
struct PlanData {
  int outputs = 0;
  int depth = 0;
  PlaneType type;
  PlanOptions options;
  Family family = Family::kMultiplyAdd;
  Target target = Target::kPortable;
  Layout layout = Layout::kDot;

  int segment = 0;  // k of a segment
  int segments = 0;
  int padded_segment = 0;  // k of a segment as packed; the rest is zero activations
  int group_segments = 1;  // segments that share s' and z'
  int max_value = 1;       // largest q'

  std::vector<Chunk> chunks;
  std::size_t segment_bytes = 0;  // of one block of outputs
  std::size_t block_bytes = 0;
  int blocks = 0;  // of kBlockOutputs or kLookupOutputs
  int block_outputs = kBlockOutputs;
  AlignedBytes weights;  // block x segment x chunk x line

  bool unit_scales = true;  // every s' is 1
  float tensor_scale = 1;   // when scales is empty
  AlignedBytes scales;      // FP32, block x group x block_outputs, when s' differs between columns
  bool column_offsets = false;
  int offset = 0;           // max_value + z', when it is the same for every column
  AlignedBytes offsets;     // INT32, block x group x block_outputs
  AlignedBytes real_zeros;  // FP32, block x group x block_outputs
  [[nodiscard]] int groups() const { return (segments + group_segments - 1) / group_segments; }

  [[nodiscard]] const float* scales_of(int block, int group) const {
    return reinterpret_cast<const float*>(scales.data()) + parameter_index(block, group);
  }
  [[nodiscard]] const std::int32_t* offsets_of(int block, int group) const {
    return reinterpret_cast<const std::int32_t*>(offsets.data()) + parameter_index(block, group);
  }
  [[nodiscard]] const float* real_zeros_of(int block, int group) const {
    return reinterpret_cast<const float*>(real_zeros.data()) + parameter_index(block, group);
  }

 private:
  [[nodiscard]] std::size_t parameter_index(int block, int group) const {
    return (static_cast<std::size_t>(block) * static_cast<std::size_t>(groups()) + static_cast<std::size_t>(group)) *
           static_cast<std::size_t>(block_outputs);
  }
};

}  // namespace lutra::kernels
