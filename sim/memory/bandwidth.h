// Bandwidth and energy of a DRAM under access patterns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/memory/dram.h"

namespace lutra::memory {

struct BandwidthPoint {
  std::string pattern;  // "stream", "stride", "random"
  bool write = false;
  std::uint64_t block_bytes = 0;   // of a request
  std::uint64_t stride_bytes = 0;  // from request to request; 0: random addresses
  double gb_s = 0;
  double of_peak = 0;
  double row_hit_rate = 0;  // of visits of row sets
  double pj_per_bit = 0;    // background included
};

/// Streams, strides and random addresses with 16 requests a channel in flight. Random addresses lie in 1 GiB, from `seed`.
std::vector<BandwidthPoint> bandwidth_curve(const DramDevice& device, std::uint64_t seed);

}  // namespace lutra::memory
