// The steps of a long command: one line each when it is done, with what came out and how long it took.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cli/progress.h"

namespace lutra::cli {

struct FinishedStep {
  std::string name;
  double seconds = 0;
  std::string result;
};

class Steps {
 public:
  /// `total` steps will come; `quiet` prints nothing.
  Steps(int total, bool quiet) : total_(total), quiet_(quiet) {}

  /// Runs one step. `work` returns what is printed behind the name, and may report progress.
  void run(const std::string& name, const std::function<std::string(Progress&)>& work);

  [[nodiscard]] const std::vector<FinishedStep>& finished() const { return finished_; }

 private:
  int total_;
  bool quiet_;
  std::vector<FinishedStep> finished_;
};

}  // namespace lutra::cli
