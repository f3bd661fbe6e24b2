// Walks an ONNX graph with the library's own message classes.
#include "workloads/import/onnx_file.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <list>
#include <map>

#include "isa/error.h"
#include "isa/geometry.h"
#include "kernels/half.h"

namespace lutra::workloads {
namespace {

constexpr long long kMaxDimension = 1 << 26;
constexpr int kMaxNesting = 100;  // of protobuf messages
constexpr int kMaxUses = 64;      // of a constant: what is copied of it stays a small multiple of the file

/// What the tensors' bytes live in.
struct Storage {
  onnx::ModelProto model;
  std::list<std::string> copies;
};

class Reader {
 public:
  Reader(const std::shared_ptr<Storage>& storage, const std::string& file, const ExternalData& external)
      : storage_(*storage), graph_(*storage->model.mutable_graph()), file_(file), external_(external) {
    for (onnx::TensorProto& tensor : *graph_.mutable_initializer()) constants_[tensor.name()] = &tensor;
    for (onnx::NodeProto& node : *graph_.mutable_node()) {
      if (node.op_type() != "Constant" || node.output_size() != 1) continue;
      for (onnx::AttributeProto& a : *node.mutable_attribute())
        if (a.name() == "value" && a.has_t()) constants_[node.output(0)] = a.mutable_t();
    }
    out_.storage = storage;
  }

