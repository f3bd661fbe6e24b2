// Walks an ONNX graph with the library's own message classes.
#include "workloads/import/onnx_file.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/onnx_pb.h>

#include <map>

#include "isa/error.h"
#include "isa/geometry.h"
#include "kernels/half.h"

namespace lutra::workloads {
namespace {

constexpr long long kMaxDimension = 1 << 26;
constexpr int kMaxNesting = 100;  // of protobuf messages

class Reader {
 public:
  Reader(std::shared_ptr<onnx::ModelProto> model, const std::string& file) : model_(std::move(model)), file_(file) {
    for (onnx::TensorProto& tensor : *model_->mutable_graph()->mutable_initializer()) initialisers_[tensor.name()] = &tensor;
    out_.storage = model_;
  }

  OnnxFile run() {
    int index = 0;
    for (const onnx::NodeProto& node : model_->graph().node()) {
      const std::string name = node.name().empty() ? fmt::format("node_{}", index) : node.name();
      ++index;
      if (node.op_type() == "MatMul" || node.op_type() == "Gemm") floats(node, name);
      if (node.op_type() == "MatMulNBits") packed(node, name);
    }
    if (out_.gemms.empty()) throw Error("the graph has no MatMul, Gemm or MatMulNBits with constant weights", {file_});
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(const std::string& name, const std::string& message) const {
    throw Error(fmt::format("node '{}': {}", name, message), {file_});
  }

  static std::int64_t attribute(const onnx::NodeProto& node, const std::string& key, std::int64_t otherwise) {
    for (const onnx::AttributeProto& a : node.attribute())
      if (a.name() == key) return a.i();
    return otherwise;
  }

  /// The constant that input `index` names; nullptr where it is computed or left out.
  onnx::TensorProto* constant(const onnx::NodeProto& node, int index) const {
    if (index >= node.input_size()) return nullptr;
    const auto found = initialisers_.find(node.input(index));
    return found == initialisers_.end() ? nullptr : found->second;
  }

  /// The tensor's bytes, little-endian, after checking that they are as many as the shape needs. Typed fields are moved into raw_data.
  std::span<const std::uint8_t> bytes_of(const std::string& name, onnx::TensorProto& tensor, long long elements, int size) const {
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL)
      refuse(name, fmt::format("the weights '{}' lie in another file", tensor.name()));
    if (tensor.raw_data().empty()) {
      std::string raw;
      const auto append = [&raw](const auto& value, int bytes) {
        raw.append(reinterpret_cast<const char*>(&value), static_cast<std::size_t>(bytes));
      };
      if (tensor.float_data_size() > 0 && size == 4)
        for (const float v : tensor.float_data()) append(v, 4);
      else
        for (const std::int32_t v : tensor.int32_data()) append(v, std::min(size, 4));
      tensor.set_raw_data(raw);
    }
    const std::string& raw = tensor.raw_data();
    if (static_cast<long long>(raw.size()) != elements * size)
      refuse(name, fmt::format("the weights '{}' have {} bytes, their shape needs {}", tensor.name(), raw.size(), elements * size));
    return {reinterpret_cast<const std::uint8_t*>(raw.data()), raw.size()};
  }

  void add(const std::string& name, long long outputs, long long depth, const std::string& weights, FileTensor tensor) {
    if (!out_.tensors.emplace(name, std::move(tensor)).second) refuse(name, "there are two nodes of that name");
    out_.gemms.push_back({name, 0, outputs, depth, weights});
  }

  void floats(const onnx::NodeProto& node, const std::string& name) {
    onnx::TensorProto* weights = constant(node, 1);
    if (weights == nullptr || weights->dims_size() != 2) return;  // products of two activations, and batched ones, stay beside the core
    const bool by_outputs = node.op_type() == "Gemm" && attribute(node, "transB", 0) != 0;
    const long long first = weights->dims(0), second = weights->dims(1);
    if (first < 1 || second < 1 || first > kMaxDimension || second > kMaxDimension)
      refuse(name, fmt::format("weights of {} x {}, allowed is 1 to {}", first, second, kMaxDimension));
    FileTensor tensor;
    tensor.name = weights->name();
    int size = 2;
    switch (weights->data_type()) {
      case onnx::TensorProto::FLOAT:
        tensor.type = "f32";
        size = 4;
        break;
      case onnx::TensorProto::FLOAT16:
        tensor.type = "f16";
        break;
      case onnx::TensorProto::BFLOAT16:
        tensor.type = "bf16";
        break;
      default:
        refuse(name, fmt::format("weights of ONNX type {}, allowed are FLOAT, FLOAT16 and BFLOAT16", weights->data_type()));
    }
    const long long outputs = by_outputs ? first : second, depth = by_outputs ? second : first;
    tensor.shape = {outputs, depth};
    tensor.transposed = !by_outputs;
    tensor.bytes = bytes_of(name, *weights, outputs * depth, size);
    add(name, outputs, depth, "", std::move(tensor));
  }

