// Writes the formats byte by byte, independently of the readers.
#include "tests/workloads/import/file_builder.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <random>

#include "isa/program.h"
#include "workloads/trace.h"

namespace lutra::test {
namespace {

template <typename Value>
void put(Bytes& out, Value value) {
  std::uint8_t raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  out.insert(out.end(), raw, raw + sizeof value);
}

void put_text(Bytes& out, const std::string& text) {
  put(out, static_cast<std::uint64_t>(text.size()));
  out.insert(out.end(), text.begin(), text.end());
}

Bytes random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  Bytes bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

/// Blocks of random codes whose FP16 scale, at the front, is finite.
Bytes random_blocks(std::size_t blocks, std::size_t bytes, unsigned seed) {
  Bytes all = random_bytes(blocks * bytes, seed);
  for (std::size_t i = 0; i < blocks; ++i) all[i * bytes + 1] = static_cast<std::uint8_t>(0x20 + all[i * bytes + 1] % 16);
  return all;
}

void add_initialiser(onnx::GraphProto& graph, const std::string& name, int type, std::vector<std::int64_t> dims, const Bytes& raw) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const std::int64_t d : dims) tensor.add_dims(d);
  tensor.set_raw_data(std::string(raw.begin(), raw.end()));
}

onnx::NodeProto& add_node(onnx::GraphProto& graph, const std::string& op, const std::string& name, std::vector<std::string> inputs) {
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type(op);
  node.set_name(name);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(fmt::format("{}_out", name));
  return node;
}

void add_attribute(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  onnx::AttributeProto& a = *node.add_attribute();
  a.set_name(name);
  a.set_type(onnx::AttributeProto::INT);
  a.set_i(value);
}

}  // namespace

void GgufBuilder::key(const std::string& key, std::uint32_t type) {
  put_text(metadata_, key);
  put(metadata_, type);
  ++pairs_;
}

GgufBuilder& GgufBuilder::text(const std::string& name, const std::string& value) {
  key(name, 8);
  put_text(metadata_, value);
  return *this;
}

GgufBuilder& GgufBuilder::integer(const std::string& name, std::uint32_t value) {
  key(name, 4);
  put(metadata_, value);
  return *this;
}

GgufBuilder& GgufBuilder::texts(const std::string& name, const std::vector<std::string>& values) {
  key(name, 9);
  put(metadata_, std::uint32_t{8});
  put(metadata_, static_cast<std::uint64_t>(values.size()));
  for (const std::string& value : values) put_text(metadata_, value);
  return *this;
}

GgufBuilder& GgufBuilder::tensor(BuiltTensor tensor) {
  tensors_.push_back(std::move(tensor));
  return *this;
}

Bytes GgufBuilder::bytes() const {
  Bytes out;
  put(out, std::uint32_t{0x46554747});
  put(out, version_);
  put(out, static_cast<std::uint64_t>(tensors_.size()));
  put(out, pairs_);
  out.insert(out.end(), metadata_.begin(), metadata_.end());
  std::uint64_t offset = 0;
  for (const BuiltTensor& t : tensors_) {
    put_text(out, t.name);
    put(out, static_cast<std::uint32_t>(t.shape.size()));
    for (auto size = t.shape.rbegin(); size != t.shape.rend(); ++size) put(out, *size);
    put(out, t.type);
    put(out, offset);
    offset += (t.bytes.size() + 31) / 32 * 32;
  }
  out.resize((out.size() + 31) / 32 * 32);
  for (const BuiltTensor& t : tensors_) {
    out.insert(out.end(), t.bytes.begin(), t.bytes.end());
    out.resize((out.size() + 31) / 32 * 32);
  }
  return out;
}

Bytes safetensors(const std::vector<BuiltArray>& arrays) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  std::size_t offset = 0;
  for (const BuiltArray& a : arrays) {
    std::string shape;
    for (const long long size : a.shape) shape += fmt::format("{}{}", shape.empty() ? "" : ",", size);
    header += fmt::format(R"(,"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", a.name, a.dtype, shape, offset,
                          offset + a.bytes.size());
    offset += a.bytes.size();
  }
  header += "}";
  Bytes out;
  put(out, static_cast<std::uint64_t>(header.size()));
  out.insert(out.end(), header.begin(), header.end());
  for (const BuiltArray& a : arrays) out.insert(out.end(), a.bytes.begin(), a.bytes.end());
  return out;
}

Bytes floats(const std::vector<float>& values) {
  Bytes out;
  for (const float v : values) put(out, v);
  return out;
}

