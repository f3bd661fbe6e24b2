// Model configurations: the embedded ones are those of the literature, and bad ones are refused at the right line.
#include "workloads/model.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "isa/error.h"
#include "tests/source_dir.h"
#include "workloads/trace.h"

using namespace lutra;
using namespace lutra::workloads;
using Catch::Contains;

namespace {

const std::string kGood = R"({
  "model_type": "llama",
  "hidden_size": 64,
  "intermediate_size": 128,
  "num_hidden_layers": 2,
  "num_attention_heads": 4,
  "num_key_value_heads": 2,
  "vocab_size": 100,
  "hidden_act": "silu"
})";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

Error failure(const std::string& json) {
  try {
    parse_model(json, "m.json", "m");
  } catch (const Error& e) {
    return e;
  }
  FAIL("accepted: " << json);
  return Error("");
}

/// Weights of the projections and the embedding of the vocabulary, in billions, untied.
double billions(const ModelConfig& m) {
  const double q = static_cast<double>(m.heads) * m.head_dim, kv = static_cast<double>(m.kv_heads) * m.head_dim,
               h = static_cast<double>(m.hidden);
  const double ffn = (m.gated ? 3 : 2) * h * static_cast<double>(m.ffn) * std::max(1, m.experts);
  return (m.layers * (2 * h * q + 2 * h * kv + ffn) + static_cast<double>(m.vocabulary) * h) / 1e9;
}

}  // namespace

TEST_CASE("embedded models have the sizes their names promise") {
  struct Case {
    const char* name;
    double low, high;
  };
  for (const Case& c : {Case{"bitnet_b158_2b4t", 2.3, 2.5},
                        {"bitnet_b158_3b", 3.2, 3.5},
                        {"llama2_7b", 6.5, 6.8},
                        {"llama2_13b", 12.8, 13.1},
                        {"llama2_70b", 68, 70},
                        {"llama3_8b", 7.4, 7.6},
                        {"opt_6.7b", 6.5, 6.8},
                        {"opt_175b", 173, 176},
                        {"bloom_176b", 175, 178},
                        {"mixtral_8x7b", 46, 47},
                        {"mistral_7b", 7.0, 7.2},
                        {"qwen3_8b", 7.5, 7.7},
                        {"gemma2_9b", 9.1, 9.4},
                        {"falcon_7b", 6.8, 7.0}}) {
    INFO(c.name);
    const double size = billions(load_model(c.name));
    CHECK(size > c.low);
    CHECK(size < c.high);
  }
  CHECK(embedded_model_names().size() >= 14);
}

TEST_CASE("BitNet is ternary with sub-norms, others are INT4 in groups of 128, and the caller may say otherwise") {
  CHECK(load_model("bitnet_b158_2b4t").weights == parse_weight_format("ternary"));
  CHECK(load_model("bitnet_b158_2b4t").sub_norms);
  CHECK(load_model("llama2_7b").weights == parse_weight_format("int4_g128"));
  CHECK(load_model("llama2_7b", parse_weight_format("int2")).weights == parse_weight_format("int2"));
  CHECK(load_model("llama2_7b").lm_head == parse_weight_format("int8"));
}

TEST_CASE("a quantization_config names the weights") {
  CHECK(parse_model(with("\"silu\"", R"("silu", "quantization_config": {"quant_method": "gptq", "bits": 3, "group_size": 64})"), "f", "m")
            .weights == parse_weight_format("uint3_g64"));
  CHECK(parse_model(with("\"silu\"", R"("silu", "quantization_config": {"quant_method": "awq", "bits": 4, "group_size": -1})"), "f", "m")
            .weights == parse_weight_format("uint4"));
  CHECK_THAT(failure(with("\"silu\"", R"("silu", "quantization_config": {"quant_method": "magic"})")).what(),
             Contains("magic") && Contains("gptq"));
}

TEST_CASE("OPT and BLOOM are read by their own names") {
  const ModelConfig opt = load_model("opt_6.7b");
  CHECK(opt.ffn == 16384);
  CHECK_FALSE(opt.gated);
  CHECK(opt.positions == Positions::kLearned);
  const ModelConfig bloom = load_model("bloom_176b");
  CHECK(bloom.ffn == 57344);
  CHECK(bloom.kv_heads == 112);
  CHECK(bloom.positions == Positions::kAlibi);
}