  OnnxFile run() {
    int index = 0;
    for (const onnx::NodeProto& node : graph_.node()) {
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
  onnx::TensorProto* constant(const onnx::NodeProto& node, int index) {
    if (index >= node.input_size()) return nullptr;
    const auto found = constants_.find(node.input(index));
    if (found == constants_.end()) return nullptr;
    if (++uses_[found->second] > kMaxUses) throw Error(fmt::format("more than {} nodes use '{}'", kMaxUses, found->first), {file_});
    return found->second;
  }

  /// A number in the description of a tensor that lies in another file; 0 where it is left out.
  std::uint64_t described(const std::string& name, const onnx::TensorProto& tensor, const std::string& key) const {
    for (const onnx::StringStringEntryProto& entry : tensor.external_data()) {
      if (entry.key() != key) continue;
      std::uint64_t number = 0;
      const char* end = entry.value().data() + entry.value().size();
      if (const auto [stop, code] = std::from_chars(entry.value().data(), end, number); code == std::errc() && stop == end) return number;
      refuse(name, fmt::format("the {} of the weights '{}' is '{}', allowed is a whole number", key, tensor.name(), entry.value()));
    }
    return 0;
  }

  /// Bytes of a tensor that lies in another file, in the model's folder or below.
  std::span<const std::uint8_t> outside(const std::string& name, const onnx::TensorProto& tensor, std::uint64_t bytes) const {
    std::string location;
    for (const onnx::StringStringEntryProto& entry : tensor.external_data())
      if (entry.key() == "location") location = entry.value();
    const std::filesystem::path path = location;
    const bool leaves = path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end();
    if (location.empty() || leaves || location.find('\0') != std::string::npos)
      refuse(name, fmt::format("the weights '{}' lie in '{}', allowed is a file in the model's folder", tensor.name(), location));
    if (!external_) refuse(name, fmt::format("the weights '{}' lie in another file", tensor.name()));
    const std::span<const std::uint8_t> file = external_(location);
    const std::uint64_t offset = described(name, tensor, "offset"), length = described(name, tensor, "length");
    if ((length != 0 && length != bytes) || offset > file.size() || bytes > file.size() - offset)
      refuse(name, fmt::format("the weights '{}' are {} bytes at {} of '{}', which has {}; their shape needs {}", tensor.name(),
                               length == 0 ? bytes : length, offset, location, file.size(), bytes));
    return file.subspan(offset, bytes);
  }

  /// The tensor's bytes, little-endian, after checking that they are as many as the shape needs. Typed fields are moved into raw_data.
  std::span<const std::uint8_t> bytes_of(const std::string& name, onnx::TensorProto& tensor, long long elements, int size) const {
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL)
      return outside(name, tensor, static_cast<std::uint64_t>(elements) * static_cast<std::uint64_t>(size));
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
    for (const onnx::AttributeProto& a : node.attribute())
      if (a.name() == "alpha" && a.f() != 1) refuse(name, fmt::format("alpha is {}, allowed is 1", a.f()));
    const long long first = weights->dims(0), second = weights->dims(1);
    if (first < 1 || second < 1 || first > kMaxDimension || second > kMaxDimension)
      refuse(name, fmt::format("weights of {} x {}, allowed is 1 to {}", first, second, kMaxDimension));
    FileTensor tensor;
    tensor.name = weights->name();
    const auto [type, size] = float_format(name, "weights", *weights);
    tensor.type = type;
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
    if (bits < 1 || bits > 8 || block < 16 || block > 65536 || (block & (block - 1)) != 0)
      refuse(name, fmt::format("bits is {} and block_size {}, allowed are 1 to 8 and a power of two from 16 to 65536", bits, block));
    if (node.input_size() > 4 && !node.input(4).empty()) refuse(name, "g_idx gives k another order, allowed are blocks of neighbours");
    onnx::TensorProto *weights = constant(node, 1), *scales = constant(node, 2), *zeros = constant(node, 3);
    if (weights == nullptr || scales == nullptr) refuse(name, "weights and scales have to be constants");
    const long long groups = ceil_div(depth, block);
    FileTensor tensor;
    tensor.name = weights->name();
    tensor.type = fmt::format("uint{}_g{}", bits, block);
    tensor.shape = {outputs, depth};
    tensor.bytes = whole_tiles(bytes_of(name, *weights, outputs * groups * block * bits / 8, 1), outputs, ceil_div(depth, 8) * bits);
    read_scales(name, *scales, outputs * groups, tensor.scales);
    const long long row = ceil_div(groups * bits, 8);
    tensor.zeros.assign(static_cast<std::size_t>(outputs * groups), static_cast<std::uint8_t>(1 << (bits - 1)));
    if (zeros == nullptr && node.input_size() > 3 && !node.input(3).empty()) refuse(name, "zero points have to be constants");
    if (zeros != nullptr) {
      if (zeros->data_type() != onnx::TensorProto::UINT8)
        refuse(name, fmt::format("zero points of ONNX type {}, allowed is UINT8", zeros->data_type()));
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

  /// Rows without the padding of their last block; a copy where there is any.
  std::span<const std::uint8_t> whole_tiles(std::span<const std::uint8_t> bytes, long long rows, long long row_bytes) {
    const auto stored = static_cast<long long>(bytes.size()) / rows;
    if (stored == row_bytes) return bytes;
    std::string& kept = storage_.copies.emplace_back();
    for (long long row = 0; row < rows; ++row) {
      const auto from = bytes.subspan(static_cast<std::size_t>(row * stored), static_cast<std::size_t>(row_bytes));
      kept.append(from.begin(), from.end());
    }
    return {reinterpret_cast<const std::uint8_t*>(kept.data()), kept.size()};
  }

  /// How a float tensor is kept: the name of its format and the bytes of an element.
  std::pair<std::string, int> float_format(const std::string& name, const char* what, const onnx::TensorProto& tensor) const {
    if (tensor.data_type() == onnx::TensorProto::FLOAT) return {"f32", 4};
    if (tensor.data_type() == onnx::TensorProto::FLOAT16) return {"f16", 2};
    if (tensor.data_type() == onnx::TensorProto::BFLOAT16) return {"bf16", 2};
    refuse(name, fmt::format("{} of ONNX type {}, allowed are FLOAT, FLOAT16 and BFLOAT16", what, tensor.data_type()));
  }

  void read_scales(const std::string& name, onnx::TensorProto& scales, long long count, std::vector<float>& out) const {
    FileTensor tensor;
    const auto [type, size] = float_format(name, "scales", scales);
    tensor.type = type;
    tensor.bytes = bytes_of(name, scales, count, size);
    tensor.shape = {1, count};
    out.resize(static_cast<std::size_t>(count));
    read_float_rows(tensor, 0, 1, out.data());
  }

  Storage& storage_;
  onnx::GraphProto& graph_;
  const std::string& file_;
  const ExternalData& external_;
  std::map<std::string, onnx::TensorProto*> constants_;  // initialisers, and what Constant nodes give
  std::map<const onnx::TensorProto*, int> uses_;
  OnnxFile out_;
};

}  // namespace

OnnxFile parse_onnx(std::span<const std::uint8_t> bytes, const std::string& file, const ExternalData& external) {
  if (bytes.size() > INT32_MAX) throw Error(fmt::format("an ONNX file of {} bytes, allowed are {}", bytes.size(), INT32_MAX), {file});
  google::protobuf::io::ArrayInputStream array(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream coded(&array);
  coded.SetRecursionLimit(kMaxNesting);
  const auto storage = std::make_shared<Storage>();
  if (bytes.empty() || !storage->model.ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage())
    throw Error("not an ONNX model, or cut short", {file, 0, 0, coded.CurrentPosition()});
  if (!storage->model.has_graph()) throw Error("the model has no graph", {file, 0, 0, 0});
  return Reader(storage, file, external).run();
}

}  // namespace lutra::workloads
