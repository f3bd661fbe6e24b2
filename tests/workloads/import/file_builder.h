// Small model files of every format, made in memory: what the tests read, break, and seed the fuzzers with.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lutra::test {

using Bytes = std::vector<std::uint8_t>;

struct BuiltTensor {
  std::string name;
  std::uint32_t type = 0;            // of ggml
  std::vector<std::uint64_t> shape;  // slowest first
  Bytes bytes;
};

/// Writes GGUF piece by piece.
class GgufBuilder {
 public:
  explicit GgufBuilder(std::uint32_t version = 3) : version_(version) {}
  GgufBuilder& text(const std::string& key, const std::string& value);
  GgufBuilder& integer(const std::string& key, std::uint32_t value);
  GgufBuilder& texts(const std::string& key, const std::vector<std::string>& values);
  GgufBuilder& tensor(BuiltTensor tensor);
  [[nodiscard]] Bytes bytes() const;

 private:
  void key(const std::string& key, std::uint32_t type);
  std::uint32_t version_;
  std::uint64_t pairs_ = 0;
  Bytes metadata_;
  std::vector<BuiltTensor> tensors_;
};

struct BuiltArray {
  std::string name, dtype;
  std::vector<long long> shape;
  Bytes bytes;
};
Bytes safetensors(const std::vector<BuiltArray>& arrays);

Bytes floats(const std::vector<float>& values);

/// A graph of one float MatMul (k x n), one Gemm with transB (n x k), and one MatMulNBits of 4 bits in blocks of 16.
Bytes onnx_graph();

/// One MatMul whose weights (3 x 2 floats) lie in another file, as its description says.
Bytes onnx_outside(const std::string& location, const std::string& offset, const std::string& length);
/// One MatMul whose weights (3 x 2 floats) are what a Constant node gives.
Bytes onnx_constant();
/// One Gemm of 2 x 3 floats times `alpha`.
Bytes onnx_gemm(float alpha);
/// One MatMulNBits of 2 x `depth` codes of 4 bits in blocks of 16 without zero points; code k of a row is k mod 16. `order`: the name of a
/// g_idx input.
Bytes onnx_packed(std::int64_t depth, const std::string& order = "");

/// A llama of one layer, hidden 64, FFN 96, 4 heads of 16, 2 KV heads, vocabulary 50; its matrices are q8_0 but for the down projection
/// (q4_0) and the head (f32).
Bytes small_gguf(std::uint32_t version = 3);

/// A compiled program of one kernel and one job.
Bytes program_bytes();

/// A valid file of each parser, for the fuzzers: (parser, bytes).
std::vector<std::pair<std::string, Bytes>> seeds();

}  // namespace lutra::test
