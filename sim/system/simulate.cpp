#include "sim/system/simulate.h"

#include <fmt/format.h>

#include <chrono>

#include "isa/instruction.h"
#include "sim/model/core.h"
#include "sim/systemc/simulation.h"
#include "workloads/operands.h"

namespace lutra::system {
namespace {

constexpr std::uint32_t kTrapped = 4;  // STATUS bit 2

/// Job indices in order, each as often as it repeats.
std::vector<std::size_t> schedule(const Program& program) {
  std::vector<std::size_t> jobs;
  for (std::size_t i = 0; i < program.jobs.size(); ++i) jobs.insert(jobs.end(), program.jobs[i].repeat, i);
  return jobs;
}

/// Runs a script to its end under SystemC; calls `at_position` whenever the host has moved on.
void run_script(model::Core& core, memory::Memory& memory, double clock_mhz, const std::function<void(std::size_t)>& at_position) {
  std::size_t position = 0;
  systemc::run(core, memory, clock_mhz, [&] {
    if (core.host().position() == position) return;
    position = core.host().position();
    at_position(position);
  });
}

/// Only time: one host runs all jobs, so the pauses between them are part of the result.
SimulationResult simulate_time(const ArchConfig& config, const Program& program, const SimulateOptions& options) {
  memory::MemoryOptions memory_options = options.memory;
  memory_options.contents = true;  // for the code; bytes that are never written cost nothing
  memory::Memory memory(config, memory_options);
  place_code(program, memory.image());
  const std::vector<std::size_t> jobs = schedule(program);
  std::vector<std::size_t> ends;
  const model::HostScript script = script_of(program, jobs, 0, &ends);
  model::Core core(config, memory, script, {nullptr, false});
  SimulationResult result;
  model::Cycle begin = 0;
  const auto finish_job = [&] {
    const std::size_t done = result.jobs.size();
    const JobReadings readings = job_readings(core.host().read_values(), done);
    check_status(program.jobs[jobs[done]], readings.status, readings.cause);
    result.jobs.push_back({jobs[done], core.now() - begin, readings.counters, {}});
    begin = core.now();
    if (options.progress) options.progress(static_cast<double>(done + 1) / static_cast<double>(jobs.size()));
  };
  run_script(core, memory, config.clock_mhz, [&](std::size_t position) {
    if (result.jobs.size() < ends.size() && position >= ends[result.jobs.size()]) finish_job();
  });
  while (result.jobs.size() < jobs.size()) finish_job();
  result.cycles = core.now();
  result.edges_visited = core.edges_visited();
  return result;
}

/// With values: each job in a memory of its own, which holds its operands only.
SimulationResult simulate_values(const ArchConfig& config, const Program& program, const SimulateOptions& options) {
  SimulationResult result;
  const std::vector<std::size_t> jobs = schedule(program);
  for (const std::size_t index : jobs) {
    const workloads::PlacedJob placed = workloads::placed_job(config, program, index);
    memory::Memory memory(config, options.memory);
    place_code(program, memory.image());
    workloads::place_operands(
        placed, *options.weights, *options.activations,
        [&](std::uint64_t address, std::span<const std::uint8_t> bytes) { memory.image().write(address, bytes.data(), bytes.size()); });
    model::Core core(config, memory, script_of(program, std::span(&index, 1)));
    systemc::run(core, memory, config.clock_mhz);
    const JobReadings readings = job_readings(core.host().read_values(), 0);
    check_status(program.jobs[index], readings.status, readings.cause);
    const auto outputs = workloads::read_outputs(
        placed, [&](std::uint64_t address, std::span<std::uint8_t> bytes) { memory.image().read(address, bytes.data(), bytes.size()); });
    if (outputs != workloads::expected_outputs(placed, *options.weights, *options.activations))
      throw Error(fmt::format("{}: the outputs are not those of the golden GEMM", program.jobs[index].op), {}, Error::Kind::kCheckFailed);
    result.jobs.push_back({index, core.now(), readings.counters, outputs});
    result.cycles += core.now();
    result.edges_visited += core.edges_visited();
    if (options.progress) options.progress(static_cast<double>(result.jobs.size()) / static_cast<double>(jobs.size()));
  }
  return result;
}

}  // namespace

void check_status(const Job& job, std::uint32_t status, std::uint32_t cause) {
  if ((status & kTrapped) == 0) return;
  for (const TrapInfo& info : trap_causes())
    if (static_cast<std::uint32_t>(info.cause) == cause)
      throw Error(fmt::format("{} trapped: {} ({})", job.op, info.name, info.doc), {}, Error::Kind::kCheckFailed);
  throw Error(fmt::format("{} trapped: cause {}", job.op, cause), {}, Error::Kind::kCheckFailed);
}

SimulationResult simulate(const ArchConfig& config, const Program& program, const SimulateOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const bool values = options.weights != nullptr && options.activations != nullptr;
  SimulationResult result = values ? simulate_values(config, program, options) : simulate_time(config, program, options);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace lutra::system
