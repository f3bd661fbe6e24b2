// Sparsity traces survive a file, and every broken file or import is refused without leaving anything behind.
#include "workloads/sparsity/trace_file.h"

#include <zlib.h>

#include <catch2/catch.hpp>

#include "isa/file.h"
#include "tests/isa/message_of.h"
#include "tests/isa/temporary_directory.h"
#include "workloads/sparsity/generator.h"

using namespace lutra;
using namespace lutra::workloads;

namespace {

const SparsityShape kShape{"tiny_moe", 2, 4, 2, 200};

std::vector<TokenActivity> tokens_of(ActivitySource& source) {
  std::vector<TokenActivity> tokens;
  for (TokenActivity token; source.next(token);) tokens.push_back(token);
  return tokens;
}

std::vector<TokenActivity> generated(int count) {
  ActivityGenerator generator(kShape, published_statistics("turbosparse_mixtral"), 11, count);
  return tokens_of(generator);
}

std::string written(const test::TemporaryDirectory& folder, int count) {
  const std::string path = folder.file("t.trace");
  SparsityTraceWriter writer(path, kShape, count, "test");
  for (const TokenActivity& token : generated(count)) writer.append(token);
  writer.finish();
  return path;
}

std::string reading_fails(const test::TemporaryDirectory& folder, const std::string& bytes) {
  write_file_atomically(folder.file("broken.trace"), bytes);
  return test::message_of([&] {
    SparsityTraceReader reader(folder.file("broken.trace"));
    tokens_of(reader);
  });
}

std::string importing_fails(const std::string& text, const SparsityShape& shape = {"m", 2, 1, 1, 10}) {
  const test::TemporaryDirectory folder;
  write_file_atomically(folder.file("t.jsonl"), text);
  const std::string message = test::message_of([&] { import_sparsity_trace(folder.file("t.jsonl"), shape, folder.file("out.trace")); });
  CHECK(folder.entries() == 1);  // nothing written
  return message;
}

}  // namespace

TEST_CASE("a sparsity trace comes back as it was written") {
  const test::TemporaryDirectory folder;
  SparsityTraceReader reader(written(folder, 6), kShape);
  CHECK(reader.shape() == kShape);
  CHECK(reader.tokens() == 6);
  CHECK(tokens_of(reader) == generated(6));
  CHECK(folder.entries() == 1);
}

TEST_CASE("a writer that is not finished leaves nothing behind") {
  const test::TemporaryDirectory folder;
  {
    SparsityTraceWriter writer(folder.file("t.trace"), kShape, 2, "test");
    writer.append(generated(1).front());
    CHECK_THAT(test::message_of([&] { writer.finish(); }), Catch::Contains("2 tokens were announced, 1 came"));
  }
  CHECK(folder.entries() == 0);
}

TEST_CASE("a token that is unsorted, doubled or out of range cannot be written") {
  const test::TemporaryDirectory folder;
  SparsityTraceWriter writer(folder.file("t.trace"), {"m", 1, 1, 1, 10}, 1, "test");
  const auto append = [&](std::vector<Neuron> neurons) {
    TokenActivity token;
    token.slices.push_back({0, 0, 0, static_cast<std::uint32_t>(neurons.size())});
    token.neurons = std::move(neurons);
    return test::message_of([&] { writer.append(token); });
  };
  CHECK_THAT(append({{3, true, true}, {2, true, true}}), Catch::Contains("neuron 2 comes after 3, ids must ascend"));
  CHECK_THAT(append({{3, true, true}, {3, true, true}}), Catch::Contains("neuron 3 is listed twice"));
  CHECK_THAT(append({{10, true, true}}), Catch::Contains("neuron 10, allowed 0 to 9"));
}

TEST_CASE("a file cut anywhere, or with a byte changed, is refused with its offset") {
  const test::TemporaryDirectory folder;
  const std::string bytes = read_file(written(folder, 2));
  for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 7) {
    INFO(length);
    CHECK_FALSE(reading_fails(folder, bytes.substr(0, length)).empty());
  }
  CHECK_THAT(reading_fails(folder, bytes.substr(0, bytes.size() - 9)), Catch::Contains("the file ends inside"));
  CHECK_THAT(reading_fails(folder, bytes + "x"), Catch::Contains("bytes follow the end mark"));
  for (std::size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 97) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x20);
    INFO(at);
    CHECK_FALSE(reading_fails(folder, changed).empty());
  }
  std::string version = bytes;
  version[8] = 9;
  CHECK_THAT(reading_fails(folder, version), Catch::Contains("version 9 of sparsity traces, allowed 1"));
  CHECK_THAT(reading_fails(folder, "hello, this is no trace"), Catch::Contains("not a sparsity trace"));
}

