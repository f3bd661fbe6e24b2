// Files of every format are read as they are written, and broken ones are refused with the place.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <random>

#include "isa/error.h"
#include "isa/file.h"
#include "tests/isa/temporary_directory.h"
#include "tests/workloads/import/file_builder.h"
#include "tests/workloads/types/ggml_reference.h"
#include "tests/workloads/types/random_tensor.h"
#include "workloads/import/gguf.h"
#include "workloads/import/gguf_model.h"
#include "workloads/import/lists.h"
#include "workloads/import/model_file.h"
#include "workloads/import/onnx_file.h"
#include "workloads/import/safetensors.h"
#include "workloads/import/tensor_names.h"

using namespace lutra;
using namespace lutra::workloads;
using namespace lutra::test;
using Catch::Contains;

namespace {

std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

/// Reads every prefix of a file and the file with single bytes changed; nothing may happen but an Error.
template <typename Parse>
void break_everywhere(const Bytes& whole, Parse parse) {
  int refused = 0;
  const auto attempt = [&](const Bytes& bytes) {
    try {
      parse(bytes);
    } catch (const Error&) {
      ++refused;
    }
  };
  const std::size_t step = std::max<std::size_t>(1, whole.size() / 400);
  for (std::size_t end = 0; end < whole.size(); end += step)
    attempt(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(end)));
  CHECK(refused > 0);
  std::mt19937 random(1);
  for (int trial = 0; trial < 400; ++trial) {
    Bytes changed = whole;
    changed[random() % std::min<std::size_t>(changed.size(), 1200)] = static_cast<std::uint8_t>(random());
    attempt(changed);
  }
}

}  // namespace

TEST_CASE("a GGUF file gives metadata, shapes and the bytes of its tensors") {
  for (const std::uint32_t version : {2U, 3U}) {
    const Bytes bytes = small_gguf(version);
    const GgufFile file = parse_gguf(bytes, "f.gguf");
    CHECK(file.version == static_cast<int>(version));
    CHECK(std::get<std::string>(file.metadata.at("general.architecture")) == "llama");
    CHECK(std::get<GgufArray>(file.metadata.at("tokenizer.ggml.tokens")).count == 50);
    const FileTensor& down = file.tensors.at("blk.0.ffn_down.weight");
    CHECK(down.type == "q4_0");
    CHECK((down.shape == std::vector<long long>{64, 96}));
    CHECK(down.bytes.size() == 64 * 3 * 18);
    CHECK(file.tensors.size() == 8);
  }
}

TEST_CASE("a broken GGUF file is an error with an offset") {
  const auto with_count = [](std::size_t at, std::uint64_t value) {
    Bytes bytes = small_gguf();
    for (int i = 0; i < 8; ++i) bytes[at + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (8 * i));
    return bytes;
  };
  CHECK_THROWS_WITH(parse_gguf(Bytes{1, 2, 3, 4}, "f.gguf"), Contains("f.gguf:offset 0x0: not a GGUF file"));
  CHECK_THROWS_WITH(parse_gguf(GgufBuilder(4).bytes(), "f.gguf"), Contains("version 4, allowed are 2 and 3") && Contains("offset 0x8"));
  CHECK_THROWS_WITH(parse_gguf(with_count(8, std::uint64_t{1} << 60), "f.gguf"), Contains("more than the file can describe"));
  CHECK_THROWS_WITH(parse_gguf(with_count(16, std::uint64_t{1} << 60), "f.gguf"), Contains("more than the file can hold"));
  CHECK_THROWS_WITH(parse_gguf(with_count(24, std::uint64_t{1} << 62), "f.gguf"), Contains("a key"));
  CHECK_THROWS_WITH(parse_gguf(GgufBuilder().tensor({"t", 2, {2, 33}, Bytes(64)}).bytes(), "f"), Contains("no whole blocks of 32"));
  CHECK_THROWS_WITH(parse_gguf(GgufBuilder().tensor({"t", 99, {2, 32}, Bytes(64)}).bytes(), "f"), Contains("type 99"));
  CHECK_THROWS_WITH(parse_gguf(GgufBuilder().tensor({"t", 0, {2, 32}, Bytes(64)}).bytes(), "f"), Contains("256 bytes at 0"));
  CHECK_THROWS_WITH(parse_gguf(GgufBuilder().tensor({"t", 0, {std::uint64_t{1} << 40, 32}, {}}).bytes(), "f"),
                    Contains("more than any file"));
  break_everywhere(small_gguf(), [](const Bytes& b) { parse_gguf(b, "f"); });
}

