// Draws the progress bar.
#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace lutra::cli {

Progress::Progress(std::string label)
    : label_(std::move(label)), start_(Clock::now()), drawn_(start_), terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (visible_) std::fputs("\r\033[K", stderr);
}

std::string Progress::line(const std::string& label, double fraction, double elapsed_seconds) {
  constexpr int kWidth = 30;
  fraction = std::clamp(fraction, 0.0, 1.0);
  const int filled = static_cast<int>(std::lround(fraction * kWidth));
  std::string text = fmt::format("{} [{}{}] {:3.0f} %", label, std::string(static_cast<std::size_t>(filled), '#'),
                                 std::string(static_cast<std::size_t>(kWidth - filled), '-'), 100 * fraction);
  if (fraction > 0) {
    const long left = std::lround(elapsed_seconds * (1 - fraction) / fraction);
    text += fmt::format(" {}:{:02} left", left / 60, left % 60);
  }
  return text;
}

void Progress::update(double fraction) {
  if (!terminal_) return;
  const Clock::time_point now = Clock::now();
  if (visible_ && now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  visible_ = true;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  std::fprintf(stderr, "\r%s\033[K", line(label_, fraction, elapsed).c_str());
  std::fflush(stderr);
}

}  // namespace lutra::cli
