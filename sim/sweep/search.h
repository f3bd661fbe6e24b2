// Which points of a space are looked at: all, random ones, a Latin hypercube, or those that NSGA-II breeds.
#pragma once

#include <string>
#include <vector>

#include "sim/sweep/engine.h"

namespace lutra::sweep {

struct SearchOptions {
  std::string name = "grid";  // grid, random, lhs, nsga2
  std::uint64_t seed = 1;
  std::size_t points = 1000;               // random and lhs: distinct points at most
  std::size_t population = 40;             // nsga2: a multiple of 4, at least 8
  std::size_t generations = 25;            // nsga2
  [[nodiscard]] std::string text() const;  // with what it depends on beside the seed
};

std::vector<std::string> search_names();

/// Points of a search that does not look at results, each once. Throws Error for nsga2, and where a grid has more than 10 million points.
std::vector<Task> planned_tasks(const Space& space, const SearchOptions& options);

/// Runs any search on an engine. The sequence of points depends on space, seed and results alone, so that a stopped search repeats itself
/// from the store and then goes on.
void run_search(const Space& space, const SearchOptions& options, Engine& engine, const Store& store);
/// The same for nsga2 (pagmo).
void run_nsga2(const Space& space, const SearchOptions& options, Engine& engine, const Store& store);

}  // namespace lutra::sweep
