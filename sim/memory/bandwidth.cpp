#include "sim/memory/bandwidth.h"

#include <algorithm>
#include <functional>
#include <random>

namespace lutra::memory {
namespace {

constexpr std::uint64_t kRange = std::uint64_t{1} << 30, kMoved = std::uint64_t{16} << 20;
constexpr std::size_t kInFlight = 16;  // requests a channel

/// `count` requests, each issued when the one kInFlight x channels before it has its data.
BandwidthPoint measure(const DramDevice& device, BandwidthPoint point, std::uint64_t count, const std::function<std::uint64_t()>& address) {
  Dram dram(device);
  const std::size_t in_flight = kInFlight * static_cast<std::size_t>(device.channels);
  std::vector<Picoseconds> done(in_flight, 0);
  Picoseconds now = 0, end = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    now = std::max(now, done[i % in_flight]);
    done[i % in_flight] = dram.access(now, address(), point.block_bytes, point.write).last;
    end = std::max(end, done[i % in_flight]);
  }
  const double bytes = static_cast<double>(count) * static_cast<double>(point.block_bytes);
  const DramCounters& c = dram.counters();
  point.gb_s = bytes / static_cast<double>(end) * 1e3;
  point.of_peak = point.gb_s / device.peak_gb_s();
  point.row_hit_rate = static_cast<double>(c.row_hits) / static_cast<double>(std::max<std::uint64_t>(1, c.row_hits + c.row_misses));
  point.pj_per_bit = dram.energy_pj(end) / (bytes * 8);
  return point;
}

}  // namespace

std::vector<BandwidthPoint> bandwidth_curve(const DramDevice& device, std::uint64_t seed) {
  std::vector<BandwidthPoint> points;
  for (const bool write : {false, true}) {
    BandwidthPoint point{"stream", write, kRange, kRange, 0, 0, 0, 0};
    points.push_back(measure(device, point, 1, [] { return std::uint64_t{0}; }));
  }
  for (std::uint64_t stride = 128; stride <= 65536; stride *= 8) {
    std::uint64_t next = 0;
    BandwidthPoint point{"stride", false, 64, stride, 0, 0, 0, 0};
    points.push_back(measure(device, point, kMoved / 64, [&] { return (next += stride) % kRange; }));
  }
  for (std::uint64_t block = 64; block <= 65536; block *= 4) {
    std::mt19937_64 random(seed);
    BandwidthPoint point{"random", false, block, 0, 0, 0, 0, 0};
    points.push_back(measure(device, point, kMoved / block, [&] { return random() % (kRange / block) * block; }));
  }
  return points;
}

}  // namespace lutra::memory
