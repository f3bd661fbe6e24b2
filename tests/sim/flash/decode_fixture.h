// A small sparse model on a small phone, for tests that have to be quick.
#pragma once

#include "isa/file.h"
#include "sim/flash/decoder.h"
#include "tests/shipped_config.h"
#include "tests/source_dir.h"
#include "workloads/sparsity/generator.h"

namespace lutra::test {

inline const char* kSmallPhone = R"(
name: small
storage: ufs40
io_core: big
available_gb: 1
dram_gb_s: 60
dram_pj_per_bit: 4
base_watts: 1
copy_gb_s: 20
units:
  - {name: cpu, kind: cpu, gb_s: 40, gop_s: 100, watts: 2}
  - {name: npu, kind: mac, gb_s: 55, gop_s: 8000, watts: 2}
  - {name: core, kind: lut, arch: edge_w2a8, watts: 0.3}
)";

inline ArchConfig test_arch(const std::string& name) { return test::shipped_config(name); }

inline storage::StorageConfig test_storage(const std::string& name) {
  const std::string path = test::source_dir() + "/configs/storage/" + name + ".yaml";
  return storage::parse_storage(read_file(path), path);
}

/// Four layers, four experts of which two are used, 1024 neurons each.
inline workloads::ModelConfig small_model(int experts = 4) {
  workloads::ModelConfig model;
  model.name = "small";
  model.family = workloads::Family::kMixtral;
  model.hidden = 512;
  model.ffn = 1024;
  model.layers = 4;
  model.heads = model.kv_heads = 8;
  model.head_dim = 64;
  model.vocabulary = 1000;
  model.experts = experts > 1 ? experts : 0;
  model.active_experts = experts > 1 ? 2 : 0;
  return model;
}

/// Everything a decode needs; `share` of the feed-forward weights fits in DRAM.
struct SmallDecode {
  explicit SmallDecode(const flash::Policy& policy, double share = 0.4, int experts = 4, std::uint64_t seed = 1)
      : statistics(workloads::published_statistics("turbosparse_mixtral")) {
    setup.model = small_model(experts);
    setup.storage.bits = 4;
    setup.storage.predictor_bytes = 1e5;
    setup.phone = flash::parse_phone(kSmallPhone, "small.yaml");
    setup.device = test_storage("ufs40");
    setup.policy = policy;
    setup.staging_bytes = 200e3;
    setup.load_arch = test_arch;
    const auto shape = workloads::sparsity_shape(setup.model);
    const flash::Footprint f = flash::footprint(setup.model, setup.storage);
    setup.budget_bytes = f.fixed + setup.staging_bytes + share * f.neuron * static_cast<double>(shape.total_neurons());
    this->seed = seed;
    workloads::ActivityGenerator known(shape, statistics, seed, 1);
    profile = flash::make_profile(shape, [&](int l, int e, std::uint32_t n) { return known.probability(l, e, n); });
    setup.profile = &profile;
  }
  SmallDecode(const SmallDecode&) = delete;
  SmallDecode& operator=(const SmallDecode&) = delete;

  flash::DecodeResult run(std::int64_t tokens = 30, std::int64_t warm_up = 10) {
    workloads::ActivityGenerator source(workloads::sparsity_shape(setup.model), statistics, seed, tokens + warm_up);
    flash::Decoder decoder(setup);
    return decoder.run(source, warm_up);
  }

  flash::DecodeSetup setup;
  workloads::SparsityStatistics statistics;
  flash::Profile profile;
  std::uint64_t seed = 1;
};

}  // namespace lutra::test
