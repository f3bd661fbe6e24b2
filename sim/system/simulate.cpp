#include "sim/system/simulate.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "isa/instruction.h"
#include "sim/model/core.h"
#include "sim/systemc/simulation.h"
#include "workloads/operands.h"

namespace lutra::system {
namespace {

constexpr std::uint32_t kTrapped = 4;  // STATUS bit 2

/// Runs a script to its end under SystemC; calls `at_position` whenever the host has moved on.
void run_script(model::Core& core, memory::Memory& memory, double clock_mhz, const std::function<void(std::size_t)>& at_position) {
  std::size_t position = 0;
  systemc::run(core, memory, clock_mhz, [&] {
    if (core.host().position() == position) return;
    position = core.host().position();
    at_position(position);
  });
}

/// The bytes behind a program. With values, those of one job at a time: its operands when the job before it has ended, its outputs
/// when it has ended itself.
class Contents {
 public:
  Contents(const ArchConfig& config, const Program& program, const SimulateOptions& options, memory::Image& image)
      : config_(config), program_(program), options_(options), image_(image) {
    place_code(program_, image_);
  }

  void place(std::size_t job) {
    if (!options_.values()) return;
    image_ = {};
    place_code(program_, image_);
    placed_ = workloads::placed_job(config_, program_, job);
    workloads::place_operands(
        *placed_, *options_.weights, *options_.activations,
        [&](std::uint64_t address, std::span<const std::uint8_t> bytes) { image_.write(address, bytes.data(), bytes.size()); });
  }

  /// Throws Error (check failed) when they are not those of the golden GEMM.
  std::vector<std::int32_t> outputs(std::size_t job) const {
    if (!options_.values()) return {};
    auto outputs = workloads::read_outputs(
        *placed_, [&](std::uint64_t address, std::span<std::uint8_t> bytes) { image_.read(address, bytes.data(), bytes.size()); });
    if (outputs != workloads::expected_outputs(*placed_, *options_.weights, *options_.activations))
      throw Error(fmt::format("{}: the outputs are not those of the golden GEMM", program_.jobs[job].op), {}, Error::Kind::kCheckFailed);
    return outputs;
  }

 private:
  const ArchConfig& config_;
  const Program& program_;
  const SimulateOptions& options_;
  memory::Image& image_;
  std::optional<workloads::PlacedJob> placed_;
};

}  // namespace

void check_status(const Job& job, std::uint32_t status, std::uint32_t cause) {
  if ((status & kTrapped) == 0) return;
  for (const TrapInfo& info : trap_causes())
    if (static_cast<std::uint32_t>(info.cause) == cause)
      throw Error(fmt::format("{} trapped: {} ({})", job.op, info.name, info.doc), {}, Error::Kind::kCheckFailed);
  throw Error(fmt::format("{} trapped: cause {}", job.op, cause), {}, Error::Kind::kCheckFailed);
}

SimulationResult simulate(const ArchConfig& config, const Program& program, const SimulateOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  memory::MemoryOptions memory_options = options.memory;
  memory_options.contents = true;  // for the code; bytes that are never written cost nothing
  memory::Memory memory(config, memory_options);
  Contents contents(config, program, options, memory.image());
  const std::vector<std::size_t> jobs = schedule(program);
  // One host runs all jobs, so the pauses between them are part of the result.
  std::vector<std::size_t> ends;
  const model::HostScript script = script_of(program, jobs, 0, &ends);
  model::Core core(config, memory, script, {options.events, options.values()});
  SimulationResult result;
  model::Cycle begin = 0;
  const auto finish_job = [&] {
    const std::size_t done = result.jobs.size();
    const JobReadings readings = job_readings(core.host().read_values(), done);
    check_status(program.jobs[jobs[done]], readings.status, readings.cause);
    result.jobs.push_back({jobs[done], core.now() - begin, readings.counters, contents.outputs(jobs[done])});
    begin = core.now();
    if (options.progress) options.progress(static_cast<double>(done + 1) / static_cast<double>(jobs.size()));
    if (done + 1 < jobs.size()) contents.place(jobs[done + 1]);
  };
  if (!jobs.empty()) contents.place(jobs.front());
  run_script(core, memory, config.clock_mhz, [&](std::size_t position) {
    if (result.jobs.size() < ends.size() && position >= ends[result.jobs.size()]) finish_job();
  });
  while (result.jobs.size() < jobs.size()) finish_job();
  result.cycles = core.now();
  result.edges_visited = core.edges_visited();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace lutra::system
