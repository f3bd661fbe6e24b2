// What this machine can do at most, measured: bytes read from memory and integer multiply-adds, each by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/plan.h"

namespace lutra::kernels {

/// A buffer that no cache holds, and loops that read all of it.
class ReadProbe {
 public:
  /// At least 1 GiB and four times the last-level cache, as far as half the free memory goes.
  explicit ReadProbe(std::size_t last_level_cache);
  [[nodiscard]] std::size_t bytes() const { return buffer_.size(); }
  /// Bytes a second of the fastest of: one stream, one stream with prefetch, four streams.
  [[nodiscard]] double fastest(Target target) const;

 private:
  AlignedBytes buffer_;
};

/// 8-bit multiply-adds a second (one multiply and one add are two operations) of the target's instruction sequence, on registers.
double peak_multiply_adds(Target target);

std::size_t last_level_cache_bytes();
std::string cpu_name();

/// Wall clock and this thread's processor time, in seconds. Where they differ, something else ran.
struct Clock {
  double wall = 0, cpu = 0;
  static Clock now();
};

}  // namespace lutra::kernels
