// Reads the matrix products of an ONNX graph whose weights are constants: MatMul, Gemm and MatMulNBits.
#pragma once

#include <functional>
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

/// The bytes of a file that tensors lie in, named relative to the folder of the model; they have to outlive what is read.
using ExternalData = std::function<std::span<const std::uint8_t>(const std::string& location)>;

/// `file` is the name used in messages. Throws Error for what is no ONNX model, for products whose shapes contradict each other, for
/// weights outside the file when there is no `external`, and for those outside its folder.
OnnxFile parse_onnx(std::span<const std::uint8_t> bytes, const std::string& file, const ExternalData& external = {});

}  // namespace lutra::workloads
