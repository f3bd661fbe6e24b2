// The price formulas that choose among plans; only their order matters, the simulator has the last word.
#include "workloads/estimate.h"

#include <algorithm>

#include "isa/timing/compute_timing.h"

namespace lutra::workloads {
namespace {

constexpr double kControlCycles = 2;  // an instruction: fetch edge, execute edge
constexpr double kCommandCycles = 1;  // between commands of the array: a margin, there is none when the next one is ready in time
constexpr double kHandOver = 8;       // cycles between a unit's retirement and the next unit's first word, and the array's pipeline

/// Beats a cycle that the memory delivers.
double bandwidth(const ArchConfig& arch) {
  const double bytes_a_cycle = arch.memory.bandwidth_gb_s * 1e3 / arch.clock_mhz;
  return std::min(1.0, bytes_a_cycle / (arch.axi.data_bits / 8.0));
}

}  // namespace

double Estimate::total() const { return start + std::max({memory, array, control, ring}) + exposed + tail; }

Estimate estimate(const ArchConfig& arch, const GemmLayout& layout, const GemmPlan& plan, const KernelBuilder& kernel) {
  const Geometry& g = layout.geometry;
  const double beats_a_cycle = bandwidth(arch);
  const double latency = arch.memory.latency_ns * arch.clock_mhz / 1e3;
  const auto tile_rows = static_cast<double>(layout.tile_rows);
  const double drain = tile_rows * g.accumulator_words_per_row;
  const double store_beats = std::max(1.0, static_cast<double>(g.output_row_bytes) / g.bus_bytes);
  const double row_stores =
      static_cast<double>(kernel.stored()) / std::min<double>(layout.columns, static_cast<double>(layout.shape.outputs));
  Estimate e;
  e.memory = (static_cast<double>(kernel.read_beats()) + row_stores * store_beats) / beats_a_cycle;

  const double drained = layout.segment_ksteps > 0 ? std::min(layout.segment_ksteps, plan.chunk_ksteps)
                         : plan.chained            ? layout.ksteps
                                                   : plan.chunk_ksteps;
  const int kstep_edges = layout.plane_groups * timing::step_interval(arch);  // at the least, in the array
  const double steps = static_cast<double>(kernel.array_ksteps()) * kstep_edges;
  e.array = steps * std::max(1.0, (drain + 2) / (drained * kstep_edges)) + static_cast<double>(kernel.lmmas()) * kCommandCycles;
  e.control = static_cast<double>(kernel.executed()) * kControlCycles;

  // A slot is busy from its load's request until its last product: that many slots share latency, beats and products.
  const double chunk_beats =
      static_cast<double>(layout.padded_weight_words(plan.chunk_ksteps)) / g.weight.words_per_line * g.weight.beats_per_line;
  const double chunk_steps = static_cast<double>(plan.chunk_ksteps) * kstep_edges * plan.block_tiles;
  const double chunks = steps / chunk_steps;
  const double held = latency + 2 * kHandOver + chunk_beats / beats_a_cycle + chunk_steps;
  e.ring = chunks * held / std::min<double>(plan.weight_slots, arch.control.queue_depth + 1);

  // Loaded tables are there with their last beat.
  const double build_kstep = g.memory ? 0 : std::max(1.0, tile_rows * (timing::build_groups(arch) + (g.grouped ? 1 : 0)));
  const double block_build = plan.block_tiles * plan.block_ksteps * build_kstep;
  const double row_beats = static_cast<double>(layout.tile_loads * layout.activation_pitch) / g.bus_bytes;
  e.start =
      2 * latency + static_cast<double>(kernel.code().size()) * 16 / g.bus_bytes + row_beats / beats_a_cycle + block_build + 2 * kHandOver;
  // While tables are built, the weights of the first chunks come in.
  const double prefetched = std::min<double>(plan.weight_slots, 4) * chunk_beats / beats_a_cycle;
  e.memory = std::max(0.0, e.memory - std::min(prefetched, block_build));

  const double builds = static_cast<double>(layout.m_tiles) / plan.block_tiles;
  if (plan.block_ksteps < layout.ksteps) {
    const double groups = static_cast<double>(layout.n_tiles) / plan.group_tiles * static_cast<double>(layout.m_tiles);
    e.exposed = (groups * k_blocks(layout, plan) - 1) * block_build;
  } else if (plan.pipelined) {
    const double block_steps = static_cast<double>(layout.n_tiles) * layout.ksteps * kstep_edges * plan.block_tiles;
    e.exposed = (builds - 1) * std::max(0.0, block_build - block_steps);
  } else {
    const double queued =
        plan.table_slots >= 2 * plan.block_tiles ? arch.control.queue_depth * static_cast<double>(plan.chunk_ksteps) * kstep_edges : 0;
    e.exposed = (builds - 1) * (std::max(0.0, block_build - queued) + latency);
  }
  e.tail = chunk_steps + drain + latency + tile_rows * store_beats / beats_a_cycle + 2 * kHandOver;
  return e;
}

}  // namespace lutra::workloads
