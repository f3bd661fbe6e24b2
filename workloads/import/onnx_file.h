// Reads the matrix products of an ONNX graph whose weights are constants: MatMul, Gemm and MatMulNBits.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "workloads/import/tensor_file.h"

namespace lutra::workloads {

struct OnnxFile {
  std::vector<ListedGemm> gemms;  // in the graph's order, named after their nodes
  TensorTable tensors;            // their weights, by the product's name
  std::shared_ptr<void> storage;  // what the tensors' bytes live in
};

/// `file` is the name used in messages. Throws Error for what is no ONNX model, for weights kept outside the file, and for products whose
/// shapes contradict each other.
OnnxFile parse_onnx(std::span<const std::uint8_t> bytes, const std::string& file);

}  // namespace lutra::workloads
