// Products over gathered clusters give the golden sums, whatever clusters a token chooses.
#include "workloads/gather.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "tests/isa/message_of.h"
#include "tests/shipped_config.h"
#include "tests/workloads/interpreter.h"

using namespace lutra;
using namespace lutra::workloads;

namespace {

GatherRequest request(NeuronAxis axis, const GemmShape& shape, int cluster, std::vector<int> clusters) {
  return {"layers.0.mlp.up_proj", shape, axis, cluster, std::move(clusters)};
}

std::vector<std::int8_t> activations_of(const GatherRequest& r) {
  std::vector<std::int8_t> values(static_cast<std::size_t>(r.shape.depth));
  make_generated_activations(5)->codes(r.name, r.shape.depth, 0, 1, values.data(), nullptr);
  return values;
}

/// Runs every job of the product without time and compares the result with the golden one.
void check_product(const ArchConfig& arch, const GatherRequest& r, std::uint64_t seed) {
  const GatheredProduct product = compile_gather(arch, r);
  const auto weights = make_generated_weights(5);
  const std::vector<std::int8_t> activations = activations_of(r);
  std::vector<std::uint8_t> memory(product.program.metadata.at("memory").at("used_bytes").get<std::size_t>());
  place_gather(product, *weights, activations, [&memory](std::uint64_t address, std::span<const std::uint8_t> bytes) {
    std::copy(bytes.begin(), bytes.end(), memory.begin() + static_cast<std::ptrdiff_t>(address));
  });
  for (const Job& job : product.program.jobs) {
    std::vector<Instruction> code;
    for (const Encoded& word : product.program.kernels[static_cast<std::size_t>(job.kernel)].code) code.push_back(decode(word));
    test::interpret(arch, code, job.args, memory, seed);
  }
  const auto outputs = gathered_outputs(product, [&memory](std::uint64_t address, std::span<std::uint8_t> bytes) {
    std::copy_n(memory.begin() + static_cast<std::ptrdiff_t>(address), bytes.size(), bytes.begin());
  });
  CHECK(outputs == expected_gather(product, *weights, activations));
}

std::string refusal(const GatherRequest& r) {
  return test::message_of([&] { compile_gather(test::shipped_config("tiny"), r); });
}

}  // namespace

TEST_CASE("chosen outputs and chosen inputs give the golden sums in any order of the units") {
  for (const char* format : {"ternary", "int2", "int4", "odd2"}) {
    const WeightFormat weights = parse_weight_format(format);
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      INFO(format << " seed " << seed);
      check_product(test::shipped_config("tiny"), request(NeuronAxis::kOutputs, {1, 32, 24, weights}, 4, {0, 1, 5, 7}), seed);
      check_product(test::shipped_config("tiny"), request(NeuronAxis::kDepth, {1, 10, 128, weights}, 8, {1, 2, 3, 9, 15}), seed);
    }
  }
  const WeightFormat int4 = parse_weight_format("int4");
  check_product(test::shipped_config("edge_w2a8"), request(NeuronAxis::kOutputs, {1, 512, 256, int4}, 32, {2, 3, 11}), 1);
  check_product(test::shipped_config("edge_w2a8"), request(NeuronAxis::kDepth, {1, 64, 512, int4}, 32, {0, 7, 8, 15}), 1);
}

TEST_CASE("more clusters than a kernel can name become several launches whose sums are added") {
  std::vector<int> every_second(16);
  for (int i = 0; i < 16; ++i) every_second[static_cast<std::size_t>(i)] = 2 * i;
  const WeightFormat int2 = parse_weight_format("int2");
  for (const NeuronAxis axis : {NeuronAxis::kOutputs, NeuronAxis::kDepth}) {
    const GatherRequest r =
        request(axis, axis == NeuronAxis::kOutputs ? GemmShape{1, 256, 16, int2} : GemmShape{1, 8, 256, int2}, 8, every_second);
    CHECK(compile_gather(test::shipped_config("tiny"), r).parts.size() > 1);
    check_product(test::shipped_config("tiny"), r, 1);
  }
}

TEST_CASE("clusters that the core cannot skip, or that contradict each other, are refused") {
  const GemmShape shape{1, 32, 24, parse_weight_format("int2")};
  CHECK_THAT(refusal(request(NeuronAxis::kOutputs, shape, 3, {0})),
             Catch::Contains("allowed multiples of 4: what a tile of this core skips"));
  CHECK_THAT(refusal(request(NeuronAxis::kDepth, shape, 2, {0})),
             Catch::Contains("allowed multiples of 8: what a beat of k-steps of this core skips"));
  CHECK_THAT(refusal(request(NeuronAxis::kOutputs, shape, 4, {1, 1})), Catch::Contains("cluster 1 is listed twice"));
  CHECK_THAT(refusal(request(NeuronAxis::kOutputs, shape, 4, {2, 1})), Catch::Contains("cluster 1 comes after 2, clusters must ascend"));
  CHECK_THAT(refusal(request(NeuronAxis::kOutputs, shape, 4, {8})), Catch::Contains("cluster 8, allowed 0 to 7"));
  CHECK_THAT(refusal(request(NeuronAxis::kOutputs, shape, 4, {})), Catch::Contains("no cluster is chosen"));
  CHECK_THAT(refusal(request(NeuronAxis::kOutputs, {2, 32, 24, shape.format}, 4, {0})), Catch::Contains("2 tokens, allowed 1"));
}
