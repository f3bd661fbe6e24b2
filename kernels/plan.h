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

/// Uninitialised bytes, from half a large page on in whole large pages (2 MB), so that streams of weights do not stall on address
/// translation. Copies are deep.
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
  std::size_t segment_bytes = 0;  // of one block of outputs: codes only
  std::size_t header_bytes = 0;   // parameters of one block and group, in front of the group's first segment
  std::size_t group_bytes = 0;    // header and segments of a group
  std::size_t block_bytes = 0;
  int blocks = 0;  // of kBlockOutputs or kLookupOutputs
  int block_outputs = kBlockOutputs;
  AlignedBytes weights;  // block x group x (parameters, segment x chunk x line): one stream, parameters included

  bool unit_scales = true;      // every s' is 1
  float tensor_scale = 1;       // when column_scales is not set
  bool column_scales = false;   // s' differs between columns: FP32, block_outputs of them in a header
  bool column_offsets = false;  // likewise max_value + z', INT32
  int offset = 0;               // max_value + z', when it is the same for every column
  bool real_zeros = false;      // z' that are no integers, FP32 in the header
  [[nodiscard]] int groups() const { return (segments + group_segments - 1) / group_segments; }

  [[nodiscard]] std::uint8_t* header_of(int block, int group) const {
    return weights.data() + static_cast<std::size_t>(block) * block_bytes + static_cast<std::size_t>(group) * group_bytes;
  }
  [[nodiscard]] std::uint8_t* segment_of(int block, int segment) const {
    const int group = segment / group_segments;
    return header_of(block, group) + header_bytes + static_cast<std::size_t>(segment - group * group_segments) * segment_bytes;
  }
  [[nodiscard]] float* scales_of(int block, int group) const { return parameters<float>(block, group, 0); }
  [[nodiscard]] std::int32_t* offsets_of(int block, int group) const { return parameters<std::int32_t>(block, group, column_scales); }
  [[nodiscard]] float* real_zeros_of(int block, int group) const {
    return parameters<float>(block, group, int{column_scales} + int{column_offsets});
  }
  [[nodiscard]] int parameter_kinds() const { return int{column_scales} + int{column_offsets} + int{real_zeros}; }

 private:
  template <typename T>
  [[nodiscard]] T* parameters(int block, int group, int kind) const {
    return reinterpret_cast<T*>(header_of(block, group) + static_cast<std::size_t>(kind * block_outputs) * sizeof(T));
  }
};

}  // namespace lutra::kernels
