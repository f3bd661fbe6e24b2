// Cores that share one memory behind an arbiter: every edge of every core.
#pragma once

#include <span>
#include <vector>

#include "sim/system/simulate.h"

namespace lutra::system {

struct ClusterResult {
  std::vector<SimulationResult> cores;
  model::Cycle cycles = 0;  // of the core that ends last
};

/// Runs program i on core i, all from cycle 0; only time is simulated. `config` describes each core and, in `memory`, the memory that they
/// share; with one core the result is that of simulate().
///
/// The arbiter: at every edge each core has one turn, and the core whose turn is first moves on by one from edge to edge. In its turn a
/// core moves at most a read beat and a write beat, if the memory has bandwidth left at that edge. Latency is that of the memory; the
/// arbiter adds none. The cores' memories lie one behind the other, so that banked DRAM sees other addresses from each.
///
/// The queues of `options` are those of each port, its make_timing that of the memory behind them. Throws what simulate() throws.
ClusterResult run_cluster(const ArchConfig& config, std::span<const Program* const> programs, const memory::MemoryOptions& options = {});

}  // namespace lutra::system