TEST_CASE("a header does not decide how much memory a token takes") {
  const test::TemporaryDirectory folder;
  const std::string header =
      R"({"model":"m","layers":1024,"experts":1024,"active_experts":1024,"neurons":1048576,"tokens":1,"origin":"o","lutra_version":"0"})";
  const auto u32 = [](std::uint32_t value) {
    std::string bytes;
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
    return bytes;
  };
  const auto sum = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(header.data()), static_cast<uInt>(header.size())));
  const std::string file =
      "LUTRASPT" + u32(1) + u32(static_cast<std::uint32_t>(header.size())) + header + u32(sum) + u32(0xFFFFFFFF) + u32(100) + u32(0);
  CHECK_THAT(reading_fails(folder, file), Catch::Contains("4294967295 bytes") && Catch::Contains("at most 67108864"));
}

TEST_CASE("a trace of another model is refused") {
  const test::TemporaryDirectory folder;
  const std::string path = written(folder, 1);
  SparsityShape other = kShape;
  other.model = "other";
  CHECK_THAT(test::message_of([&] { SparsityTraceReader(path, other); }),
             Catch::Contains("a trace of tiny_moe (2 layers, 4 experts of 200 neurons"));
}

TEST_CASE("lines of JSON become a trace") {
  const test::TemporaryDirectory folder;
  write_file_atomically(folder.file("t.jsonl"),
                        "{\"token\": 0, \"layer\": 0, \"active\": [1, 4], \"predicted\": [2, 4]}\n"
                        "{\"token\": 0, \"layer\": 1, \"active\": [], \"predicted\": []}\n\n"
                        "{\"token\": 1, \"layer\": 0, \"active\": [9], \"predicted\": [9]}\n"
                        "{\"token\": 1, \"layer\": 1, \"active\": [0], \"predicted\": [0, 1]}\n");
  const SparsityShape shape{"m", 2, 1, 1, 10};
  CHECK(import_sparsity_trace(folder.file("t.jsonl"), shape, folder.file("t.trace")) == 2);
  SparsityTraceReader reader(folder.file("t.trace"), shape);
  const std::vector<TokenActivity> tokens = tokens_of(reader);
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[0].neurons == std::vector<Neuron>{{1, true, false}, {2, false, true}, {4, true, true}});
  CHECK(tokens[1].slices.back() == ActivitySlice{1, 0, 1, 3});
}

TEST_CASE("an import that is wrong names the line and writes nothing") {
  const std::string good = "{\"token\": 0, \"layer\": 0, \"active\": [1], \"predicted\": [1]}\n";
  CHECK_THAT(importing_fails(good + "{\"token\": 0, \"layer\": 1, \"active\": [4, 2], \"predicted\": []}\n"),
             Catch::Contains("t.jsonl:2:1: active: neuron 2 comes after 4, ids must ascend"));
  CHECK_THAT(importing_fails(good + "{\"token\": 0, \"layer\": 1, \"active\": [4, 4], \"predicted\": []}\n"),
             Catch::Contains("active: neuron 4 is listed twice"));
  CHECK_THAT(importing_fails(good + "{\"token\": 0, \"layer\": 1, \"active\": [10], \"predicted\": []}\n"),
             Catch::Contains("active: given 10, allowed a whole number 0..9"));
  CHECK_THAT(importing_fails(good), Catch::Contains("1 lists of neurons, the model has 2 a token"));
  CHECK_THAT(importing_fails(good + good), Catch::Contains("layer 0 where layer 1 is due"));
  CHECK_THAT(importing_fails("{\"token\": 1, \"layer\": 0, \"active\": [], \"predicted\": []}\n"),
             Catch::Contains("token 1 where token 0 is due"));
  CHECK_THAT(importing_fails("{\"token\": 0, \"layer\": 5, \"active\": [], \"predicted\": []}\n"),
             Catch::Contains("layer: given 5, allowed a whole number 0..1"));
  CHECK_THAT(importing_fails("{\"token\": 0, \"layer\": 0, \"activ\": [], \"predicted\": []}\n"), Catch::Contains("unknown key activ"));
  CHECK_THAT(importing_fails("token 0\n"), Catch::Contains("t.jsonl:1:1: not a JSON object"));
  CHECK_THAT(importing_fails("\n"), Catch::Contains("no tokens in the file"));
  constexpr std::size_t kDeep = 1'000'000;
  CHECK_THAT(importing_fails("{\"token\": " + std::string(kDeep, '[') + std::string(kDeep, ']') + "}\n"),
             Catch::Contains("t.jsonl:1:1: JSON nested deeper than 64"));
  CHECK_THAT(importing_fails(good + std::string((1 << 24) + 1, ' ')), Catch::Contains("t.jsonl:2:1: a line of more than 16777216 bytes"));
  CHECK_THAT(importing_fails("{\"token\": 0, \"layer\": 0, \"active\": [], \"predicted\": []}\n", {"m", 1, 4, 2, 10}),
             Catch::Contains("expert is missing"));
}
