// Traces: the operators of a pass, their shapes and bytes, and the file they are kept in.
#include "workloads/trace.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <set>

#include "isa/error.h"
#include "workloads/trace_operators.h"

using namespace lutra;
using namespace lutra::workloads;
using Catch::Contains;

namespace {

const Operator& named(const Trace& trace, const std::string& name) {
  const auto found = std::find_if(trace.operators.begin(), trace.operators.end(), [&](const Operator& op) { return op.name == name; });
  INFO(name);
  REQUIRE(found != trace.operators.end());
  return *found;
}

std::int64_t core_macs(const Trace& trace) {
  std::int64_t sum = 0;
  for (const Operator& op : trace.operators) sum += op.on_core ? op.macs : 0;
  return sum;
}

Trace decode(const char* model, std::int64_t batch = 1, std::int64_t context = 2048) {
  return trace_model(load_model(model), {Phase::kDecode, batch, 1, context});
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a layer with a window reads and scores no more keys than its queries look at") {
  ModelConfig model = load_model("llama2_7b");
  model.layers = 2;
  for (const int window : {1, 3, 7, 16, 1000}) {
    model.windows = {window, 0};
    for (const SequenceGroup group : {SequenceGroup{1, 1, 0}, {1, 1, 2}, {2, 1, 20}, {1, 5, 0}, {3, 9, 4}, {1, 20, 30}}) {
      TraceRequest request;
      request.phase = Phase::kMixed;
      request.groups = {group};
      const Trace trace = trace_model(model, request);
      std::int64_t pairs = 0, all = 0;
      std::set<std::int64_t> keys;
      for (std::int64_t query = group.past; query < group.past + group.queries; ++query) {
        all += query + 1;
        for (std::int64_t key = std::max<std::int64_t>(0, query + 1 - window); key <= query; ++key) {
          ++pairs;
          keys.insert(key);
        }
      }
      INFO("window " << window << ", " << group.queries << " queries behind " << group.past);
      const Operator& score = named(trace, "layers.0.self_attn.score");
      CHECK(score.elements == group.count * pairs * model.heads);
      CHECK(score.kv_bytes == group.count * static_cast<std::int64_t>(keys.size()) * model.kv_heads * model.head_dim * 2);
      CHECK(named(trace, "layers.1.self_attn.score").elements == group.count * all * model.heads);
    }
  }
}

TEST_CASE("a decode step of BitNet 2B4T has seven projections a layer and the LM head on the core") {
  const Trace trace = decode("bitnet_b158_2b4t");
  CHECK(std::count_if(trace.operators.begin(), trace.operators.end(), [](const Operator& op) { return op.on_core; }) == 30 * 7 + 1);
  const Operator& gate = named(trace, "layers.3.mlp.gate_proj");
  CHECK(gate.layer == 3);
  CHECK(gate.m == 1);
  CHECK(gate.n == 6912);
  CHECK(gate.k == 2560);
  CHECK(gate.weight_bytes == 6912 * 2560 / 4);
  CHECK(to_string(*gate.weights) == "ternary");
  CHECK(named(trace, "layers.0.self_attn.k_proj").n == 640);
  CHECK(to_string(*named(trace, "lm_head").weights) == "int8");
  CHECK(core_macs(trace) == 30 * (2560LL * 2560 * 2 + 2560LL * 640 * 2 + 3 * 2560LL * 6912) + 2560LL * 128256);
}

TEST_CASE("every operator of every layer has a name of its own") {
  for (const char* model : {"bitnet_b158_2b4t", "llama2_70b", "opt_175b", "bloom_176b", "mixtral_8x7b"}) {
    const Trace trace = decode(model);
    std::set<std::string> names;
    for (const Operator& op : trace.operators) names.insert(op.name);
    CHECK(names.size() == trace.operators.size());
  }
}

TEST_CASE("decode reads the whole KV cache and appends one position") {
  const Trace trace = decode("bitnet_b158_2b4t");
  const std::int64_t row = 5 * 128 * 2;
  CHECK(named(trace, "layers.7.self_attn.score").kv_bytes == 2049 * row);
  CHECK(named(trace, "layers.7.self_attn.value").kv_bytes == 2049 * row);
  CHECK(named(trace, "layers.7.self_attn.score").macs == 20LL * 128 * 2049);
  CHECK(named(trace, "layers.7.self_attn.kv_append").written_bytes == row);
}

TEST_CASE("prefill is causal and takes logits of the last token only") {
  const Trace trace = trace_model(load_model("llama2_7b"), {Phase::kPrefill, 2, 128, 0});
  CHECK(named(trace, "layers.0.self_attn.q_proj").m == 256);
  CHECK(named(trace, "layers.0.self_attn.score").macs == 2LL * 32 * 128 * (128 * 129 / 2));
  CHECK(named(trace, "lm_head").m == 2);
}

TEST_CASE("a mixed pass adds the tokens of both parts") {
  const Trace trace = trace_model(load_model("llama2_7b"), {Phase::kMixed, 4, 100, 50});
  CHECK(named(trace, "layers.0.self_attn.q_proj").m == 104);
  CHECK(named(trace, "layers.0.self_attn.score").macs == 32LL * 128 * (4 * 51 + 100 * 101 / 2));
  CHECK(named(trace, "lm_head").m == 5);
}

TEST_CASE("experts share the tokens, and only those that have some are traced") {
  const Trace one = decode("mixtral_8x7b");
  CHECK(named(one, "layers.0.block_sparse_moe.experts.1.w1").m == 1);
  CHECK(std::none_of(one.operators.begin(), one.operators.end(),
                     [](const Operator& op) { return op.name.find("experts.2.") != std::string::npos; }));
  const Trace many = trace_model(load_model("mixtral_8x7b"), {Phase::kPrefill, 1, 101, 0});
  std::int64_t pairs = 0;
  for (int e = 0; e < 8; ++e) pairs += named(many, "layers.5.block_sparse_moe.experts." + std::to_string(e) + ".w2").m;
  CHECK(pairs == 202);
}

TEST_CASE("OPT and BLOOM have their own operators") {
  CHECK(named(decode("opt_6.7b"), "layers.0.fc1").n == 16384);
  CHECK(named(decode("opt_6.7b"), "layers.0.self_attn.out_proj").k == 4096);
  CHECK(named(decode("bloom_176b"), "layers.0.self_attention.query_key_value").n == 3 * 14336);
  CHECK(named(decode("bloom_176b"), "layers.69.mlp.dense_4h_to_h").k == 57344);
}

TEST_CASE("requests out of bounds are refused") {
  const ModelConfig model = load_model("llama2_7b");
  CHECK_THROWS_WITH(trace_model(model, {Phase::kDecode, 0, 1, 0}), Contains("batch is 0"));
  CHECK_THROWS_WITH(trace_model(model, {Phase::kPrefill, 1, 0, 0}), Contains("seq is 0"));
  CHECK_THROWS_WITH(trace_model(model, {Phase::kDecode, 1, 1, -1}), Contains("context is -1"));
  CHECK_THROWS_WITH(trace_model(model, {Phase::kDecode, 1, 2, 0}), Contains("seq is 2"));
  CHECK_THROWS_AS(trace_model(model, {Phase::kPrefill, 1 << 20, 1 << 20, 0}), Error);
  CHECK_THROWS_WITH(parse_phase("decod"), Contains("did you mean 'decode'"));
}

TEST_CASE("a trace survives its file") {
  const std::string path = (std::filesystem::temp_directory_path() / ("lutra_trace_test_" + std::to_string(::getpid()) + ".json")).string();
  for (const char* model : {"bitnet_b158_2b4t", "mixtral_8x7b"}) {
    const Trace trace = decode(model);
    write_trace(trace, path);
    const Trace again = read_trace(path);
    CHECK(again.model == trace.model);
    CHECK(again.request.context == 2048);
    CHECK((again.operators == trace.operators));
  }
  std::filesystem::remove(path);
}

TEST_CASE("a damaged trace is refused at the operator and line that is wrong") {
  const std::string good = trace_json(decode("bitnet_b158_2b4t"));
  CHECK_NOTHROW(parse_trace(good, "t"));
  CHECK_THROWS_WITH(parse_trace(replaced(good, "lutra-trace", "other"), "t"), Contains("t:2"));
  CHECK_THROWS_WITH(parse_trace(replaced(good, "\"version\": 2", "\"version\": 3"), "t"), Contains("version is 3"));
  CHECK_THROWS_WITH(parse_trace(replaced(good, "\"n\": 2560", "\"n\": 2561"), "t"), Contains("operator 3") && Contains("macs"));
  CHECK_THROWS_WITH(parse_trace(replaced(good, "\"weights\": \"ternary\"", "\"weights\": \"ternery\""), "t"),
                    Contains("operator 3") && Contains("ternery"));
  CHECK_THROWS_WITH(parse_trace(replaced(good, "\"on_core\": true", "\"on_cor\": true"), "t"),
                    Contains("operator 3") && Contains("did you mean 'on_core'"));
  CHECK_THROWS_WITH(parse_trace(replaced(good, "\"kind\": \"gemm\"", "\"kind\": \"norm\""), "t"), Contains("kind is 'norm'"));
  CHECK_THROWS_WITH(parse_trace(replaced(good, "\"phase\": \"decode\"", "\"phase\": \"decoding\""), "t"), Contains("decoding"));
  CHECK_THROWS_AS(parse_trace(good.substr(0, good.size() / 2), "t"), Error);
  CHECK_THROWS_AS(read_trace("/nowhere/trace.json"), Error);
}

TEST_CASE("an integer KV cache reads its bits and one FP16 scale a token and head") {
  TraceRequest request{Phase::kDecode, 1, 1, 1023};
  const std::int64_t fp16 = named(trace_model(load_model("llama3_8b"), request), "layers.0.self_attn.score").kv_bytes;
  request.kv = KvFormat::kInt4;
  const Trace trace = trace_model(load_model("llama3_8b"), request);
  CHECK(fp16 == 1024 * 8 * 128 * 2);
  CHECK(named(trace, "layers.0.self_attn.score").kv_bytes == 1024 * 8 * (128 / 2 + 2));
  CHECK(named(trace, "layers.0.self_attn.kv_append").written_bytes == 2 * 8 * (128 / 2 + 2));
}

TEST_CASE("verifying drafted tokens is a decode step of more tokens with all their logits") {
  TraceRequest request{Phase::kDecode, 2, 1, 100};
  request.draft = 4;
  const Trace trace = trace_model(load_model("llama2_7b"), request);
  CHECK(named(trace, "layers.0.self_attn.q_proj").m == 10);
  CHECK(named(trace, "lm_head").m == 10);
  request.phase = Phase::kPrefill;
  CHECK_THROWS_WITH(trace_model(load_model("llama2_7b"), request), Contains("draft"));
}

TEST_CASE("a seeded router gives every token as many experts as it goes through, the same each time") {
  TraceRequest request{Phase::kPrefill, 1, 40, 0};
  request.router_seed = 5;
  const Trace trace = trace_model(load_model("mixtral_8x7b"), request);
  std::int64_t tokens = 0;
  std::set<std::int64_t> sizes;
  for (const Operator& op : trace.operators)
    if (op.layer == 3 && op.name.find(".w1") != std::string::npos) {
      tokens += op.m;
      sizes.insert(op.m);
    }
  CHECK(tokens == 80);
  CHECK(sizes.size() > 1);  // not spread evenly
  CHECK((trace_model(load_model("mixtral_8x7b"), request).operators == trace.operators));
  request.router_seed = 6;
  CHECK_FALSE((trace_model(load_model("mixtral_8x7b"), request).operators == trace.operators));
}

TEST_CASE("a batch of any sequences is one pass, and survives its compressed file") {
  TraceRequest request;
  request.phase = Phase::kMixed;
  request.kv = KvFormat::kInt8;
  request.groups = {{3, 1, 50}, {1, 16, 32}};
  const Trace trace = trace_model(load_model("bitnet_b158_2b4t"), request);
  CHECK(named(trace, "layers.0.self_attn.q_proj").m == 19);
  CHECK(named(trace, "lm_head").m == 4);
  CHECK(named(trace, "layers.0.self_attn.score").elements == 20 * (3 * 51 + 16 * 32 + 16 * 17 / 2));
  const std::string path = (std::filesystem::temp_directory_path() / ("lutra_trace_" + std::to_string(getpid()) + ".json.gz")).string();
  write_trace(trace, path);
  CHECK(std::filesystem::file_size(path) * 10 < trace_json(trace).size());
  const Trace again = read_trace(path);
  CHECK((again.operators == trace.operators));
  CHECK((again.request.groups == request.groups));
  CHECK((again.request.kv == KvFormat::kInt8));
  std::filesystem::resize_file(path, 100);
  CHECK_THROWS_WITH(read_trace(path), Contains("cut short"));
  std::filesystem::remove(path);
}

TEST_CASE("the reader without a tree takes what the careful one takes, and refuses what it refuses") {
  const Trace trace = decode("bitnet_b158_2b4t");
  const std::string text = trace_json(trace);
  const std::size_t begin = text.find('[', text.find("\"operators\"")), end = text.find(']', begin) + 1;
  const std::string operators = text.substr(begin, end - begin);
  const auto quick = read_operators(operators);
  REQUIRE(quick);
  CHECK(*quick == trace.operators);
  // A null counts as absent: only the careful reader knows that, and it gives the same operators.
  const std::string with_null = replaced(text, "\"layer\": -1", "\"weights\": null, \"layer\": -1");
  CHECK(parse_trace(with_null, "t.json").operators == trace.operators);
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"\"kind\": \"gemm\"", "\"kind\": \"norm\""},
                                                                                 {"\"k\": 2560", "\"k\": 2561"},
                                                                                 {"\"k\": 2560", "\"k\": -1"},
                                                                                 {"\"k\": 2560", "\"k\": 2560.0"},
                                                                                 {"\"k\": 2560", "\"kk\": 2560"},
                                                                                 {"\"k\": 2560", "\"k\": [2560]"},
                                                                                 {"\"on_core\": true", "\"on_core\": 1"},
                                                                                 {"\"scales\": \"tensor\"", "\"scales\": \"channel\""},
                                                                                 {"\"weights\": \"ternary\"", "\"weights\": \"tern\""},
                                                                                 {"\"layer\": 0", "\"layer\": -2"},
                                                                                 {"\"layer\": 0", "\"layer\": {}"}}) {
    INFO(to);
    CHECK_FALSE(read_operators(replaced(operators, from, to)));
    CHECK_THROWS_WITH(parse_trace(replaced(text, from, to), "t.json"), Contains("t.json:"));
  }
  for (const char* other : {"", "[", "{}", "[1]", "[\"x\"]", "[[]]", "[true]", "[{}]", "1"}) CHECK_FALSE(read_operators(other));
}