TEST_CASE("a safetensors file gives its tensors; a broken one is an error") {
  const Bytes bytes =
      safetensors({{"a", "F32", {2, 3}, floats({1, 2, 3, 4, 5, 6})}, {"b", "BF16", {2, 2}, {0x80, 0x3F, 0, 0x40, 0, 0, 0x80, 0xBF}}});
  const TensorTable tensors = parse_safetensors(bytes, "f");
  float row[3];
  read_float_rows(tensors.at("a"), 1, 2, row);
  CHECK(row[2] == 6);
  read_float_rows(tensors.at("b"), 0, 1, row);
  CHECK(row[0] == 1);
  CHECK(row[1] == 2);
  Bytes longer = bytes;
  longer[7] = 1;
  CHECK_THROWS_WITH(parse_safetensors(longer, "f"), Contains("offset 0x8") && Contains("allowed are"));
  CHECK_THROWS_WITH(parse_safetensors(safetensors({{"a", "F31", {1}, Bytes(4)}}), "f"), Contains("'F31'"));
  CHECK_THROWS_WITH(parse_safetensors(safetensors({{"a", "F32", {3}, Bytes(8)}}), "f"), Contains("need 12 bytes"));
  CHECK_THROWS_WITH(parse_safetensors(safetensors({{"a", "F32", {1LL << 40, 1LL << 40}, Bytes(8)}}), "f"), Contains("shape"));
  break_everywhere(bytes, [](const Bytes& b) { parse_safetensors(b, "f"); });
}

TEST_CASE("shards are read through their index") {
  const TemporaryDirectory directory;
  write_file_atomically(directory.file("model-1.safetensors"), text_of(safetensors({{"a.weight", "F32", {2, 2}, floats({1, 2, 3, 4})}})));
  write_file_atomically(directory.file("model-2.safetensors"), text_of(safetensors({{"b.weight", "F32", {1, 2}, floats({5, 6})}})));
  const std::string index = directory.file("model.safetensors.index.json");
  write_file_atomically(index,
                        "{\"metadata\":{},\"weight_map\":{\"a.weight\":\"model-1.safetensors\",\"b.weight\":\"model-2.safetensors\"}}");
  const auto file = open_model(index);
  CHECK(file->tensors.size() == 2);
  CHECK(file->gemms.size() == 2);
  CHECK_THROWS_WITH(parse_safetensors_index("{\"weight_map\":{\"a\":\"../x\"}}", "i"), Contains("beside the index"));
}

TEST_CASE("an ONNX graph gives the products with constant weights") {
  const Bytes bytes = onnx_graph();
  const OnnxFile file = parse_onnx(bytes, "f");
  REQUIRE(file.gemms.size() == 3);
  CHECK(file.gemms[0].outputs == 2);
  CHECK(file.gemms[0].depth == 3);
  float row[3];
  read_float_rows(file.tensors.at("first"), 1, 2, row);  // column 1 of 0 1 / 2 3 / 4 5
  CHECK(row[0] == 1);
  CHECK(row[2] == 5);
  read_float_rows(file.tensors.at("second"), 1, 2, row);
  CHECK(row[0] == 3);
  CHECK(file.gemms[2].weights == "uint4_g16");
  const FileTensor& third = file.tensors.at("third");
  CHECK((third.zeros == std::vector<std::uint8_t>{1, 2, 3, 4}));
  CHECK((third.scales == std::vector<float>{1, 2, 3, 4}));
  CHECK_THROWS_WITH(parse_onnx(Bytes{0xFF, 0xFF}, "f"), Contains("not an ONNX model"));
  break_everywhere(bytes, [](const Bytes& b) { parse_onnx(b, "f"); });
}

TEST_CASE("ONNX weights are found in files beside the model, and nowhere else") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model.onnx");
  const Bytes padding(8, 0xEE), values = floats({0, 1, 2, 3, 4, 5});
  Bytes data = padding;
  data.insert(data.end(), values.begin(), values.end());
  write_file_atomically(directory.file("model.data"), text_of(data));
  write_file_atomically(path, text_of(onnx_outside("model.data", "8", "24")));
  const auto file = open_model(path);
  REQUIRE(file->gemms.size() == 1);
  float row[3];
  read_float_rows(tensor_of(*file, "first"), 1, 2, row);
  CHECK(row[0] == 1);
  CHECK(row[2] == 5);
  const auto refused = [&](const std::string& location, const std::string& offset, const std::string& length) {
    write_file_atomically(path, text_of(onnx_outside(location, offset, length)));
    try {
      open_model(path);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("taken");
  };
  CHECK_THAT(refused("../model.data", "8", ""), Contains("allowed is a file in the model's folder"));
  CHECK_THAT(refused("/etc/passwd", "", ""), Contains("allowed is a file in the model's folder"));
  CHECK_THAT(refused("", "", ""), Contains("allowed is a file in the model's folder"));
  CHECK_THAT(refused("none.data", "", ""), Contains("none.data"));
  CHECK_THAT(refused("model.data", "9", ""), Contains("24 bytes at 9 of 'model.data', which has 32"));
  CHECK_THAT(refused("model.data", "18446744073709551615", ""), Contains("which has 32"));
  CHECK_THAT(refused("model.data", "0", "25"), Contains("25 bytes at 0") && Contains("needs 24"));
  CHECK_THAT(refused("model.data", "x", ""), Contains("offset") && Contains("'x'"));
  CHECK_THROWS_WITH(parse_onnx(onnx_outside("model.data", "8", "24"), "f"), Contains("lie in another file"));
}

