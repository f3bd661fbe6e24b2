// Experiments with generated traces.
#include "sim/flash/experiment.h"

namespace lutra::flash {

Experiment::Experiment(const std::string& model, const std::string& statistics, const std::string& phone, const Library& library,
                       std::uint64_t seed)
    : statistics_(workloads::published_statistics(statistics)), seed_(seed) {
  setup_.model = workloads::load_model(model);
  setup_.phone = library.phone(phone);
  setup_.device = library.storage(setup_.phone.storage);
  setup_.load_arch = library.arch;
  const workloads::SparsityShape shape = workloads::sparsity_shape(setup_.model);
  const workloads::ActivityGenerator known(shape, statistics_, seed_, 1);
  profile_ =
      make_profile(shape, [&known](int layer, int expert, std::uint32_t neuron) { return known.probability(layer, expert, neuron); });
  setup_.profile = &profile_;
}

double Experiment::ffn_bytes() const { return sizes().neuron * static_cast<double>(profile_.shape.total_neurons()); }

DecodeResult Experiment::run(const Policy& policy, double budget_bytes, std::int64_t tokens, std::int64_t warm_up) {
  setup_.policy = policy;
  setup_.budget_bytes = budget_bytes;
  workloads::ActivityGenerator source(profile_.shape, statistics_, seed_, tokens + warm_up);
  Decoder decoder(setup_);
  return decoder.run(source, warm_up);
}

}  // namespace lutra::flash