Bytes onnx_graph() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  onnx::GraphProto& graph = *model.mutable_graph();
  std::vector<float> w;
  for (int i = 0; i < 6; ++i) w.push_back(static_cast<float>(i));
  add_initialiser(graph, "w1", onnx::TensorProto::FLOAT, {3, 2}, floats(w));
  add_initialiser(graph, "w2", onnx::TensorProto::FLOAT, {2, 3}, floats(w));
  add_initialiser(graph, "w3", onnx::TensorProto::UINT8, {2, 2, 8}, random_bytes(32, 1));
  add_initialiser(graph, "s3", onnx::TensorProto::FLOAT, {4}, floats({1, 2, 3, 4}));
  add_initialiser(graph, "z3", onnx::TensorProto::UINT8, {2}, {0x21, 0x43});
  add_node(graph, "MatMul", "first", {"x", "w1"});
  add_attribute(add_node(graph, "Gemm", "second", {"x", "w2"}), "transB", 1);
  onnx::NodeProto& packed = add_node(graph, "MatMulNBits", "third", {"x", "w3", "s3", "z3"});
  add_attribute(packed, "K", 32);
  add_attribute(packed, "N", 2);
  add_attribute(packed, "bits", 4);
  add_attribute(packed, "block_size", 16);
  add_node(graph, "MatMul", "of activations", {"x", "y"});
  const std::string text = model.SerializeAsString();
  return {text.begin(), text.end()};
}

namespace {

Bytes serialised(const onnx::ModelProto& model) {
  const std::string text = model.SerializeAsString();
  return {text.begin(), text.end()};
}

}  // namespace

Bytes onnx_outside(const std::string& location, const std::string& offset, const std::string& length) {
  onnx::ModelProto model;
  onnx::GraphProto& graph = *model.mutable_graph();
  add_initialiser(graph, "w", onnx::TensorProto::FLOAT, {3, 2}, {});
  onnx::TensorProto& tensor = *graph.mutable_initializer(0);
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : {std::pair{"location", location}, {"offset", offset}, {"length", length}}) {
    if (value.empty()) continue;
    onnx::StringStringEntryProto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
  add_node(graph, "MatMul", "first", {"x", "w"});
  return serialised(model);
}

Bytes onnx_constant() {
  onnx::ModelProto model;
  onnx::GraphProto& graph = *model.mutable_graph();
  onnx::AttributeProto& value = *add_node(graph, "Constant", "c", {}).add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  value.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t d : {3, 2}) value.mutable_t()->add_dims(d);
  for (int i = 0; i < 6; ++i) value.mutable_t()->add_float_data(static_cast<float>(i));
  add_node(graph, "MatMul", "first", {"x", "c_out"});
  return serialised(model);
}

Bytes onnx_gemm(float alpha) {
  onnx::ModelProto model;
  onnx::GraphProto& graph = *model.mutable_graph();
  add_initialiser(graph, "w", onnx::TensorProto::FLOAT, {2, 3}, Bytes(24));
  onnx::AttributeProto& factor = *add_node(graph, "Gemm", "first", {"x", "w"}).add_attribute();
  factor.set_name("alpha");
  factor.set_type(onnx::AttributeProto::FLOAT);
  factor.set_f(alpha);
  return serialised(model);
}

Bytes onnx_packed(std::int64_t depth, const std::string& order) {
  onnx::ModelProto model;
  onnx::GraphProto& graph = *model.mutable_graph();
  const std::int64_t blocks = (depth + 15) / 16;
  Bytes codes;
  for (std::int64_t i = 0; i < 2 * blocks * 8; ++i) {
    const auto k = static_cast<int>(i % (blocks * 8) * 2);
    codes.push_back(k < depth ? static_cast<std::uint8_t>(k % 16 | (k + 1) % 16 << 4) : 0xFF);
  }
  add_initialiser(graph, "w", onnx::TensorProto::UINT8, {2, blocks, 8}, codes);
  add_initialiser(graph, "s", onnx::TensorProto::FLOAT, {2 * blocks}, floats(std::vector<float>(static_cast<std::size_t>(2 * blocks), 1)));
  onnx::NodeProto& node = add_node(graph, "MatMulNBits", "packed", {"x", "w", "s", "", order});
  for (const auto& [name, value] :
       {std::pair{"K", depth}, {"N", std::int64_t{2}}, {"bits", std::int64_t{4}}, {"block_size", std::int64_t{16}}})
    add_attribute(node, name, value);
  return serialised(model);
}

