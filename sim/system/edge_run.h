// A trace on an edge device: time, bytes and energy of every operator, on the cores and on the vector unit.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "sim/system/edge_host.h"
#include "sim/system/fast.h"
#include "sim/system/measured_costs.h"
#include "workloads/trace.h"
#include "workloads/vector_work.h"

namespace lutra::system {

/// Joules by component. `control` is what of a core is neither array nor tables nor buffers; only measured costs know it.
struct Energy {
  double array = 0, tables = 0, control = 0, sram = 0, dram = 0, vector = 0, leakage = 0;
  [[nodiscard]] double total() const { return array + tables + control + sram + dram + vector + leakage; }
  void add(const Energy& other, double times = 1);
};

/// What an operator's time is made of: the resource that takes longest. Named in bottleneck sentences.
enum class Bound { kWeightReads, kArray, kKvReads, kActivationTraffic, kVectorArithmetic, kStart };
std::string to_string(Bound bound);

struct OperatorTime {
  std::size_t op = 0;  // index into Trace::operators
  double begin_s = 0, seconds = 0;
  Bound bound = Bound::kWeightReads;
  double bytes = 0;          // moved to and from the memory
  double ops = 0;            // two for each multiply-accumulate, one for each other operation
  model::Cycle cycles = 0;   // of the slowest core; 0 on the vector unit
  int cores = 0;             // that work on it
  model::Counters counters;  // of all cores together, cycles of the slowest
  Energy energy;
};

struct EdgeResult {
  std::vector<OperatorTime> operators;
  double seconds = 0;
  Energy energy;
  std::vector<std::string> fallbacks;  // of fast mode
  /// Share of the time that each bound takes, largest first.
  [[nodiscard]] std::vector<std::pair<Bound, double>> shares() const;
  /// "decode is bound by weight reads: 91 % of the time".
  [[nodiscard]] std::string bottleneck(const std::string& what) const;
};

/// How products on the cores are timed; docs/system.md. kFast and kExact give the same cycles.
enum class EdgeMode {
  kFast,     // each core at its share of the memory, in closed form
  kExact,    // each core at its share of the memory, every cycle
  kArbiter,  // all cores on one memory behind an arbiter, every cycle (run_cluster)
};

/// The rules of time (docs/system.md):
/// - Operators run one behind the other, in the trace's order: each needs what the one before wrote.
/// - A matrix product is cut along its outputs into equal runs of whole tiles, one a core. The memory's bandwidth is shared evenly
///   among the cores at work, each limited by its own port; the product is done when the slowest core is. A core's time is that of
///   the cycle-accurate model at that share.
/// - On the vector unit arithmetic and memory traffic of one operator overlap; the longer one counts, after a fixed start.
class EdgeSimulator {
 public:
  /// `core` is the architecture of each core; clock and memory come from the host. With `costs`, array, tables, control and leakage cost
  /// what was measured; without, what the host's file says.
  /// `memory` is that of the arbiter instead of the host's, as MemoryOptions::make_timing; the other modes know none.
  EdgeSimulator(EdgeHost host, ArchConfig core, std::optional<MeasuredCosts> costs = {}, EdgeMode mode = EdgeMode::kFast,
                memory::MemoryOptions memory = {});

  /// Distinct shapes are simulated once and kept. Throws what compile() and simulate() throw.
  EdgeResult run(const workloads::Trace& trace);

  [[nodiscard]] const EdgeHost& host() const { return host_; }
  /// Of everything that leaks, always.
  [[nodiscard]] double leakage_w() const { return (costs_ ? costs_->leakage_mw * host_.cores : host_.leakage_mw) * 1e-3; }
  /// A core as it is simulated when `active` of them work.
  [[nodiscard]] ArchConfig core_config(int active) const;
  /// Roofline: two operations a multiply-accumulate of `planes`-plane weights, all cores.
  [[nodiscard]] double peak_ops_s(int planes) const;
  /// What an operator could reach with its operations a byte: the lower of its unit's peak, for its mix of operations, and the memory.
  [[nodiscard]] double roofline_ops_s(const workloads::Operator& op, const OperatorTime& time) const;

 private:
  struct CoreTime {
    model::Cycle cycles = 0;
    model::Counters counters;  // of all cores together
    double bytes = 0;          // of all cores
    int cores = 1;
  };
  using Shape = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::string>;

  const CoreTime& core_time(const workloads::Operator& op, std::vector<std::string>& fallbacks);
  /// What each of `cores` cores takes for its program, which is the last one's own or what all others have.
  std::vector<SimulationResult> run_slices(const Program& slice, const Program& last, int cores);
  void run_on_cores(const workloads::Operator& op, OperatorTime& time, std::vector<std::string>& fallbacks);
  void run_on_vector_unit(const workloads::Operator& op, OperatorTime& time) const;
  [[nodiscard]] double arithmetic_s(const workloads::VectorWork& work) const;
  [[nodiscard]] Energy core_energy(const CoreTime& time) const;

  EdgeHost host_;
  ArchConfig core_;
  std::optional<MeasuredCosts> costs_;
  EdgeMode mode_;
  memory::MemoryOptions memory_;
  std::map<int, std::unique_ptr<FastSimulator>> simulators_;  // by cores at work
  std::map<Shape, CoreTime> times_;
  double weight_pj_ = 0, table_pj_ = 0, activation_pj_ = 0, accumulator_pj_ = 0;  // a word
};

}  // namespace lutra::system