  void packed(const onnx::NodeProto& node, const std::string& name) {
    const std::int64_t depth = attribute(node, "K", 0), outputs = attribute(node, "N", 0), bits = attribute(node, "bits", 4),
                       block = attribute(node, "block_size", 0);
    if (depth < 1 || outputs < 1 || depth > kMaxDimension || outputs > kMaxDimension)
      refuse(name, fmt::format("K is {} and N is {}, allowed is 1 to {}", depth, outputs, kMaxDimension));
    if (bits < 1 || bits > 8 || block < 16 || block > 65536 || (block & (block - 1)) != 0 || depth % block != 0)
      refuse(name, fmt::format("bits is {} and block_size {}, allowed are 1 to 8 and a power of two from 16 that divides K {}", bits, block,
                               depth));
    onnx::TensorProto *weights = constant(node, 1), *scales = constant(node, 2), *zeros = constant(node, 3);
    if (weights == nullptr || scales == nullptr) refuse(name, "weights and scales have to be constants");
    const long long groups = depth / block;
    FileTensor tensor;
    tensor.name = weights->name();
    tensor.type = fmt::format("uint{}_g{}", bits, block);
    tensor.shape = {outputs, depth};
    tensor.bytes = bytes_of(name, *weights, outputs * depth * bits / 8, 1);
    read_scales(name, *scales, outputs * groups, tensor.scales);
    const long long row = ceil_div(groups * bits, 8);
    tensor.zeros.assign(static_cast<std::size_t>(outputs * groups), static_cast<std::uint8_t>(1 << (bits - 1)));
    if (zeros != nullptr) {
      const auto packed = bytes_of(name, *zeros, outputs * row, 1);
      for (long long i = 0; i < outputs * groups; ++i) {
        std::uint8_t zero = 0;
        for (int bit = 0; bit < bits; ++bit) {
          const long long at = i / groups * row * 8 + i % groups * bits + bit;
          zero = static_cast<std::uint8_t>(zero | ((packed[static_cast<std::size_t>(at / 8)] >> (at % 8)) & 1) << bit);
        }
        tensor.zeros[static_cast<std::size_t>(i)] = zero;
      }
    }
    const std::string type = tensor.type;
    add(name, outputs, depth, type, std::move(tensor));
  }

  void read_scales(const std::string& name, onnx::TensorProto& scales, long long count, std::vector<float>& out) const {
    const bool half = scales.data_type() == onnx::TensorProto::FLOAT16;
    if (!half && scales.data_type() != onnx::TensorProto::FLOAT) refuse(name, "scales are neither FLOAT nor FLOAT16");
    FileTensor tensor;
    tensor.type = half ? "f16" : "f32";
    tensor.bytes = bytes_of(name, scales, count, half ? 2 : 4);
    tensor.shape = {1, count};
    out.resize(static_cast<std::size_t>(count));
    read_float_rows(tensor, 0, 1, out.data());
  }

  std::shared_ptr<onnx::ModelProto> model_;
  const std::string& file_;
  std::map<std::string, onnx::TensorProto*> initialisers_;
  OnnxFile out_;
};

}  // namespace

OnnxFile parse_onnx(std::span<const std::uint8_t> bytes, const std::string& file) {
  if (bytes.size() > INT32_MAX) throw Error(fmt::format("an ONNX file of {} bytes, allowed are {}", bytes.size(), INT32_MAX), {file});
  google::protobuf::io::ArrayInputStream array(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream coded(&array);
  coded.SetRecursionLimit(kMaxNesting);
  auto model = std::make_shared<onnx::ModelProto>();
  if (bytes.empty() || !model->ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage())
    throw Error("not an ONNX model, or cut short", {file, 0, 0, coded.CurrentPosition()});
  if (!model->has_graph()) throw Error("the model has no graph", {file, 0, 0, 0});
  return Reader(std::move(model), file).run();
}

}  // namespace lutra::workloads