Bytes small_gguf(std::uint32_t version) {
  GgufBuilder b(version);
  b.text("general.architecture", "llama")
      .integer("llama.embedding_length", 64)
      .integer("llama.block_count", 1)
      .integer("llama.feed_forward_length", 96);
  b.integer("llama.attention.head_count", 4)
      .integer("llama.attention.head_count_kv", 2)
      .texts("tokenizer.ggml.tokens", std::vector<std::string>(50, "t"));
  unsigned seed = 1;
  const auto q8 = [&b, &seed](const std::string& name, std::uint64_t outputs, std::uint64_t depth) {
    b.tensor({fmt::format("blk.0.{}.weight", name), 8, {outputs, depth}, random_blocks(outputs * depth / 32, 34, seed++)});
  };
  q8("attn_q", 64, 64);
  q8("attn_k", 32, 64);
  q8("attn_v", 32, 64);
  q8("attn_output", 64, 64);
  q8("ffn_gate", 96, 64);
  q8("ffn_up", 96, 64);
  b.tensor({"blk.0.ffn_down.weight", 2, {64, 96}, random_blocks(64 * 3, 18, seed)});
  std::vector<float> head;
  for (int i = 0; i < 50 * 64; ++i) head.push_back(static_cast<float>(i % 97) - 48);
  b.tensor({"output.weight", 0, {50, 64}, floats(head)});
  return b.bytes();
}

Bytes program_bytes() {
  Program program;
  program.program_hash = std::string(16, '0');
  program.kernels.push_back({"k", {encode(make(Opcode::kNop)), encode(make(Opcode::kHalt))}});
  program.jobs.push_back({0, {}, "a"});
  const std::string text = serialize_program(program);
  return {text.begin(), text.end()};
}

std::vector<std::pair<std::string, Bytes>> seeds() {
  const auto text = [](const std::string& s) { return Bytes(s.begin(), s.end()); };
  return {
      {"gguf", small_gguf(3)},
      {"gguf", GgufBuilder(2).text("general.architecture", "opt").integer("general.alignment", 32).bytes()},
      {"safetensors", safetensors({{"a", "F32", {2, 3}, floats({1, 2, 3, 4, 5, 6})}, {"b", "BF16", {4}, Bytes(8)}})},
      {"index", text(R"({"metadata":{},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})")},
      {"onnx", onnx_graph()},
      {"onnx", onnx_constant()},
      {"onnx", onnx_packed(40)},
      {"onnx", onnx_outside("model.data", "8", "24")},
      {"csv", text("Layer, M, N, K,\nfirst, 4, 8, 16,\n")},
      {"yaml", text("gemms:\n  - {name: a, tokens: 4, outputs: 8, depth: 16, weights: int4_g16, repeat: 2}\n")},
      {"types",
       text("types:\n  - {name: t, title: t, tile: {weights: 2, bytes: 1}, code: {count: 2, at: 0, step: 4, bits: 4}, values: {signed: 4}, "
            "scale: beside}\n")},
      {"config",
       text("{\"model_type\":\"llama\",\"hidden_size\":64,\"intermediate_size\":96,\"num_hidden_layers\":1,\"num_attention_heads\":4,"
            "\"vocab_size\":50,\"hidden_act\":\"silu\"}")},
      {"types",
       text("types:\n  - name: t\n    title: t\n    tile: {weights: 4, bytes: 4}\n"
            "    code: {runs: [{count: 4, pieces: [{at: 0, step: 1, bits: 1}, {at: 4, step: 1, bits: 1}]}]}\n"
            "    order: [{from: 0, walk: [[2, 2], [2, 1]]}]\n    values: {offset: 1, bits: 2}\n"
            "    scale: [{as: fp16, count: 1, at: 16, step: 16, bits: 16}, {as: unsigned, less: 3, count: 2, at: 8, step: 4, bits: 4}]\n"
            "    minimum: [{as: signed, count: 1, at: 8, step: 8, bits: 8, negated: true}]\n")},
      {"trace", text(workloads::trace_json(workloads::trace_list("m", {{"a", 2, 8, 16, "int4_g16"}}, {}, {})))},
      {"program", program_bytes()},
      {"asm", text(".equ N 4\nloop count=N*2\nload signal={0} buffer=weight mem=r9 beats=8\nendloop\nlmma.m2n4k4.i8w2 first=1\nhalt\n")}};
}

}  // namespace lutra::test
