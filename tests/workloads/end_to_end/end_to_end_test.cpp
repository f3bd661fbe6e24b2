// Packed tensors through importer, compiler, model and Verilog: equal bits and cycles for every way in which a type becomes planes.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "isa/file.h"
#include "isa/schema.h"
#include "sim/system/cosimulate.h"
#include "tests/isa/temporary_directory.h"
#include "tests/shipped_config.h"
#include "tests/workloads/import/file_builder.h"
#include "tests/workloads/types/random_tensor.h"
#include "workloads/compile.h"
#include "workloads/import/model_file.h"
#include "workloads/types/scaled_product.h"

using namespace lutra;
using namespace lutra::workloads;

namespace {

ArchConfig tiny() { return test::shipped_config("tiny"); }

/// Runs every job of a trace on RTL and model; returns how many there were.
int check_all(const ArchConfig& arch, const Trace& trace, const WeightSource& weights) {
  const Program program = compile(arch, trace);
  const auto activations = make_generated_activations(7);
  system::CosimulateOptions options;
  options.memory.stall_probability = 0.1;
  options.build.optimisation = "-O0";  // short runs on many machines
  options.weights = &weights;
  options.activations = activations.get();
  for (std::size_t job = 0; job < program.jobs.size(); ++job) {
    const system::CosimResult result = system::cosimulate(arch, program, job, options);
    INFO(program.jobs[job].op << " " << program.kernels[static_cast<std::size_t>(program.jobs[job].kernel)].name);
    CHECK(result.mismatched_bits == 0);
    CHECK(result.cycle_difference == 0);
    CHECK(result.equal());
  }
  return static_cast<int>(program.jobs.size());
}

/// The scaled product of a tensor, which starts from the sums that the core returns, is as close to the dequantised one as numerics
/// promise.
void check_bound(const WeightSource& weights, const Tensor& tensor, long long tokens) {
  std::vector<std::int8_t> codes(static_cast<std::size_t>(tokens * tensor.depth));
  std::vector<float> scales(static_cast<std::size_t>(tokens));
  make_generated_activations(7)->codes(tensor.name, tensor.depth, 0, tokens, codes.data(), scales.data());
  const ScaledActivations a{tokens, codes, scales};
  std::vector<double> exact;
  const std::vector<double> bound = product_bound(weights, tensor, a, &exact);
  const std::vector<float> out = scaled_product(weights, tensor, a);
  for (std::size_t i = 0; i < out.size(); ++i) CHECK(std::fabs(static_cast<double>(out[i]) - exact[i]) <= bound[i]);
}

}  // namespace

TEST_CASE("every type of weights goes from its packed tensor through the default core with golden bits and within the bound") {
  std::mt19937 random(22);
  const long long tokens = 3, outputs = 13;
  std::vector<ListedGemm> gemms;
  std::vector<test::RandomTensor> tensors;
  std::size_t passes = 0;
  for (const DataType& type : builtin_types()) {
    // Groups of a k-step of this core: zero points cannot change inside one.
    const bool lossy = type.kind == workloads::ValueKind::kTable && !parse_lowering(type.name, true).exact;
    const std::string text = type.name + (type.scales_beside() ? "_g32" : "") + (lossy ? "~8" : "");
    const long long depth = type.scales_beside() ? 96 : type.weights;
    gemms.push_back({text, tokens, outputs, depth, text});
    tensors.emplace_back(text, outputs, depth, random);
    passes += parse_lowering(text).passes.size();
  }
  PackedWeights weights;
  for (std::size_t i = 0; i < gemms.size(); ++i) {
    weights.add(gemms[i].name, tensors[i].packed());
    INFO(gemms[i].name);
    check_bound(weights, {gemms[i].name, outputs, gemms[i].depth, parse_weight_format(gemms[i].name)}, tokens);
  }
  CHECK(check_all(test::shipped_config("edge_w2a8"), trace_list("types", gemms, {}, {}), weights) == static_cast<int>(passes));
}

