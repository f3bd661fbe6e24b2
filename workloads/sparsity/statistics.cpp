// Counting over a whole trace.
#include "workloads/sparsity/statistics.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace lutra::workloads {
namespace {

struct Counts {
  std::int64_t listed = 0, active = 0, predicted = 0, missed = 0, wrong = 0;
  std::int64_t repeated = 0, repeatable = 0;
  double loaded = 0, held = 0;
  std::int64_t windows = 0;
};

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

double share_of_busiest(std::vector<std::uint32_t> uses, double fraction) {
  std::sort(uses.begin(), uses.end(), std::greater<>());
  const auto count = static_cast<std::ptrdiff_t>(static_cast<double>(uses.size()) * fraction);
  const double all = std::accumulate(uses.begin(), uses.end(), 0.0);
  return share(std::accumulate(uses.begin(), uses.begin() + count, 0.0), all);
}

}  // namespace

MeasuredSparsity measure_sparsity(ActivitySource& source, int window) {
  const SparsityShape shape = source.shape();
  const auto neurons = static_cast<std::size_t>(shape.total_neurons());
  std::vector<std::int32_t> last(neurons, -1 - window);  // token of the last prediction
  std::vector<std::int32_t> expert_last(static_cast<std::size_t>(shape.layers * shape.experts), -1);
  std::vector<std::uint32_t> uses(neurons, 0);
  std::vector<std::int64_t> first_in_window(static_cast<std::size_t>(window),
                                            0);  // neurons whose last use is that token, by token % window
  Counts c;
  TokenActivity token;
  std::int32_t t = 0;
  for (; source.next(token); ++t) {
    const auto slot = static_cast<std::size_t>(t % window);
    first_in_window[slot] = 0;
    std::int64_t loaded = 0;
    for (const ActivitySlice& slice : token.slices) {
      const auto expert = static_cast<std::size_t>(slice.layer * shape.experts + slice.expert);
      const bool again = t > 0 && expert_last[expert] == t - 1;
      for (std::uint32_t i = slice.begin; i < slice.end; ++i) {
        const Neuron n = token.neurons[i];
        c.active += n.active() ? 1 : 0;
        c.missed += n.active() && !n.predicted() ? 1 : 0;
        if (!n.predicted()) continue;
        ++c.predicted;
        c.wrong += n.active() ? 0 : 1;
        const std::size_t id = expert * static_cast<std::size_t>(shape.neurons) + n.id();
        ++uses[id];
        c.repeatable += again ? 1 : 0;
        c.repeated += again && last[id] == t - 1 ? 1 : 0;
        if (last[id] <= t - 1 - window) {
          ++loaded;
        } else if (last[id] > t - window) {
          --first_in_window[static_cast<std::size_t>(last[id] % window)];
        }
        last[id] = t;
        ++first_in_window[slot];
      }
      expert_last[expert] = t;
      c.listed += shape.neurons;
    }
    if (t < window) continue;
    ++c.windows;
    c.loaded += static_cast<double>(loaded);
    c.held += static_cast<double>(std::accumulate(first_in_window.begin(), first_in_window.end(), std::int64_t{0}));
  }
  MeasuredSparsity m;
  m.tokens = t;
  m.active_share = share(static_cast<double>(c.active), static_cast<double>(c.listed));
  m.predicted_share = share(static_cast<double>(c.predicted), static_cast<double>(c.listed));
  m.false_negative = share(static_cast<double>(c.missed), static_cast<double>(c.active));
  m.false_positive = share(static_cast<double>(c.wrong), static_cast<double>(c.predicted));
  m.overlap = share(static_cast<double>(c.repeated), static_cast<double>(c.repeatable));
  m.hot_half = share_of_busiest(uses, 0.5);
  m.hot_tenth = share_of_busiest(uses, 0.1);
  m.window_load = share(c.loaded, static_cast<double>(c.windows) * static_cast<double>(neurons));
  m.window_held = share(c.held, static_cast<double>(c.windows) * static_cast<double>(neurons));
  return m;
}

}  // namespace lutra::workloads
