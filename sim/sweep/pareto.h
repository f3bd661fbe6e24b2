// Which points no other point beats in every objective, and how much of the space of objectives they cover.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/sweep/metrics.h"

namespace lutra::sweep {

struct HypervolumeSample {
  std::uint64_t evaluated = 0;
  double value = 0;
};

struct ParetoResult {
  std::vector<std::uint64_t> front;            // ids, ascending
  std::vector<HypervolumeSample> hypervolume;  // while points came in
};

/// A feasible point in the order of evaluation.
struct Candidate {
  std::uint64_t id = 0;
  std::uint64_t evaluated = 0;  // points evaluated up to it, infeasible ones included
  Values values{};
};

/// Of equal points the first is on the front. Hypervolume is in units of the box between the best and the worst value of every objective
/// over all candidates, each side lengthened by a tenth on the worse end: 1 would be a point that is best in everything.
ParetoResult pareto(const std::vector<Candidate>& candidates, const std::vector<std::string>& objectives, std::uint64_t evaluated);

}  // namespace lutra::sweep