TEST_CASE("every distinct lowering gives golden, model and Verilog the same bits from packed tensors") {
  std::mt19937 random(21);
  const ArchConfig arch = tiny();
  // Ternary planes from trits in bytes, odd planes, two's complement of 4, 5, 7 and 8 planes, constant zeros with and without minimum,
  // two passes, sign planes, a zero point a group, a codebook's nearest planes.
  const std::vector<std::string> types{
      "tq1_0", "ternary_sign_index_g24", "odd3_g16", "q4_0",      "mxfp4",     "mxfp6_e2m3", "q8_0",      "iq4_nl", "tq2_0", "q4_k",
      "q2_k",  "fp6_e3m2_g16",           "bcq3_g16", "uint3_g16", "nf4_g16~6", "binary",     "fp8_e4m3~8"};
  std::vector<ListedGemm> gemms;
  std::vector<test::RandomTensor> tensors;
  for (const std::string& type : types) {
    const Lowering l = parse_lowering(type);
    const long long depth = l.type.scales_beside() ? 48 : l.type.weights;
    gemms.push_back({type, 2, 11, depth, type});
    tensors.emplace_back(type, 11, depth, random);
  }
  PackedWeights weights;
  for (std::size_t i = 0; i < types.size(); ++i) weights.add(types[i], tensors[i].packed());
  const Trace trace = trace_list("types", gemms, {}, {});
  CHECK(check_all(arch, trace, weights) == static_cast<int>(types.size()) + 1 + 2);
}

TEST_CASE("ragged and tiny shapes are right on model and Verilog") {
  const ArchConfig arch = tiny();
  std::vector<ListedGemm> gemms;
  for (const auto& [m, n, k] :
       std::vector<std::tuple<int, int, int>>{{1, 1, 1}, {1, 1, 97}, {3, 1, 7}, {1, 13, 1}, {5, 7, 11}, {2, 17, 31}})
    gemms.push_back({fmt::format("{}x{}x{}", m, n, k), m, n, k, "int3"});
  CHECK(check_all(arch, trace_list("ragged", gemms, {}, {}), *make_generated_weights(3)) == 6);
}

TEST_CASE("a GGUF model goes through importer, compiler, model and Verilog") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("small.gguf");
  const test::Bytes bytes = test::small_gguf();
  write_file_atomically(path, std::string(bytes.begin(), bytes.end()));
  const auto file = open_model(path);
  CHECK(check_all(tiny(), trace_file(*file, {Phase::kDecode, 2, 1, 4}), *make_file_weights(file)) == 8);
}

TEST_CASE("full-precision safetensors are quantised on the way") {
  const test::TemporaryDirectory directory;
  std::mt19937 random(2);
  std::vector<float> w(24 * 40);
  for (float& v : w) v = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 1000.0F;
  const test::Bytes bytes = test::safetensors({{"layer.weight", "F32", {24, 40}, test::floats(w)}});
  const std::string path = directory.file("m.safetensors");
  write_file_atomically(path, std::string(bytes.begin(), bytes.end()));
  const auto file = open_model(path);
  for (const char* type : {"ternary", "uint4_g8", "bcq2_g8"})
    CHECK(check_all(tiny(), trace_file(*file, {}, parse_weight_format(type)), *make_file_weights(file)) >= 1);
}

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// Every kind of weights through a small core with a float scale unit and these fields.
void check_scaled(const Fields& fields) {
  std::vector<ListedGemm> gemms = {{"groups", 3, 9, 96, "uint4_g16"},
                                   {"channel", 5, 6, 75, "int3"},
                                   {"tensor", 1, 5, 64, "ternary"},
                                   {"wide", 2, 13, 60, "odd3"},
                                   {"binary", 4, 3, 44, "binary"}};
  ArchConfig arch = tiny();
  arch.array.tables_per_lane = 4;  // loaded tables fill beats of their own
  std::string text;
  Fields all = {{"scale.unit", "float"}, {"axi.data_bits", "128"}, {"table.group", "16"}, {"buffer.parameter_words", "64"}};
  all.insert(all.end(), fields.begin(), fields.end());
  for (const auto& [key, value] : all) {
    set_field(arch, key, value);
    text += fmt::format(" {}={}", key, value);
  }
  validate(arch);
  INFO(text);
  if (arch.scale.zeros == "float") gemms.push_back({"minima", 2, 5, 256, "q4_k"});
  CHECK(check_all(arch, trace_list("scaled", gemms, {}, {}), *make_generated_weights(3)) == static_cast<int>(gemms.size()));
}

}  // namespace

