// Whole programs: kernels shared by shape, places that do not overlap, and models or machines that do not fit.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "isa/error.h"
#include "tests/shipped_config.h"
#include "tests/workloads/interpreter.h"
#include "workloads/compile.h"
#include "workloads/operands.h"

using namespace lutra;
using namespace lutra::workloads;
using Catch::Contains;

namespace {

const char* kSmallModel = R"({"model_type": "bitnet", "hidden_size": 48, "intermediate_size": 72, "num_hidden_layers": 2,
  "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 37, "hidden_act": "relu2"})";

Operator gemm(std::int64_t m, std::int64_t n, std::int64_t k, const char* format) {
  Operator op;
  op.name = "layers.0.x";
  op.kind = "gemm";
  op.layer = 0;
  op.on_core = true;
  op.m = m;
  op.n = n;
  op.k = k;
  op.weights = parse_weight_format(format);
  op.macs = m * n * k;
  return op;
}

}  // namespace

TEST_CASE("the decode step of BitNet 2B4T is 211 jobs of five kernels and fits its memory") {
  const ArchConfig arch = test::shipped_config("edge_w2a8");
  const Program program = compile(arch, trace_model(load_model("bitnet_b158_2b4t"), {Phase::kDecode, 1, 1, 2048}));
  CHECK(program.jobs.size() == 211);
  CHECK(program.kernels.size() == 5);
  CHECK(program.program_hash == program_hash(arch));
  CHECK(program.metadata["memory"]["used_bytes"].get<double>() < 4.0 * (1 << 30));
  CHECK(program.metadata["not_on_core"].size() == 695 - 211);
  for (const Kernel& kernel : program.kernels) CHECK(static_cast<int>(kernel.code.size()) <= arch.buffer.instruction_words);
  std::uint64_t weights = 0;
  for (const Job& job : program.jobs) weights += job.bytes_read;
  const std::uint64_t least = 30ULL * (2560 * 2560 * 2 + 2560 * 640 * 2 + 3 * 2560 * 6912) / 4 + 2560ULL * 128256;
  CHECK(weights > least);
  CHECK(static_cast<double>(weights) < 1.01 * static_cast<double>(least));
}

TEST_CASE("no two tensors overlap when layers do not share them") {
  const ArchConfig arch = test::shipped_config("tiny");
  CompileOptions options;
  options.share_layers = false;
  const Program program = compile(arch, trace_model(parse_model(kSmallModel, "f", "small"), {Phase::kPrefill, 1, 5, 0}), options);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (std::size_t i = 0; i < program.jobs.size(); ++i) {
    const PlacedJob job = placed_job(arch, program, i);
    ranges.emplace_back(job.weight_base, job.layout.weight_bytes);
    ranges.emplace_back(job.activation_base, job.layout.activation_bytes);
    ranges.emplace_back(job.output_base, job.layout.output_bytes);
  }
  ranges.emplace_back(program.metadata["memory"]["code_base"].get<std::uint64_t>(),
                      program.metadata["memory"]["code_bytes"].get<std::uint64_t>());
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) CHECK(ranges[i - 1].first + ranges[i - 1].second <= ranges[i].first);
  CHECK(ranges.front().first > 0);
  CHECK(ranges.back().first + ranges.back().second <= program.metadata["memory"]["used_bytes"].get<std::uint64_t>());
}

TEST_CASE("every job of a small model gives the golden outputs after a trip through the program's words") {
  const ArchConfig arch = test::shipped_config("tiny");
  const Program program = compile(arch, trace_model(parse_model(kSmallModel, "f", "small"), {Phase::kPrefill, 1, 5, 0}));
  const auto weights = make_generated_weights(1);
  const auto activations = make_generated_activations(1);
  std::vector<std::uint8_t> memory(program.metadata["memory"]["used_bytes"].get<std::size_t>());
  for (std::size_t i = 0; i < program.jobs.size(); ++i) {
    const PlacedJob job = placed_job(arch, program, i);
    place_operands(job, *weights, *activations, [&memory](std::uint64_t at, std::span<const std::uint8_t> bytes) {
      std::copy(bytes.begin(), bytes.end(), memory.begin() + static_cast<std::ptrdiff_t>(at));
    });
    std::vector<Instruction> code;
    for (const Encoded& word : program.kernels[static_cast<std::size_t>(program.jobs[i].kernel)].code) code.push_back(decode(word));
    test::interpret(arch, code, program.jobs[i].args, memory, i);
    const auto outputs = read_outputs(job, [&memory](std::uint64_t at, std::span<std::uint8_t> bytes) {
      std::copy_n(memory.begin() + static_cast<std::ptrdiff_t>(at), bytes.size(), bytes.begin());
    });
    INFO(program.jobs[i].op);
    CHECK((outputs == expected_outputs(job, *weights, *activations)));
  }
}

