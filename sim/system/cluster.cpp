#include "sim/system/cluster.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>

#include "sim/model/core.h"

namespace lutra::system {
namespace {

constexpr std::uint64_t kAlignment = 4096;  // of a core's memory, as AXI bursts want it

/// What one core sees of the device that all share. Every core is taken through every edge, so the device is told everything in the order
/// of time, and in the order of turns at one edge.
class Port : public memory::MemoryTiming {
 public:
  Port(std::shared_ptr<memory::MemoryTiming> device, std::uint64_t base) : device_(std::move(device)), base_(base) {}

  memory::Cycle read_accepted(memory::Cycle now, std::uint64_t address, int beats) override {
    return device_->read_accepted(now, base_ + address, beats);
  }
  [[nodiscard]] memory::Cycle next_read(memory::Cycle from) const override { return device_->next_read(from); }
  [[nodiscard]] memory::Cycle earliest_read(memory::Cycle from, std::int64_t n) const override { return device_->earliest_read(from, n); }
  void take_read(memory::Cycle now) override { device_->take_read(now); }
  [[nodiscard]] bool may_write(memory::Cycle now) const override { return device_->may_write(now); }
  void take_write(memory::Cycle now) override { device_->take_write(now); }
  memory::Cycle write_finished(memory::Cycle now, std::uint64_t address, int beats) override {
    return device_->write_finished(now, base_ + address, beats);
  }

 private:
  std::shared_ptr<memory::MemoryTiming> device_;
  std::uint64_t base_;
};

/// A core with its port and its program.
class Member {
 public:
  Member(const ArchConfig& config, const Program& program, const memory::MemoryOptions& options)
      : program_(program), jobs_(schedule(program)), memory_(config, options) {
    place_code(program, memory_.image());
    core_.emplace(config, memory_, script_of(program, jobs_, 0, &ends_), model::CoreOptions{nullptr, false});
  }

  [[nodiscard]] bool running() const { return !core_->finished(); }

  void step(model::Cycle edge) {
    core_->step_at(edge);
    while (result_.jobs.size() < ends_.size() && core_->host().position() >= ends_[result_.jobs.size()]) finish_job(edge + 1);
  }

  SimulationResult take() {
    result_.edges_visited = core_->edges_visited();
    return std::move(result_);
  }

 private:
  void finish_job(model::Cycle now) {
    const std::size_t done = result_.jobs.size(), job = jobs_[done];
    const JobReadings readings = job_readings(core_->host().read_values(), done);
    check_status(program_.jobs[job], readings.status, readings.cause);
    result_.jobs.push_back({job, now - result_.cycles, readings.counters, {}});
    result_.cycles = now;
  }

  const Program& program_;
  std::vector<std::size_t> jobs_;
  memory::Memory memory_;
  std::vector<std::size_t> ends_;
  std::optional<model::Core> core_;
  SimulationResult result_;
};

}  // namespace

ClusterResult run_cluster(const ArchConfig& config, std::span<const Program* const> programs, const memory::MemoryOptions& options) {
  if (programs.empty()) throw std::invalid_argument("a cluster needs a core");
  const auto start = std::chrono::steady_clock::now();
  const std::shared_ptr<memory::MemoryTiming> device =
      options.make_timing ? options.make_timing(config) : memory::make_memory_timing(config);
  std::vector<std::unique_ptr<Member>> members;
  std::uint64_t base = 0;
  for (const Program* program : programs) {
    memory::MemoryOptions port = options;
    port.contents = true;  // for the code
    port.make_timing = [device, base](const ArchConfig&) { return std::make_unique<Port>(device, base); };
    members.push_back(std::make_unique<Member>(config, *program, port));
    base += ceil_div(launch_of(*program, program->jobs.at(0)).window_hi, kAlignment) * kAlignment;
  }
  ClusterResult result;
  const std::size_t count = members.size();
  for (bool any = true; any; ++result.cycles) {
    any = false;
    const std::size_t first = static_cast<std::size_t>(result.cycles) % count;
    for (std::size_t i = 0; i < count; ++i) {
      Member& member = *members[(first + i) % count];
      if (!member.running()) continue;
      member.step(result.cycles);
      any = any || member.running();
    }
  }
  for (const auto& member : members) {
    result.cores.push_back(member->take());
    result.cores.back().seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return result;
}

}  // namespace lutra::system
