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
  std::string type;              // "f32", "f16", "bf16", or a type such as "q4_k"; what else the file says where lutra has no such type
  std::vector<long long> shape;  // slowest first: experts, outputs, depth
  std::span<const std::uint8_t> bytes;
  bool transposed = false;    // floats that are stored depth x outputs
  std::vector<float> scales;  // of a packed type whose scales lie beside it
  std::vector<std::uint8_t> zeros;
};

/// By name. Views: whoever holds the file's bytes keeps them alive.
using TensorTable = std::map<std::string, FileTensor>;

/// A matrix product that a file lists.
struct ListedGemm {
  std::string name;
  long long tokens = 0;  // 0: as many as the request has
  long long outputs = 0, depth = 0;
  std::string weights;  // format; "" where the file does not say
};

/// True for f32, f16 and bf16.
bool is_float(const std::string& type);
/// Rows [begin, end) of an outputs x depth tensor of floats.
void read_float_rows(const FileTensor& tensor, long long begin, long long end, float* out);

}  // namespace lutra::workloads
