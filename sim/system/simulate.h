// Runs a compiled program, all jobs of all layers, on the cycle-accurate model.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "isa/program.h"
#include "sim/memory/memory.h"
#include "sim/system/launch.h"
#include "workloads/weights.h"

namespace lutra::system {

struct SimulateOptions {
  memory::MemoryOptions memory;  // stalls, seed; `contents` is decided here
  /// Operands to compute with; null: only time is simulated. They change no cycle.
  const workloads::WeightSource* weights = nullptr;
  const workloads::ActivationSource* activations = nullptr;
  [[nodiscard]] bool values() const { return weights != nullptr && activations != nullptr; }
  model::EventSink* events = nullptr;  // told what the core does; makes it slower
  /// Called now and then with the share of jobs done, 0 to 1.
  std::function<void(double)> progress;
};

struct JobResult {
  std::size_t job = 0;                // index into Program::jobs
  model::Cycle cycles = 0;            // from the host's first register write to the end of its last read: what the job occupies
  model::Counters counters;           // of one run
  std::vector<std::int32_t> outputs;  // tokens x outputs, with values only
};

struct SimulationResult {
  std::vector<JobResult> jobs;
  model::Cycle cycles = 0;  // of all jobs, repeats included
  std::int64_t edges_visited = 0;
  double seconds = 0;  // that the simulation took
  // Of fast mode, over the distinct jobs: cycles added in closed form, cycles run, and why something had to be run in full.
  model::Cycle skipped = 0, simulated = 0;
  std::vector<std::string> fallbacks;
};

/// Throws Error (check failed) when a job's status says that it trapped.
void check_status(const Job& job, std::uint32_t status, std::uint32_t cause);

/// Runs the jobs in order, each `repeat` times, on the SystemC model. Throws Error (check failed) when one of them traps.
/// Not to be called from several threads (sim/systemc/simulation.h).
SimulationResult simulate(const ArchConfig& config, const Program& program, const SimulateOptions& options = {});

}  // namespace lutra::system