TEST_CASE("a bad value is refused with file, line, key, what was given and what is allowed") {
  const Error e = failure(with("\"hidden_size\": 64", "\"hidden_size\": 66"));
  CHECK(e.where().file == "m.json");
  CHECK(e.where().line == 3);
  CHECK(e.exit_code() == 2);
  CHECK_THAT(e.what(), Contains("hidden_size") && Contains("66") && Contains("multiple of num_attention_heads 4"));
  CHECK_THAT(failure(with("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3")).what(), Contains("m.json:7") && Contains("divisor"));
  CHECK_THAT(failure(with("\"vocab_size\": 100", "\"vocab_size\": -1")).what(), Contains("m.json:8") && Contains("-1") && Contains("1 to"));
  CHECK_THAT(failure(with("\"vocab_size\": 100", "\"vocab_size\": 1.5")).what(), Contains("1.5"));
  CHECK_THAT(failure(with("\"vocab_size\": 100", "\"vocab_size\": \"many\"")).what(), Contains("many"));
  CHECK_THAT(failure(with("\"vocab_size\": 100", "\"vocab_size\": 18446744073709551615")).what(), Contains("vocab_size"));
  CHECK_THAT(failure(with("\"model_type\": \"llama\"", "\"model_type\": \"lama\"")).what(),
             Contains("m.json:2") && Contains("did you mean 'llama'"));
}

TEST_CASE("a missing key is named, and a misspelling of it is found") {
  CHECK_THAT(failure(with("  \"vocab_size\": 100,\n", "")).what(), Contains("vocab_size") && Contains("missing"));
  CHECK_THAT(failure(with("intermediate_size", "intermedate_size")).what(),
             Contains("m.json:4") && Contains("'intermedate_size' a misspelling"));
}

TEST_CASE("text that is not a JSON object is refused at its place") {
  CHECK_THAT(failure(kGood.substr(0, 60)).what(), Contains("m.json:4") && Contains("ends too early"));
  CHECK_THAT(failure("").what(), Contains("ends too early"));
  CHECK_THAT(failure("{\n\"hidden_size\": 66e66666666}").what(), Contains("m.json:2") && Contains("the number 66e66666666 is too large"));
  CHECK_THAT(failure("[1, 2]").what(), Contains("object"));
  CHECK_THAT(failure("{\n \"a\": tru }").what(), Contains("m.json:2"));
  CHECK_THAT(failure(std::string(100000, '[')).what(), Contains("nested"));
}

TEST_CASE("a model is found by name or path, and a near miss is helped") {
  CHECK_THROWS_WITH(load_model("llama2_7"), Contains("did you mean 'llama2_7b'"));
  CHECK_THROWS_AS(load_model("/nowhere/at/all.json"), Error);
  CHECK_THROWS_AS(load_model("/"), Error);
  CHECK(load_model(test::source_dir() + "/workloads/models/llama3_8b.json").name == "llama3_8b");
}

TEST_CASE("Qwen, Gemma and Falcon are read by their own keys and traced with their own norms") {
  const ModelConfig gemma = parse_model(
      R"({"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "hidden_size": 64, "intermediate_size": 128,
          "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32, "vocab_size": 100,
          "hidden_activation": "gelu_pytorch_tanh"}})",
      "f", "m");
  CHECK(gemma.qk_norms);
  CHECK(gemma.post_norms);
  CHECK(gemma.head_dim == 32);
  const ModelConfig falcon = load_model("falcon_7b");
  CHECK(falcon.kv_heads == 1);
  CHECK(falcon.ffn == 4 * 4544);
  CHECK(falcon.parallel);
  const auto norms = [](const ModelConfig& model) {
    int count = 0;
    for (const Operator& op : trace_model(model, {}).operators) count += op.kind == "norm" && op.layer == 0 ? 1 : 0;
    return count;
  };
  CHECK(norms(load_model("llama2_7b")) == 2);
  CHECK(norms(load_model("qwen3_8b")) == 3);
  CHECK(norms(load_model("gemma2_9b")) == 4);
  CHECK(norms(gemma) == 5);
  CHECK(norms(falcon) == 1);
  CHECK_THROWS_WITH(parse_model(R"({"model_type": "qwen9"})", "f", "m"), Catch::Contains("qwen2"));
}

