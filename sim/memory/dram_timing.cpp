#include "sim/memory/dram_timing.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "sim/memory/dram.h"

namespace lutra::memory {
namespace {

constexpr double kWriteBufferBytes = 16 * 1024;

class DramTiming : public MemoryTiming {
 public:
  DramTiming(const ArchConfig& config, const DramDevice& device)
      : dram_(device),
        beat_bytes_(config.axi.data_bits / 8),
        ps_per_cycle_(1e6 / config.clock_mhz),
        drained_per_cycle_(device.peak_gb_s() * 1e3 / config.clock_mhz * (1 - device.ns.rfc / device.ns.refi)) {}

  Cycle read_accepted(Cycle now, std::uint64_t address, int beats) override {
    drain_before(now);
    const Dram::Served served = dram_.access(at(now), address, static_cast<std::uint64_t>(beats) * bytes(), false);
    return std::max({now + 1, edge(served.first), edge(served.last) - (beats - 1)});
  }
  [[nodiscard]] Cycle next_read(Cycle from) const override { return from; }
  [[nodiscard]] Cycle earliest_read(Cycle from, std::int64_t n) const override { return from + n - 1; }
  void take_read(Cycle) override {}

  [[nodiscard]] bool may_write(Cycle now) const override { return held(now) + beat_bytes_ <= kWriteBufferBytes; }
  void take_write(Cycle now) override {
    held_ = held(now) + beat_bytes_;
    held_at_ = now;
  }
  Cycle write_finished(Cycle now, std::uint64_t address, int beats) override {
    writes_.push_back({now, address, static_cast<std::uint64_t>(beats) * bytes()});
    return now + 1;
  }

 private:
  struct Write {
    Cycle at;
    std::uint64_t address, bytes;
  };

  [[nodiscard]] std::uint64_t bytes() const { return static_cast<std::uint64_t>(beat_bytes_); }
  [[nodiscard]] Picoseconds at(Cycle now) const { return std::llround(static_cast<double>(now) * ps_per_cycle_); }
  [[nodiscard]] Cycle edge(Picoseconds when) const {
    return static_cast<Cycle>(std::ceil(static_cast<double>(when) / ps_per_cycle_ - 1e-6));
  }
  [[nodiscard]] double held(Cycle now) const { return std::max(0.0, held_ - static_cast<double>(now - held_at_) * drained_per_cycle_); }

  /// Which of a read and a write at one edge is told first is the machine's affair and must not matter: the write waits.
  void drain_before(Cycle now) {
    for (; !writes_.empty() && writes_.front().at < now; writes_.pop_front())
      dram_.access(at(writes_.front().at), writes_.front().address, writes_.front().bytes, true);
  }

  Dram dram_;
  int beat_bytes_;
  double ps_per_cycle_;
  double drained_per_cycle_;
  std::deque<Write> writes_;  // in the buffer
  double held_ = 0;           // bytes in the buffer at held_at_
  Cycle held_at_ = 0;
};

}  // namespace

std::unique_ptr<MemoryTiming> make_dram_timing(const ArchConfig& config) { return make_dram_timing(config, load_dram(config.memory.kind)); }

std::unique_ptr<MemoryTiming> make_dram_timing(const ArchConfig& config, const DramDevice& device) {
  return std::make_unique<DramTiming>(config, device);
}

}  // namespace lutra::memory
