// Runs and reports the steps of a long command.
#include "cli/steps.h"

#include <fmt/format.h>

#include <cstdio>

namespace lutra::cli {

void Steps::run(const std::string& name, const std::function<std::string(Progress&)>& work) {
  using Clock = std::chrono::steady_clock;
  const std::string label = fmt::format("[{}/{}] {:<12}", finished_.size() + 1, total_, name);
  const Clock::time_point start = Clock::now();
  std::string result;
  {
    Progress progress(label);
    progress.update(0);
    result = work(progress);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  finished_.push_back({name, seconds, result});
  if (quiet_) return;
  fmt::print("{} {} ({:.1f} s)\n", label, result, seconds);
  std::fflush(stdout);
}

}  // namespace lutra::cli
