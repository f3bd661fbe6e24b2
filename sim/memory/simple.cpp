#include "sim/memory/simple.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lutra::memory {
namespace {

constexpr std::int64_t kWriteDebtBeats = 4;
// Larger supplies than this are rounded to it, so that ticks of 2^43 cycles fit 63 bits.
constexpr std::int64_t kMaxSupply = std::int64_t{1} << 20;

class SimpleTiming : public MemoryTiming {
 public:
  explicit SimpleTiming(const ArchConfig& config) {
    const double cycles = config.memory.latency_ns * config.clock_mhz / 1000;
    // A product that is whole but for the rounding of doubles stays whole.
    latency_ = std::max<Cycle>(1, static_cast<Cycle>(std::ceil(cycles - 1e-6)));
    cost_ = std::llround(config.clock_mhz * 1e6) * (config.axi.data_bits / 8);
    supply_ = std::max<std::int64_t>(1, std::llround(config.memory.bandwidth_gb_s * 1e9));
    const std::int64_t common = std::gcd(cost_, supply_);
    cost_ /= common;
    supply_ /= common;
    if (supply_ > kMaxSupply) {
      cost_ = std::max<std::int64_t>(
          1, std::llround(static_cast<double>(cost_) / static_cast<double>(supply_) * static_cast<double>(kMaxSupply)));
      supply_ = kMaxSupply;
    }
  }

  Cycle read_accepted(Cycle now, std::uint64_t, int) override { return now + latency_; }

  [[nodiscard]] Cycle next_read(Cycle from) const override { return busy_until_ < (from + 1) * supply_ ? from : busy_until_ / supply_; }

  [[nodiscard]] Cycle earliest_read(Cycle from, std::int64_t n) const override {
    return std::max(next_read(from) + n - 1, (std::max(busy_until_, from * supply_) + (n - 1) * cost_) / supply_);
  }

  void take_read(Cycle now) override { occupy(now); }
  [[nodiscard]] bool may_write(Cycle now) const override { return busy_until_ < (now + 1) * supply_ + kWriteDebtBeats * cost_; }
  void take_write(Cycle now) override { occupy(now); }
  Cycle write_finished(Cycle now, std::uint64_t, int) override { return now + latency_; }
  [[nodiscard]] bool append_state(Cycle now, std::vector<std::int64_t>& words) const override {
    // What the device is occupied with at the next edge and after; addresses do not matter.
    words.push_back(std::max<std::int64_t>(0, busy_until_ - (now + 1) * supply_));
    return true;
  }

 private:
  void occupy(Cycle now) { busy_until_ = std::max(busy_until_, now * supply_) + cost_; }

  Cycle latency_ = 1;
  std::int64_t cost_ = 1;    // ticks a beat
  std::int64_t supply_ = 1;  // ticks a cycle
  std::int64_t busy_until_ = 0;
};

}  // namespace

std::unique_ptr<MemoryTiming> make_simple_timing(const ArchConfig& config) { return std::make_unique<SimpleTiming>(config); }

}  // namespace lutra::memory
