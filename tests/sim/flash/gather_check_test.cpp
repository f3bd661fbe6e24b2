// A sparse product on the core: RTL, model and golden agree in bits and cycles.
#include "sim/flash/gather_check.h"

#include <catch2/catch.hpp>

#include "tests/shipped_config.h"

using namespace lutra;
using workloads::NeuronAxis;

namespace {

workloads::GatherRequest request(const char* name, NeuronAxis axis, long long outputs, long long depth, std::vector<int> clusters) {
  workloads::GatherRequest r;
  r.name = name;
  r.shape.tokens = 1;
  r.shape.outputs = outputs;
  r.shape.depth = depth;
  r.shape.format = workloads::parse_weight_format("int2");
  r.axis = axis;
  r.cluster = 8;
  r.clusters = std::move(clusters);
  return r;
}

}  // namespace

TEST_CASE("gathered products run on RTL and model with equal bits and cycles, with and without stalls") {
  const ArchConfig arch = test::shipped_config("tiny");
  const workloads::GatherRequest up = request("up", NeuronAxis::kOutputs, 128, 48, {0, 3, 4, 5, 9, 15});
  const workloads::GatherRequest down = request("down", NeuronAxis::kDepth, 24, 128, {1, 2, 8, 13});
  for (const workloads::GatherRequest& r : {up, down}) {
    for (const double stalls : {0.0, 0.3}) {
      memory::MemoryOptions memory;
      memory.stall_probability = stalls;
      memory.seed = 4;
      const system::CosimResult result = flash::cosimulate_gather(arch, workloads::compile_gather(arch, r), 7, memory);
      INFO(r.name << " stalls " << stalls << " " << (result.divergence ? result.divergence->str() : ""));
      CHECK(result.equal());
      CHECK(result.events > 0);
    }
  }
}