TEST_CASE("keys that published files leave out have the family's own values") {
  // As Gemma 3 4B is published: what equals the code's defaults is not written.
  const ModelConfig gemma = parse_model(
      R"({"model_type": "gemma3", "text_config": {"hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text",
          "num_hidden_layers": 34, "sliding_window": 1024}, "vision_config": {"hidden_size": 1152}})",
      "f", "m");
  CHECK(gemma.vocabulary == 262208);
  CHECK(gemma.heads == 8);
  CHECK(gemma.kv_heads == 4);
  CHECK(gemma.head_dim == 256);
  CHECK(gemma.activation == "gelu_pytorch_tanh");
  CHECK(billions(gemma) == Approx(3.88).epsilon(0.005));
  CHECK(gemma.windows.at(0) == 1024);
  CHECK(gemma.windows.at(4) == 1024);
  CHECK(gemma.windows.at(5) == 0);  // every sixth layer looks at everything
  // Qwen3 0.6B: heads are wider than hidden / heads.
  const std::string qwen = with("\"llama\"", "\"qwen3\"");
  CHECK(parse_model(qwen, "f", "m").head_dim == 128);
  const std::string quantised =
      R"({"model_type": "gemma3", "text_config": {"hidden_size": 64, "intermediate_size": 128, "model_type": "gemma3_text",
          "num_hidden_layers": 1}, "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 32}})";
  CHECK(parse_model(quantised, "f", "m").weights == parse_weight_format("uint4_g32"));
}

TEST_CASE("Falcon's newer layers are parallel, have two norms and count their KV heads") {
  const ModelConfig falcon = parse_model(
      R"({"model_type": "falcon", "hidden_size": 8192, "num_hidden_layers": 60, "num_attention_heads": 128, "num_kv_heads": 8,
          "vocab_size": 65024, "multi_query": true, "new_decoder_architecture": true, "parallel_attn": true, "alibi": false})",
      "f", "m");
  CHECK(falcon.kv_heads == 8);
  CHECK(falcon.head_dim == 64);
  CHECK(falcon.parallel);
  CHECK(falcon.two_norms);
  CHECK(billions(falcon) == Approx(41.3).epsilon(0.005));
  int norms = 0;
  for (const Operator& op : trace_model(falcon, {}).operators) norms += op.kind == "norm" && op.layer == 0 ? 1 : 0;
  CHECK(norms == 2);
}

TEST_CASE("the smallest OPT has narrow embeddings between projections, and norms behind") {
  const ModelConfig opt = parse_model(
      R"({"model_type": "opt", "do_layer_norm_before": false, "ffn_dim": 4096, "hidden_size": 1024, "num_attention_heads": 16,
          "num_hidden_layers": 24, "vocab_size": 50272, "word_embed_proj_dim": 512, "activation_function": "relu"})",
      "f", "m");
  CHECK(opt.embedding == 512);
  CHECK_FALSE(opt.norms_first);
  std::int64_t macs = 0, norms = 0;
  for (const Operator& op : trace_model(opt, {}).operators) {
    if (op.name == "project_in") CHECK((op.n == 1024 && op.k == 512));
    if (op.name == "project_out") CHECK((op.n == 512 && op.k == 1024));
    if (op.name == "lm_head") CHECK(op.k == 512);
    macs += op.on_core && op.layer < 0 ? op.macs : 0;
    norms += op.kind == "norm" ? 1 : 0;
  }
  CHECK(macs == 2 * 512 * 1024 + 50272 * 512);
  CHECK(norms == 48);  // two a layer and none at the end
  CHECK(load_model("opt_6.7b").embedding == 4096);
}

TEST_CASE("a layer's window is what its family or its layer_types say") {
  const auto windows = [](const std::string& type, const std::string& more) {
    return parse_model(with("\"llama\"", "\"" + type + "\", \"sliding_window\": 16" + more), "m.json", "m").windows;
  };
  CHECK(windows("llama", "").empty());
  CHECK((windows("mistral", "") == std::vector<int>{16, 16}));
  CHECK((windows("gemma2", "") == std::vector<int>{16, 0}));
  CHECK((windows("gemma3_text", ", \"sliding_window_pattern\": 2") == std::vector<int>{16, 0}));
  CHECK((windows("qwen2", "") == std::vector<int>{0, 0}));
  CHECK((windows("qwen2", ", \"use_sliding_window\": true, \"max_window_layers\": 1") == std::vector<int>{0, 16}));
  CHECK((windows("qwen3", ", \"layer_types\": [\"sliding_attention\", \"full_attention\"]") == std::vector<int>{16, 0}));
  CHECK_THROWS_WITH(windows("gemma2", ", \"layer_types\": [\"full_attention\"]"), Contains("m.json:2") && Contains("1 elements"));
  CHECK_THROWS_WITH(windows("gemma2", ", \"layer_types\": [\"full_attention\", 3]"), Contains("layer_types"));
  CHECK_THROWS_WITH(windows("mistral", ", \"sliding_window\": 0"), Contains("sliding_window is 0"));
}
