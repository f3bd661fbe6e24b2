// Elements of float tensors.
#include "workloads/import/tensor_file.h"

#include <cstring>

#include "kernels/half.h"

namespace lutra::workloads {

bool is_float(const std::string& type) { return type == "f32" || type == "f16" || type == "bf16"; }

void read_floats(const FileTensor& tensor, long long begin, long long count, float* out) {
  if (tensor.type == "f32") {
    std::memcpy(out, tensor.bytes.data() + begin * 4, static_cast<std::size_t>(count) * 4);
    return;
  }
  const bool brain = tensor.type == "bf16";
  for (long long i = 0; i < count; ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, tensor.bytes.data() + (begin + i) * 2, 2);
    out[i] = brain ? kernels::bf16_to_float(half) : kernels::fp16_to_float(half);
  }
}

}  // namespace lutra::workloads