TEST_CASE("what an ONNX node does to its weights is read or refused") {
  float row[3];
  const OnnxFile constant = parse_onnx(onnx_constant(), "f");
  read_float_rows(constant.tensors.at("first"), 1, 2, row);
  CHECK(row[1] == 3);
  CHECK(parse_onnx(onnx_gemm(1), "f").gemms.size() == 1);
  CHECK_THROWS_WITH(parse_onnx(onnx_gemm(0.5F), "f"), Contains("'first'") && Contains("alpha is 0.5"));
  CHECK_THROWS_WITH(parse_onnx(onnx_packed(32, "order"), "f"), Contains("g_idx"));
  // The last block of a row may be cut short: 40 = 16 + 16 + 8.
  auto file = std::make_shared<ModelFile>();
  const OnnxFile ragged = parse_onnx(onnx_packed(40), "f");
  file->tensors = ragged.tensors;
  std::vector<float> rows(80);
  make_file_floats(file)->rows("packed", 2, 40, 0, 2, rows.data());
  for (std::size_t i = 0; i < rows.size(); ++i) CHECK(rows[i] == static_cast<float>(i % 40 % 16) - 8);
}

TEST_CASE("no list makes more of a file than it is") {
  CHECK_THROWS_WITH(parse_gemm_list("gemms:\n  - {name: " + std::string(201, 'x') + ", outputs: 8, depth: 16, repeat: 100000}\n", "f.yaml"),
                    Contains("f.yaml:2:12") && Contains("201 characters"));
  std::string index = "{\"weight_map\":{\"\":\"s\"";
  for (int i = 0; i < 300'000; ++i) index += fmt::format(",\"{}\":\"s{}\"", i, i);
  CHECK(parse_safetensors_index(index + "}}", "i").size() == 300'001);  // at once, not in the square of the shards
}

TEST_CASE("lists of products are read with their places in mind") {
  const auto csv = parse_scale_sim("Layer, M, N, K,\nq, 1, 2, 3,\n\nk, 4, 5, 6\n", "f.csv");
  REQUIRE(csv.size() == 2);
  CHECK(csv[1].tokens == 4);
  CHECK(csv[1].depth == 6);
  CHECK_THROWS_WITH(parse_scale_sim("Layer, M, N, K,\nq, 1, x, 3,\n", "f.csv"), Contains("f.csv:2:6") && Contains("N is 'x'"));
  CHECK_THROWS_WITH(parse_scale_sim("Layer name, IFMAP Height,\n", "f.csv"), Contains("f.csv:1:1"));
  CHECK_THROWS_WITH(parse_scale_sim("Layer, M, N, K,\nq, 1, 3,\n", "f.csv"), Contains("three") || Contains("3 values"));
  const auto yaml = parse_gemm_list("gemms:\n  - {name: a, outputs: 8, depth: 16, weights: mxfp4, repeat: 2}\n", "f.yaml");
  REQUIRE(yaml.size() == 2);
  CHECK(yaml[1].name == "a.1");
  CHECK_THROWS_WITH(parse_gemm_list("gemms:\n  - {name: a, outputs: 8, depth: 16, weights: mxfp5}\n", "f.yaml"),
                    Contains("f.yaml:2:") && Contains("mxfp4"));
  CHECK_THROWS_WITH(parse_gemm_list("gemms: []\n", "f.yaml"), Contains("empty"));
}

TEST_CASE("a GGUF model is traced in its own types and gives its own weights") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("small.gguf");
  const Bytes bytes = small_gguf();
  write_file_atomically(path, text_of(bytes));
  const auto file = open_model(path);
  REQUIRE(file->model);
  CHECK(file->model->kv_heads == 2);
  CHECK(file->model->vocabulary == 50);
  CHECK(to_string(file->model->weights) == "q8_0");
  const Trace trace = trace_file(*file, {Phase::kDecode, 1, 1, 8});
  const auto weights = make_file_weights(file);
  int seen = 0;
  for (const Operator& op : trace.operators) {
    if (!op.on_core) continue;
    const Tensor tensor{op.name, op.n, op.k, *op.weights};
    std::vector<std::uint8_t> codes(static_cast<std::size_t>(op.n * op.k));
    std::vector<float> scales(static_cast<std::size_t>(op.n * group_count(tensor)));
    weights->codes(tensor, 0, op.n, codes.data());
    weights->scales(tensor, 0, op.n, scales.data());
    if (op.name == "layers.0.mlp.up_proj") {
      const auto first = tensor_of(*file, op.name).bytes.first(34);
      const auto expected = dequantise_ggml("q8_0", first);
      for (std::size_t i = 0; i < 32; ++i)
        CHECK(static_cast<double>(scales[0]) * (kernels::plane_value(plane_type(tensor.format), codes[i]) - 1) == expected[i]);
    }
    ++seen;
  }
  CHECK(seen == 8);
  CHECK_THROWS_WITH(tensor_of(*file, "layers.1.mlp.up_proj"), Contains("no tensor for layers.1"));
}

TEST_CASE("a GGUF of experts is Mixtral or refused, and a window is read") {
  const auto model = [](const std::string& architecture, const char* key, std::uint32_t value) {
    GgufBuilder b;
    b.text("general.architecture", architecture);
    for (const auto& [name, number] : {std::pair{"embedding_length", 64},
                                       {"block_count", 2},
                                       {"feed_forward_length", 96},
                                       {"attention.head_count", 4},
                                       {"vocab_size", 50},
                                       {"expert_used_count", 2}})
      b.integer(architecture + "." + name, static_cast<std::uint32_t>(number));
    const Bytes bytes = b.integer(architecture + "." + key, value).bytes();
    return gguf_model(parse_gguf(bytes, "f"), "f", "m", {});
  };
  CHECK(model("llama", "expert_count", 8).experts == 8);
  CHECK_THROWS_WITH(model("qwen2moe", "expert_count", 8), Contains("'qwen2moe'") && Contains("allowed are llama"));
  CHECK((model("llama", "attention.sliding_window", 7).windows == std::vector<int>{7, 7}));
  CHECK((model("gemma2", "attention.sliding_window", 7).windows == std::vector<int>{7, 0}));
  CHECK(model("llama", "context_length", 7).windows.empty());
}

TEST_CASE("GGUF tensors of every block type decode to what the format's layout says") {
  std::mt19937 random(4);
  const std::vector<std::pair<std::uint32_t, std::string>> types{
      {2, "q4_0"},  {3, "q4_1"},  {6, "q5_0"},    {7, "q5_1"},    {8, "q8_0"},   {10, "q2_k"},  {11, "q3_k"}, {12, "q4_k"},
      {13, "q5_k"}, {14, "q6_k"}, {20, "iq4_nl"}, {23, "iq4_xs"}, {34, "tq1_0"}, {35, "tq2_0"}, {39, "mxfp4"}};
  for (const auto& [id, name] : types) {
    INFO(name);
    const DataType type = find_type(name);
    const RandomTensor tensor(name, 3, 256, random);
    GgufBuilder builder;
    builder.tensor({"blk.0.ffn_up.weight", id, {3, 256}, tensor.bytes});
    const Bytes bytes = builder.bytes();
    auto file = std::make_shared<ModelFile>();
    file->tensors = parse_gguf(bytes, "f.gguf").tensors;
    CHECK(tensor_of(*file, "layers.0.mlp.up_proj").type == name);
    std::vector<float> rows(3 * 256);
    make_file_floats(file)->rows("layers.0.mlp.up_proj", 3, 256, 0, 3, rows.data());
    const auto block = static_cast<std::size_t>(type.bytes), weights = static_cast<std::size_t>(type.weights);
    for (std::size_t tile = 0; tile < tensor.bytes.size() / block; ++tile) {
      const std::vector<double> expected = dequantise_ggml(name, std::span(tensor.bytes).subspan(tile * block, block));
      for (std::size_t i = 0; i < weights; ++i) REQUIRE(rows[tile * weights + i] == static_cast<float>(expected[i]));
    }
  }
}

TEST_CASE("names of tensors are found in every family's spelling, experts in their stack") {
  const auto has = [](const std::string& op, const std::string& name) {
    const auto names = tensor_names(op);
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  CHECK(has("layers.3.self_attn.q_proj", "model.layers.3.self_attn.q_proj.weight"));
  CHECK(has("layers.3.fc1", "model.decoder.layers.3.fc1.weight"));
  CHECK(has("layers.3.self_attention.query_key_value", "transformer.h.3.self_attention.query_key_value.weight"));
  CHECK(has("layers.3.self_attn.o_proj", "blk.3.attn_output.weight"));
  CHECK(has("lm_head", "token_embd.weight"));
  CHECK(expert_slice("layers.2.block_sparse_moe.experts.5.w2").tensor == "blk.2.ffn_down_exps.weight");
  CHECK(expert_slice("layers.2.block_sparse_moe.experts.5.w2").expert == 5);
  CHECK(expert_slice("layers.2.mlp.up_proj").expert == -1);
}
