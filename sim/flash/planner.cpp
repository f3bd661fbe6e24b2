// The planner's expectation of a layer.
#include "sim/flash/planner.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lutra::flash {
namespace {

/// Probability that any neuron of each granule is predicted.
std::vector<double> granule_probability(const Profile& profile, int granule, std::int64_t per_expert) {
  std::vector<double> touched(static_cast<std::size_t>(per_expert));
  for (std::size_t g = 0; g < touched.size(); ++g) {
    double none = 1;
    const std::size_t end = std::min(profile.probability.size(), (g + 1) * static_cast<std::size_t>(granule));
    for (std::size_t s = g * static_cast<std::size_t>(granule); s < end; ++s) none *= 1 - profile.probability[s];
    touched[g] = 1 - none;
  }
  return touched;
}

/// Expected misses a token and expert used, of granules from `hot` on behind a cache of `room` of them: Che's approximation. A granule
/// of probability p (a token) is there with 1 - exp(-p T), where T makes the expected number of those the room. Every `stride`th granule
/// stands for its neighbours.
double expected_misses(const std::vector<double>& touched, std::size_t hot, double room, double expert_share) {
  const std::size_t stride = std::max<std::size_t>(1, touched.size() / 1024);
  const auto sum = [&](double time, bool held) {
    double total = 0;
    for (std::size_t g = hot; g < touched.size(); g += stride) {
      const double there = 1 - std::exp(-touched[g] * expert_share * time);
      total += (held ? there : touched[g] * (1 - there)) * static_cast<double>(std::min(stride, touched.size() - g));
    }
    return total;
  };
  if (room <= 0) return sum(0, false);
  if (room >= static_cast<double>(touched.size() - hot)) return 0;
  double low = 0, high = 1e12;
  for (int step = 0; step < 60; ++step) {
    const double middle = low < 1 ? (high > 2 ? std::sqrt(high) : (low + high) / 2) : std::sqrt(low * high);
    (sum(middle, true) > room ? high : low) = middle;
  }
  return sum(low, false);
}

}  // namespace

HotPlan plan_hot(const PlannerInput& input) {
  const std::vector<double> touched = granule_probability(*input.profile, input.granule, input.per_expert);
  std::vector<double> before(touched.size() + 1, 0);  // sum of the first n
  std::partial_sum(touched.begin(), touched.end(), before.begin() + 1);
  const double used = input.profile->shape.active_experts;
  const std::int64_t fits = std::min(input.granules, input.per_expert), step = std::max<std::int64_t>(1, input.per_expert / 32);
  HotPlan best;
  for (std::int64_t hot = 0; hot <= fits; hot += step) {
    const double cold = before.back() - before[static_cast<std::size_t>(hot)];
    const double room = input.cold_cached ? static_cast<double>(fits - hot) : 0;
    const double expert_share = used / input.profile->shape.experts;
    const double missing = expected_misses(touched, static_cast<std::size_t>(hot), room, expert_share);
    const double hot_touched = before[static_cast<std::size_t>(hot)];
    const double dense = input.dense_hot ? used * static_cast<double>(hot) * input.granule * input.dense_ns_per_neuron : 0;
    const double sparse = used * (cold + (input.dense_hot ? 0 : hot_touched)) * input.granule * input.sparse_ns_per_neuron;
    const double ns = std::max({dense, sparse, used * missing * input.read_ns});
    if (hot == 0 || ns < best.expected_ns * (1 - 1e-9)) best = {hot, ns};
  }
  return best;
}

}  // namespace lutra::flash