TEST_CASE("a float scale unit gives the kernels' bits for exact and quantised tables and every type of output") {
  check_scaled({});
  check_scaled({{"scale.output", "fp16"}, {"table.kind", "ternary"}, {"buffer.table_words", "8"}});
  check_scaled({{"scale.output", "int8"}, {"scale.outputs_per_cycle", "4"}, {"table.source", "memory"}, {"buffer.table_words", "16"}});
  check_scaled({{"table.mode", "quantised"}, {"scale.output", "bf16"}});
  check_scaled({{"table.mode", "quantised"}, {"table.scale", "power_of_two"}, {"buffer.table_words", "16"}});
}

TEST_CASE("quantised tables that are loaded or made of trits give the golden bits") {
  check_scaled({{"table.mode", "quantised"}, {"table.source", "memory"}, {"scale.zeros", "float"}, {"scale.registers", "1"}});
  check_scaled({{"table.mode", "quantised"}, {"table.kind", "ternary"}, {"array.activations", "int16"}, {"table.scale", "power_of_two"}});
}

TEST_CASE("aligned tables of floating-point activations give the golden bits") {
  const std::pair<std::string, std::string> aligned{"table.mode", "aligned"}, wide{"array.accumulator_bits", "28"};
  check_scaled(
      {aligned, wide, {"array.activations", "fp16"}, {"table.form", "parity"}, {"scale.zeros", "float"}, {"scale.registers", "1"}});
  check_scaled({aligned, wide, {"array.activations", "bf16"}, {"array.combine", "horner"}, {"table.mantissa_bits", "9"}});
  check_scaled({aligned, wide, {"array.activations", "fp8_e4m3"}, {"table.kind", "ternary"}, {"table.source", "memory"}});
}

TEST_CASE("float tables of floating-point activations give the golden bits") {
  const std::pair<std::string, std::string> floats{"table.mode", "float"}, wide{"array.accumulator_bits", "32"},
      one{"array.tables_per_lane", "1"}, built{"table.builder_tables", "1"}, deep{"buffer.weight_words", "64"};
  check_scaled({floats, wide, one, built, deep, {"array.activations", "fp16"}, {"scale.registers", "1"}, {"scale.output", "bf16"}});
  check_scaled({floats,
                wide,
                one,
                built,
                deep,
                {"array.activations", "bf16"},
                {"table.kind", "ternary"},
                {"scale.zeros", "float"},
                {"buffer.instruction_words", "128"}});
  check_scaled({floats, wide, one, built, deep, {"array.activations", "fp8_e4m3"}, {"table.source", "memory"}, {"scale.registers", "3"}});
}

TEST_CASE("what is not compiled for machines with scales is refused with the reason") {
  const auto refused = [](const Fields& fields, const std::string& type, long long depth = 32) -> std::string {
    ArchConfig arch = tiny();
    set_field(arch, "scale.unit", "float");
    set_field(arch, "array.accumulator_bits", "28");
    for (const auto& [key, value] : fields) set_field(arch, key, value);
    validate(arch);
    try {
      compile(arch, trace_list("refused", {{"w", 2, 4, depth, type}}, {}, {}));
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  using Catch::Contains;
  CHECK(refused({}, "int2") == "");
  CHECK_THAT(refused({}, "q4_k", 256), Contains("scale.zeros has to be float"));
  CHECK_THAT(refused({}, "fp6_e3m2_g16"), Contains("2 multiplications"));
  CHECK_THAT(refused({{"table.mode", "quantised"}, {"table.group", "24"}}, "uint4_g16"), Contains("one has to divide the other"));
}
