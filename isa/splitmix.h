// SplitMix64 (Steele, Lea and Flood, 2014): the hash behind everything that is random by seed and position.
#pragma once

#include <cstdint>

namespace lutra {

/// 2^64 / golden ratio, odd: successive counters are far apart.
constexpr std::uint64_t kSplitmixStep = 0x9E3779B97F4A7C15;

/// The finaliser: every output bit depends on every input bit. One to one, and 0 stays 0.
constexpr std::uint64_t splitmix_finalise(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

/// The generator's first number behind the state `x`.
constexpr std::uint64_t splitmix(std::uint64_t x) { return splitmix_finalise(x + kSplitmixStep); }

}  // namespace lutra
