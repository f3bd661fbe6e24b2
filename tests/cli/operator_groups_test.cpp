// Gathering of operators.
#include "cli/operator_groups.h"

#include <catch2/catch.hpp>

#include "isa/error.h"

using lutra::cli::group_operators;
using lutra::cli::OperatorGroup;
using lutra::workloads::Operator;

namespace {

Operator product(const std::string& name, std::int64_t n) {
  Operator op;
  op.name = name;
  op.kind = "gemm";
  op.on_core = true;
  op.m = 1;
  op.n = n;
  op.k = 64;
  op.weights = lutra::workloads::parse_weight_format("ternary");
  op.activations = "int8";
  op.results = "int32";
  op.macs = n * 64;
  return op;
}

Operator norm(const std::string& name) {
  Operator op;
  op.name = name;
  op.kind = "norm";
  op.elements = 64;
  op.activations = "fp16";
  op.results = "fp16";
  op.activation_bytes = 128;
  op.written_bytes = 128;
  return op;
}

lutra::workloads::Trace two_layers() {
  lutra::workloads::Trace trace;
  for (const char* layer : {"layers.0.", "layers.1."}) {
    trace.operators.push_back(norm(std::string(layer) + "input_layernorm"));
    trace.operators.push_back(product(std::string(layer) + "self_attn.q_proj", 32));
  }
  return trace;
}

lutra::ArchConfig machine() {
  lutra::ArchConfig config;
  config.clock_mhz = 50;
  config.memory.bandwidth_gb_s = 0.5;
  return config;
}

}  // namespace

TEST_CASE("equal operators of all layers are one group") {
  const std::vector<OperatorGroup> groups = group_operators(
      two_layers(), {{"layers.0.self_attn.q_proj", {100, 10, 20}}, {"layers.1.self_attn.q_proj", {300, 30, 40}}}, machine());
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].name == "norm");
  CHECK(groups[0].calls == 2);
  CHECK_FALSE(groups[0].on_core);
  CHECK(groups[0].shape == "128 elements");
  CHECK(groups[0].seconds == Approx(512 / 0.5e9));
  CHECK(groups[1].name == "q_proj");
  CHECK(groups[1].shape == "1 × 32 × 64");
  CHECK(groups[1].types == "ternary × int8 → int32");
  CHECK(groups[1].planes == 2);
  CHECK(groups[1].macs == 2 * 32 * 64);
  CHECK(groups[1].cycles == 400);
  CHECK(groups[1].bytes == 100);
  CHECK(groups[1].seconds == Approx(400 / 50e6));
  CHECK(total_seconds(groups, true) == Approx(8e-6));
  CHECK(total_seconds(groups, false) == Approx(8e-6 + 512 / 0.5e9));
}

TEST_CASE("an operator on the core without simulated time is an error, not zero") {
  CHECK_THROWS_WITH(group_operators(two_layers(), {{"layers.0.self_attn.q_proj", {1, 1, 1}}}, machine()),
                    "operator 'layers.1.self_attn.q_proj' has no simulated time");
}

TEST_CASE("products of equal name and different shape stay apart") {
  lutra::workloads::Trace trace;
  trace.operators = {product("layers.0.q_proj", 32), product("layers.1.q_proj", 48)};
  CHECK(group_operators(trace, {{"layers.0.q_proj", {}}, {"layers.1.q_proj", {}}}, machine()).size() == 2);
}
