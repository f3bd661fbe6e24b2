// Reads GGUF files of versions 2 and 3: metadata and tensors, in place.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>

#include "workloads/import/tensor_file.h"

namespace lutra::workloads {

/// A metadata value; of an array only how many elements it has.
struct GgufArray {
  std::uint64_t count = 0;
};
using GgufValue = std::variant<std::int64_t, double, std::string, GgufArray>;

struct GgufFile {
  int version = 0;
  std::map<std::string, GgufValue> metadata;
  TensorTable tensors;
};

/// `file` is the name used in messages. Throws Error with the offset for anything truncated, unknown or contradictory; allocates no more
/// than a small multiple of `bytes`.
GgufFile parse_gguf(std::span<const std::uint8_t> bytes, const std::string& file);

}  // namespace lutra::workloads
