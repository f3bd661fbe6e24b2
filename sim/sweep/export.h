// What a sweep hands on: sweep.json, and the details of one point (docs/sweep.md).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sim/sweep/pareto.h"
#include "sim/sweep/search.h"

namespace lutra::sweep {

/// Points that sweep.json holds at most: the whole front, and of the others an even sample. points.sqlite holds all.
inline constexpr std::size_t kMaxExported = 20'000;

struct SweepSummary {
  std::size_t points = 0, ok = 0, failed = 0, infeasible = 0;
  std::vector<std::uint64_t> front;
  std::vector<HypervolumeSample> hypervolume;
};

SweepSummary summarise(const Store& store, const Space& space);

/// The `count` best points of the front: by the first objective, of equals by the next.
std::vector<Task> best_of_front(const Store& store, const Space& space, const SweepSummary& summary, std::size_t count);

/// Writes `path`. `evaluator` is of the store's space; its base architecture goes along as a reference. `synthesised` holds points that
/// were priced with the real flow, nullptr where there are none.
void export_sweep(const Store& store, const SweepSummary& summary, Evaluator& evaluator, const std::string& engine, const std::string& path,
                  const Store* synthesised = nullptr);

/// One point in full: its configuration, {"operators": [...], "roofline": {...}, "timeline": [...]}. Throws Error for an id that is not
/// stored, and where the point cannot be timed.
nlohmann::json describe_point(const Store& store, Evaluator& evaluator, std::uint64_t id);

}  // namespace lutra::sweep
