// Evaluates points on all cores and stores them chunk by chunk; points that are stored already are not evaluated again.
#pragma once

#include <functional>

#include "sim/sweep/store.h"

namespace lutra::sweep {

using Evaluate = std::function<Outcome(const Choice&)>;

struct EngineOptions {
  int jobs = 0;              // threads; 0: as many as the machine has
  double timeout_s = 3600;   // a point that takes longer is recorded as failed
  std::size_t chunk = 1024;  // most points a transaction
  double chunk_s = 2;        // a chunk that takes longer is followed by a smaller one
  std::function<void(std::uint64_t evaluated)> progress;
};

/// A choice and its place in the search.
struct Task {
  std::uint64_t id = 0;
  Choice choice;
};

/// Those that the store does not hold.
std::vector<Task> tasks_missing(const Store& store, const std::vector<Task>& tasks);

/// What evaluates the points that a search asks for.
class Engine {
 public:
  virtual ~Engine() = default;
  /// Afterwards every task is in the store. What is stored depends neither on the number of workers nor on what was there before.
  virtual void run(const std::vector<Task>& tasks) = 0;
  [[nodiscard]] std::uint64_t evaluated() const { return evaluated_; }
  /// Threads that hang in a point and cannot be ended: the process has to leave with std::_Exit().
  [[nodiscard]] std::size_t abandoned() const { return abandoned_; }

 protected:
  std::uint64_t evaluated_ = 0;
  std::size_t abandoned_ = 0;
};

/// On the threads of this process.
class LocalEngine : public Engine {
 public:
  /// `evaluate` is called on many threads. What it throws, and that it does not come back in time, is recorded as that point's failure.
  LocalEngine(Store& store, Evaluate evaluate, EngineOptions options);

  void run(const std::vector<Task>& tasks) override;

 private:
  std::vector<StoredPoint> evaluate_chunk(const std::vector<Task>& tasks, std::size_t begin, std::size_t end);

  Store& store_;
  std::shared_ptr<const Evaluate> evaluate_;
  EngineOptions options_;
};

}  // namespace lutra::sweep
