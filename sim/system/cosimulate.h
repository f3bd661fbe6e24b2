// Runs jobs of a program on RTL and model side by side, with values, and checks both against the golden answer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "isa/program.h"
#include "sim/cosim/lockstep.h"
#include "workloads/weights.h"

namespace lutra::system {

struct CosimulateOptions {
  memory::MemoryOptions memory;  // stalls, seed
  cosim::BuildOptions build;
  const workloads::WeightSource* weights = nullptr;          // required
  const workloads::ActivationSource* activations = nullptr;  // required
  /// Called now and then with the share of the job that is done, 0 to 1 (an estimate).
  std::function<void(double)> progress;
};

struct CosimResult {
  std::string op;  // of the job
  std::uint64_t macs = 0;
  model::Cycle rtl_cycles = 0, model_cycles = 0;
  std::int64_t events = 0;           // compared, all channels
  std::int64_t mismatched_bits = 0;  // of the outputs: RTL against golden, and model against RTL
  std::int64_t cycle_difference = 0;
  std::optional<cosim::Divergence> divergence;
  double seconds = 0;

  [[nodiscard]] bool equal() const { return mismatched_bits == 0 && cycle_difference == 0 && !divergence; }
};

/// Cycles, divergence and number of compared events of a lockstep run.
CosimResult run_result(const cosim::Lockstep& lockstep);
/// Bits in which two outputs differ. Throws Error when their sizes do.
std::int64_t differing_bits(const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b);

/// One job on both machines, from equal images.
CosimResult cosimulate(const ArchConfig& config, const Program& program, std::size_t job, const CosimulateOptions& options);

/// Indices of the first job of each kernel: every distinct shape and type once.
std::vector<std::size_t> distinct_jobs(const Program& program);

}  // namespace lutra::system
