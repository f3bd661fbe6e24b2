// Random numbers by seed and position, so that a draw does not depend on how many others were made before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "isa/splitmix.h"

namespace lutra::sweep {

/// SplitMix64: the same sequence for a seed everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : state_(splitmix_finalise(seed) ^ splitmix_finalise(~stream)) {}

  std::uint64_t next() { return splitmix_finalise(state_ += kSplitmixStep); }
  /// In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// In [0, count).
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(uniform() * static_cast<double>(count)); }
  /// 0 .. count - 1 in random order.
  std::vector<std::size_t> permutation(std::size_t count) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[below(i)]);
    return order;
  }

 private:
  std::uint64_t state_;
};

}  // namespace lutra::sweep
