// Model configurations: the embedded ones are those of the literature, and bad ones are refused at the right line.
#include "workloads/model.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "isa/error.h"
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
  CHECK(load_model(std::string(LUTRA_SOURCE_DIR) + "/workloads/models/llama3_8b.json").name == "llama3_8b");
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