TEST_CASE("a model larger than the memory is refused with the size it needs") {
  const Trace trace = trace_model(load_model("llama2_70b"), {Phase::kDecode, 1, 1, 0});
  CHECK_THROWS_WITH(compile(test::shipped_config("edge_w2a8"), trace),
                    Contains("memory.size_gib") && Contains("set memory.size_gib to 33"));
}

TEST_CASE("a GEMM whose outputs may leave INT32 is refused by name") {
  Trace trace;
  trace.operators.push_back(gemm(1, 16, 60000, "uint8"));
  CHECK_THROWS_WITH(compile(test::shipped_config("edge_w2a8"), trace), Contains("layers.0.x") && Contains("INT32") && Contains("uint8"));
}

TEST_CASE("a configuration too small for a tile is refused with the buffer that is too small") {
  const auto message = [](const ArchConfig& arch, const GemmShape& shape) -> std::string {
    try {
      compile_gemm(arch, shape);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const GemmShape shape{5, 40, 200, parse_weight_format("int8")};
  ArchConfig arch = test::shipped_config("tiny");
  arch.array.accumulator_bits = 16;
  CHECK_THAT(message(arch, shape), Contains("too small") && Contains("array.accumulator_bits"));
  arch = test::shipped_config("tiny");
  arch.buffer.instruction_words = 16;
  CHECK_THAT(message(arch, shape), Contains("too small") && Contains("buffer.instruction_words"));
  arch = test::shipped_config("tiny");
  arch.control.loop_depth = 0;
  CHECK_THAT(message(arch, shape), Contains("too small") && Contains("control.loop_depth"));
  arch = test::shipped_config("tiny");
  arch.buffer.weight_words = 4;
  CHECK_THAT(message(arch, shape), Contains("too small") && Contains("buffer.weight_words"));
}

TEST_CASE("a program of another producer is refused where its places are asked for") {
  const ArchConfig arch = test::shipped_config("tiny");
  Program program;
  program.kernels.push_back({"k", {}});
  program.jobs.emplace_back();
  CHECK_THROWS_AS(placed_job(arch, program, 0), Error);
}

TEST_CASE("every built-in model compiles, and no layer's program comes near 64 KiB") {
  ArchConfig arch = test::shipped_config("edge_w2a8");
  arch.memory.size_gib = 4096;
  for (const std::string& name : embedded_model_names()) {
    for (const char* weights : {"int2", "fp6_e3m2_g32"}) {
      const Program program = compile(arch, trace_model(load_model(name, parse_weight_format(weights)), {}));
      std::map<std::pair<int, std::string>, std::size_t> bytes;  // of a layer's distinct kernels
      for (const Job& job : program.jobs)
        bytes[{job.layer, program.kernels[static_cast<std::size_t>(job.kernel)].name}] =
            program.kernels[static_cast<std::size_t>(job.kernel)].code.size() * 16;
      std::map<int, std::size_t> layers;
      for (const auto& [key, size] : bytes) layers[key.first] += size;
      INFO(name << " " << weights);
      for (const auto& [layer, size] : layers) CHECK(size < 64 * 1024);
    }
  }
}

TEST_CASE("a type of several passes is a job for each, on the same activations") {
  const Program program = compile(test::shipped_config("tiny"), trace_list("m", {{"w", 2, 5, 24, "fp6_e3m2"}}, {}, {}));
  REQUIRE(program.jobs.size() == 2);
  CHECK(program.jobs[0].op == "w");
  CHECK(program.jobs[1].op == "w");
  CHECK(program.jobs[0].macs == 2 * 5 * 24);
  CHECK(program.jobs[1].macs == 0);
  CHECK(program.jobs[0].args[1] == program.jobs[1].args[1]);
  CHECK(program.jobs[0].args[0] != program.jobs[1].args[0]);
  CHECK(program.jobs[0].args[2] != program.jobs[1].args[2]);
}
