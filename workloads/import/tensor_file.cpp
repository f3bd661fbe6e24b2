// Elements of float tensors.
#include "workloads/import/tensor_file.h"

#include <cstring>

#include "kernels/half.h"

namespace lutra::workloads {
namespace {

float element(const FileTensor& tensor, long long index) {
  if (tensor.type == "f32") {
    float value = 0;
    std::memcpy(&value, tensor.bytes.data() + index * 4, 4);
    return value;
  }
  std::uint16_t half = 0;
  std::memcpy(&half, tensor.bytes.data() + index * 2, 2);
  return tensor.type == "bf16" ? kernels::bf16_to_float(half) : kernels::fp16_to_float(half);
}

}  // namespace

bool is_float(const std::string& type) { return type == "f32" || type == "f16" || type == "bf16"; }

void read_float_rows(const FileTensor& tensor, long long begin, long long end, float* out) {
  const long long outputs = tensor.shape.at(0), depth = tensor.shape.at(1);
  for (long long row = begin; row < end; ++row)
    for (long long k = 0; k < depth; ++k) *out++ = element(tensor, tensor.transposed ? k * outputs + row : row * depth + k);
}

}  // namespace lutra::workloads
