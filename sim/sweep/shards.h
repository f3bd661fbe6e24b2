// A plan of points cut into shards: each is evaluated into a store of its own, and one step loads those into the sweep's store.
#pragma once

#include <string>
#include <vector>

#include "sim/sweep/engine.h"

namespace lutra::sweep {

/// The directory of one plan. It holds `plan` (a line "SHARD ID CHOICE" for each point) and, once they are evaluated, N.sqlite.
class Shards {
 public:
  explicit Shards(std::string directory) : directory_(std::move(directory)) {}

  /// Whether a plan is here.
  [[nodiscard]] bool planned() const;
  /// Writes the plan: points in turn to `count` shards, so that neighbours, which take equally long, are spread.
  void plan(const std::vector<Task>& tasks, std::size_t count);
  /// Points of one shard in the order of ids. Throws Error where there is no plan.
  [[nodiscard]] std::vector<Task> tasks(std::size_t shard) const;
  [[nodiscard]] std::string store_path(std::size_t shard) const;
  /// Puts what the shards hold and `store` does not into it, a shard a transaction; shards of another sweep are an error. Returns the
  /// number of points that were new. A merge that was stopped is done by repeating it.
  std::size_t merge_into(Store& store) const;
  /// The plan and the shards go; what else is in the directory stays.
  void remove() const;

 private:
  [[nodiscard]] std::vector<std::string> stores() const;
  std::string directory_;
};

}  // namespace lutra::sweep
