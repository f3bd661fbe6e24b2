// Gathered products on the core: co-simulated with values, and timed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/system/cosimulate.h"
#include "workloads/gather.h"

namespace lutra::flash {

/// Runs a gathered product on RTL and model in step and compares both with the golden result. Weights and activations are
/// generated from `seed`.
system::CosimResult cosimulate_gather(const ArchConfig& config, const workloads::GatheredProduct& product, std::uint64_t seed,
                                      const memory::MemoryOptions& memory = {}, const cosim::BuildOptions& build = {});

/// How well the array is used by a gathered product.
struct GatherUse {
  model::Cycle cycles = 0;  // launches and their pauses included
  std::int64_t array_steps = 0;
  double array_busy = 0;  // steps / cycles
  int launches = 0;
};
/// Cycles of all jobs on the model, without values. Not to be called from several threads.
GatherUse time_gather(const ArchConfig& config, const workloads::GatheredProduct& product);

}  // namespace lutra::flash
