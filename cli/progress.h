// A progress bar with the time left on a terminal, nothing in a pipe.
#pragma once

#include <chrono>
#include <string>

namespace lutra::cli {

class Progress {
 public:
  /// `label` stands before the bar. Draws on standard error, and only where that is a terminal.
  explicit Progress(std::string label);
  /// Removes the bar.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `fraction` of the work is done, 0 to 1. Draws at most ten times a second.
  void update(double fraction);

  /// The line drawn for a state: "label [####------]  40 % 0:12 left". Separate for tests.
  static std::string line(const std::string& label, double fraction, double elapsed_seconds);

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  Clock::time_point start_;
  Clock::time_point drawn_;
  bool terminal_;
  bool visible_ = false;
};

}  // namespace lutra::cli
