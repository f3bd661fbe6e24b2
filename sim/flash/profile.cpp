// Ranking neurons by use.
#include "sim/flash/profile.h"

#include <algorithm>
#include <numeric>

#include "isa/error.h"

namespace lutra::flash {

Profile make_profile(const workloads::SparsityShape& shape,
                     const std::function<double(int layer, int expert, std::uint32_t neuron)>& probability) {
  const auto neurons = static_cast<std::size_t>(shape.neurons);
  if (neurons > 65536) throw Error("more than 65536 neurons an expert");
  Profile profile{shape, std::vector<std::uint16_t>(static_cast<std::size_t>(shape.total_neurons())), std::vector<double>(neurons, 0)};
  std::vector<std::uint16_t> order(neurons);
  std::vector<double> p(neurons);
  const int experts = shape.layers * shape.experts;
  for (int e = 0; e < experts; ++e) {
    for (std::size_t n = 0; n < neurons; ++n) p[n] = probability(e / shape.experts, e % shape.experts, static_cast<std::uint32_t>(n));
    std::iota(order.begin(), order.end(), std::uint16_t{0});
    std::stable_sort(order.begin(), order.end(), [&p](std::uint16_t a, std::uint16_t b) { return p[a] > p[b]; });
    for (std::size_t slot = 0; slot < neurons; ++slot) {
      profile.slot_of_id[static_cast<std::size_t>(e) * neurons + order[slot]] = static_cast<std::uint16_t>(slot);
      profile.probability[slot] += p[order[slot]] / experts;
    }
  }
  return profile;
}

Profile measure_profile(workloads::ActivitySource& source) {
  const workloads::SparsityShape shape = source.shape();
  const auto neurons = static_cast<std::size_t>(shape.neurons);
  std::vector<std::uint32_t> uses(static_cast<std::size_t>(shape.total_neurons()), 0);
  std::vector<std::uint32_t> chosen(static_cast<std::size_t>(shape.layers * shape.experts), 0);
  workloads::TokenActivity token;
  while (source.next(token)) {
    for (const workloads::ActivitySlice& slice : token.slices) {
      const auto expert = static_cast<std::size_t>(slice.layer * shape.experts + slice.expert);
      ++chosen[expert];
      for (std::uint32_t i = slice.begin; i < slice.end; ++i)
        uses[expert * neurons + token.neurons[i].id()] += token.neurons[i].predicted() ? 1 : 0;
    }
  }
  return make_profile(shape, [&](int layer, int expert, std::uint32_t neuron) {
    const auto e = static_cast<std::size_t>(layer * shape.experts + expert);
    return static_cast<double>(uses[e * neurons + neuron]) / std::max(1U, chosen[e]);
  });
}

}  // namespace lutra::flash
