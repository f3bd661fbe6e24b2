// A Slurm cluster of this machine: munged, slurmctld and slurmd in a directory of their own, ended with the test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/isa/temporary_directory.h"

namespace lutra::test {

class SlurmCluster {
 public:
  /// Starts the daemons, waits until the node takes jobs and lets sbatch and squeue of this process find them (SLURM_CONF).
  SlurmCluster();
  ~SlurmCluster();
  SlurmCluster(const SlurmCluster&) = delete;
  SlurmCluster& operator=(const SlurmCluster&) = delete;

  /// Why there is no cluster; empty where there is.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// Array tasks that were ever started under a job name that starts so.
  [[nodiscard]] static std::size_t array_tasks(const std::string& prefix);

 private:
  void configure();
  void start(const std::vector<std::string>& command, const std::string& log);

  TemporaryDirectory directory_;
  std::vector<pid_t> daemons_;
  std::string problem_;
};

}  // namespace lutra::test
