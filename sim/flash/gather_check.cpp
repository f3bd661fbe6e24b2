// Lockstep over gathered products.
#include "sim/flash/gather_check.h"

#include <chrono>

#include "sim/system/launch.h"
#include "sim/system/simulate.h"

namespace lutra::flash {
namespace {

std::vector<std::size_t> all_jobs(const Program& program) {
  std::vector<std::size_t> jobs(program.jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i] = i;
  return jobs;
}

}  // namespace

system::CosimResult cosimulate_gather(const ArchConfig& config, const workloads::GatheredProduct& product, std::uint64_t seed,
                                      const memory::MemoryOptions& memory, const cosim::BuildOptions& build) {
  const auto begin = std::chrono::steady_clock::now();
  const auto weights = workloads::make_generated_weights(seed);
  std::vector<std::int8_t> activations(static_cast<std::size_t>(product.request.shape.depth));
  workloads::make_generated_activations(seed)->codes(product.request.name, product.request.shape.depth, 0, 1, activations.data(), nullptr);
  cosim::LockstepSetup setup;
  setup.config = config;
  setup.script = system::script_of(product.program, all_jobs(product.program));
  setup.memory = memory;
  setup.build = build;
  setup.max_cycles = std::numeric_limits<model::Cycle>::max();
  system::place_code(product.program, setup.image);
  workloads::place_gather(product, *weights, activations, [&](std::uint64_t address, std::span<const std::uint8_t> bytes) {
    setup.image.write(address, bytes.data(), bytes.size());
  });
  cosim::Lockstep lockstep(setup);
  while (lockstep.step()) continue;
  system::CosimResult result = system::run_result(lockstep);
  result.op = product.request.name;
  for (const Job& job : product.program.jobs) result.macs += job.macs;
  if (lockstep.rtl().finished() && lockstep.model().finished()) {
    const auto outputs = [&product](const memory::Memory& of) {
      return workloads::gathered_outputs(
          product, [&of](std::uint64_t address, std::span<std::uint8_t> bytes) { of.image().read(address, bytes.data(), bytes.size()); });
    };
    const auto rtl = outputs(lockstep.rtl_memory());
    result.mismatched_bits = system::differing_bits(rtl, workloads::expected_gather(product, *weights, activations)) +
                             system::differing_bits(rtl, outputs(lockstep.model_memory()));
  }
  result.cycle_difference = std::abs(result.rtl_cycles - result.model_cycles);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

GatherUse time_gather(const ArchConfig& config, const workloads::GatheredProduct& product) {
  const system::SimulationResult simulated = system::simulate(config, product.program);
  GatherUse use;
  use.cycles = simulated.cycles;
  use.launches = static_cast<int>(simulated.jobs.size());
  for (const system::JobResult& job : simulated.jobs) use.array_steps += job.counters.array_steps;
  use.array_busy = static_cast<double>(use.array_steps) / static_cast<double>(use.cycles);
  return use;
}

}  // namespace lutra::flash
