// The tensors of a weight file, whatever its format: names, shapes, element types and where the bytes are.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace lutra::workloads {

/// What an element is: a number format, or the name of a packed type of workloads/types.
struct FileTensor {
  std::string name;
  std::string type;                // "f32", "f16", "bf16", or a type such as "q4_k"; what else the file says where lutra has no such type
  std::vector<long long> shape;    // slowest first: experts, outputs, depth
  std::span<const std::uint8_t> bytes;
  bool operator==(const FileTensor& o) const { return name == o.name && type == o.type && shape == o.shape; }
};

/// By name. Views: whoever holds the file's bytes keeps them alive.
using TensorTable = std::map<std::string, FileTensor>;

/// True for f32, f16 and bf16.
bool is_float(const std::string& type);
/// `count` floats of a tensor of floats, from element `begin` on.
void read_floats(const FileTensor& tensor, long long begin, long long count, float* out);

}  // namespace lutra::workloads
