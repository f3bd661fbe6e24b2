// Evaluates points as a job array of a Slurm cluster: each array task a shard of the plan, and one step that loads the shards.
#pragma once

#include "sim/sweep/shards.h"

namespace lutra::sweep {

struct SlurmOptions {
  std::string directory;             // of plan, shards and logs, on a file system that all nodes see
  std::vector<std::string> command;  // what an array task runs; the number of its shard is appended
  std::size_t tasks = 16;            // array tasks at most
  int cpus = 1;                      // of each
  double poll_s = 2;                 // between looks at the queue
  std::function<void(std::uint64_t evaluated)> progress;
};

/// Partition, account and time limit are sbatch's own environment variables (SBATCH_PARTITION, ...). The array's name follows from the
/// directory: a sweep whose process was killed waits for the array that went on, and loads what it wrote, before it asks for more.
class SlurmEngine : public Engine {
 public:
  SlurmEngine(Store& store, SlurmOptions options);

  /// Throws Error (check failed) where array tasks ended without the results of all their points; those that are there are stored.
  void run(const std::vector<Task>& tasks) override;

 private:
  void submit(std::size_t count);
  void wait(std::size_t count);
  void collect(std::size_t count);

  Store& store_;
  SlurmOptions options_;
  Shards shards_;
  std::string job_name_;
  std::size_t planned_ = 0;
};

}  // namespace lutra::sweep
