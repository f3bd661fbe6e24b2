// A sparse product on the core: RTL, model and golden agree in bits and cycles.
#include "sim/flash/gather_check.h"

#include <catch2/catch.hpp>

using namespace lutra;
using workloads::NeuronAxis;

TEST_CASE("gathered products run on RTL and model with equal bits and cycles, with and without stalls") {
  const ArchConfig arch = load_arch_config(std::string(LUTRA_SOURCE_DIR) + "/configs/tiny.yaml");
  const workloads::WeightFormat int2 = workloads::parse_weight_format("int2");
  const workloads::GatherRequest up{"up", {1, 64, 48, int2}, NeuronAxis::kOutputs, 4, {0, 3, 4, 5, 9, 15}};
  const workloads::GatherRequest down{"down", {1, 24, 64, int2}, NeuronAxis::kDepth, 4, {1, 2, 8, 13}};
  for (const workloads::GatherRequest& request : {up, down}) {
    for (const double stalls : {0.0, 0.3}) {
      memory::MemoryOptions memory;
      memory.stall_probability = stalls;
      memory.seed = 4;
      const system::CosimResult r = flash::cosimulate_gather(arch, workloads::compile_gather(arch, request), 7, memory);
      INFO(request.name << " stalls " << stalls << " " << (r.divergence ? r.divergence->str() : ""));
      CHECK(r.equal());
      CHECK(r.events > 0);
    }
  }
}
