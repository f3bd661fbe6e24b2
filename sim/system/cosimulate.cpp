#include "sim/system/cosimulate.h"

#include <fmt/format.h>

#include <bit>
#include <chrono>
#include <set>

#include "sim/system/launch.h"
#include "workloads/operands.h"

namespace lutra::system {
namespace {

std::vector<std::int32_t> outputs_in(const workloads::PlacedJob& job, const memory::Memory& memory) {
  return workloads::read_outputs(
      job, [&](std::uint64_t address, std::span<std::uint8_t> bytes) { memory.image().read(address, bytes.data(), bytes.size()); });
}

cosim::LockstepSetup setup_of(const ArchConfig& config, const Program& program, std::size_t index, const workloads::PlacedJob& placed,
                              const CosimulateOptions& options) {
  cosim::LockstepSetup setup;
  setup.config = config;
  setup.script = script_of(program, std::span(&index, 1));
  setup.memory = options.memory;
  setup.build = options.build;
  place_code(program, setup.image);
  workloads::place_operands(
      placed, *options.weights, *options.activations,
      [&](std::uint64_t address, std::span<const std::uint8_t> bytes) { setup.image.write(address, bytes.data(), bytes.size()); });
  setup.max_cycles = std::numeric_limits<model::Cycle>::max();
  return setup;
}

/// The model's share of the script is what is left to do when cycles cannot be known beforehand: the plan's estimate serves.
double estimated_cycles(const Program& program, const Job& job) {
  const auto& kernel = program.metadata.at("kernels").at(static_cast<std::size_t>(job.kernel));
  return kernel.value("estimated_cycles", 0.0);
}

}  // namespace

CosimResult run_result(const cosim::Lockstep& lockstep) {
  CosimResult result;
  result.rtl_cycles = lockstep.rtl().now();
  result.model_cycles = lockstep.model().now();
  result.divergence = lockstep.divergence();
  for (int c = 0; c < static_cast<int>(model::Channel::kCount); ++c)
    result.events += static_cast<std::int64_t>(lockstep.compared(static_cast<model::Channel>(c)));
  return result;
}

std::int64_t differing_bits(const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b) {
  if (a.size() != b.size()) throw Error("outputs of different sizes", {}, Error::Kind::kCheckFailed);
  std::int64_t bits = 0;
  for (std::size_t i = 0; i < a.size(); ++i) bits += std::popcount(static_cast<std::uint32_t>(a[i]) ^ static_cast<std::uint32_t>(b[i]));
  return bits;
}

CosimResult cosimulate(const ArchConfig& config, const Program& program, std::size_t index, const CosimulateOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const Job& job = program.jobs.at(index);
  const workloads::PlacedJob placed = workloads::placed_job(config, program, index);
  cosim::Lockstep lockstep(setup_of(config, program, index, placed, options));
  const double expected_cycles = estimated_cycles(program, job);
  while (lockstep.step())
    if (options.progress && expected_cycles > 0) options.progress(std::min(0.99, static_cast<double>(lockstep.cycles()) / expected_cycles));
  CosimResult result = run_result(lockstep);
  result.op = job.op;
  result.macs = job.macs;
  if (lockstep.rtl().finished() && lockstep.model().finished()) {
    result.rtl_cycles = job_readings(lockstep.rtl().host().read_values(), 0).counters.cycles;
    result.model_cycles = job_readings(lockstep.model().host().read_values(), 0).counters.cycles;
    const auto rtl = outputs_in(placed, lockstep.rtl_memory());
    result.mismatched_bits = differing_bits(rtl, workloads::expected_outputs(placed, *options.weights, *options.activations)) +
                             differing_bits(rtl, outputs_in(placed, lockstep.model_memory()));
  }
  result.cycle_difference = std::abs(result.rtl_cycles - result.model_cycles);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

std::vector<std::size_t> distinct_jobs(const Program& program) {
  std::set<int> seen;
  std::vector<std::size_t> jobs;
  for (std::size_t i = 0; i < program.jobs.size(); ++i)
    if (seen.insert(program.jobs[i].kernel).second) jobs.push_back(i);
  return jobs;
}

}  // namespace lutra::system
