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
  /// At least 1 GiB and twice the last-level cache, as far as half the free memory goes.
  explicit ReadProbe(std::size_t last_level_cache);
  [[nodiscard]] std::size_t bytes() const { return buffer_.size(); }
  /// Reads all of it by each loop in turn; bytes a second of the fastest: one, two or four streams, with and without prefetch.
  [[nodiscard]] double fastest(Target target) const;

 private:
  AlignedBytes buffer_;
};

/// 8-bit multiply-adds a second (one multiply and one add are two operations) of the target's instruction sequence, on registers.
double peak_multiply_adds(Target target);

std::size_t last_level_cache_bytes();
std::string cpu_name();

/// Seconds of a clock that only goes forward.
double wall_seconds();

/// What else runs on this machine: processor time of everything but this process, in processors, since the last call of share().
/// Time that a hypervisor took away counts as such.
class OtherLoad {
 public:
  OtherLoad();
  double share();

 private:
  double wall_ = 0, others_ = 0;
};

}  // namespace lutra::kernels
