// Sorts points into fronts and measures the volume they dominate.
#include "sim/sweep/pareto.h"

#include <algorithm>
#include <cmath>

#include "sim/sweep/pagmo/module.h"

namespace lutra::sweep {
namespace {

constexpr double kMargin = 1.1;

using Costs = std::vector<double>;  // 0 best, 1 worst

/// Whether a is nowhere worse than b.
bool covers(const Costs& a, const Costs& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) { return x <= y; });
}

std::vector<Costs> normalised(const std::vector<Candidate>& candidates, const std::vector<std::string>& objectives) {
  std::vector<Costs> costs(candidates.size());
  for (const std::string& name : objectives) {
    const std::size_t index = metric_index(name);
    const double sign = metrics()[index].maximise ? -1 : 1;
    double best = INFINITY, worst = -INFINITY;
    for (const Candidate& c : candidates) {
      best = std::min(best, sign * c.values[index]);
      worst = std::max(worst, sign * c.values[index]);
    }
    const double span = worst > best ? worst - best : 1;
    for (std::size_t i = 0; i < candidates.size(); ++i) costs[i].push_back((sign * candidates[i].values[index] - best) / span);
  }
  return costs;
}

double volume(const std::vector<Costs>& front) {
  if (front.empty()) return 0;
  const std::size_t sides = front.front().size();
  if (sides == 1) return (kMargin - front.front()[0]) / kMargin;
  return pagmo_module().hypervolume(front, Costs(sides, kMargin)) / std::pow(kMargin, static_cast<double>(sides));
}

}  // namespace

ParetoResult pareto(const std::vector<Candidate>& candidates, const std::vector<std::string>& objectives, std::uint64_t evaluated) {
  ParetoResult result;
  if (objectives.empty() || candidates.empty()) return result;
  const std::vector<Costs> costs = normalised(candidates, objectives);
  constexpr double kGrowth = 1.2;  // between samples
  std::vector<std::size_t> front;
  const auto sample = [&](std::uint64_t at) {
    std::vector<Costs> points;
    for (const std::size_t i : front) points.push_back(costs[i]);
    result.hypervolume.push_back({at, volume(points)});
  };
  double next = 1;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].evaluated > next && !front.empty()) {
      sample(candidates[i - 1].evaluated);
      next = std::max(next, static_cast<double>(candidates[i].evaluated)) * kGrowth;
    }
    if (std::any_of(front.begin(), front.end(), [&](std::size_t f) { return covers(costs[f], costs[i]); })) continue;
    std::erase_if(front, [&](std::size_t f) { return covers(costs[i], costs[f]); });
    front.push_back(i);
  }
  sample(evaluated);
  for (const std::size_t i : front) result.front.push_back(candidates[i].id);
  std::sort(result.front.begin(), result.front.end());
  return result;
}

}  // namespace lutra::sweep
