// Runs the decode phase of a model on a phone, token by token, with its feed-forward weights in flash.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/flash/footprint.h"
#include "sim/flash/phone.h"
#include "sim/flash/planner.h"
#include "sim/flash/policy.h"
#include "sim/flash/profile.h"
#include "sim/flash/residency.h"
#include "sim/flash/schedule.h"
#include "sim/flash/unit_cost.h"
#include "sim/storage/flash_device.h"

namespace lutra::flash {

struct DecodeSetup {
  workloads::ModelConfig model;
  WeightStorage storage;
  Phone phone;
  storage::StorageConfig device;
  Policy policy;
  double budget_bytes = 0;      // of DRAM, for everything
  double staging_bytes = 32e6;  // of it, for granules on their way
  const Profile* profile = nullptr;
  std::function<ArchConfig(const std::string&)> load_arch;
};

/// Where a decode's time, bytes and energy went. Times are sums over all tokens.
struct DecodeResult {
  std::int64_t tokens = 0;
  double seconds = 0;
  double attention_s = 0;  // and LM head
  double predictor_s = 0;
  double ffn_s = 0;               // feed-forward, reads included
  double ffn_compute_s = 0;       // of it, the slower unit worked
  double copy_s = 0;              // moving rows in DRAM
  double hand_over_s = 0;         // copying resident rows to a unit with memory of its own
  double fixed_read_s = 0;        // reading attention and head where a policy does not keep them
  std::vector<double> latencies;  // seconds of each token, ascending

  std::int64_t needed = 0;  // granules
  std::int64_t hot = 0;     // of them pinned
  std::int64_t hits = 0;    // of them found in the cache
  std::int64_t loaded = 0;
  std::int64_t computed_neurons = 0;  // those of hot sets and whole clusters included
  std::int64_t needed_neurons = 0;    // predicted
  std::uint64_t reads = 0;
  double flash_bytes = 0;
  double dram_bytes = 0;

  double flash_j = 0, dram_j = 0, compute_j = 0, base_j = 0;

  std::int64_t hot_per_expert = 0;  // granules
  std::int64_t cache_granules = 0;
  int granule = 1;                         // neurons
  double fixed_bytes = 0, held_bytes = 0;  // most that was in DRAM, staging included

  [[nodiscard]] double tokens_per_s() const { return static_cast<double>(tokens) / seconds; }
  [[nodiscard]] double joules() const { return flash_j + dram_j + compute_j + base_j; }
  /// Share of the needed cold granules that were not in DRAM.
  [[nodiscard]] double miss_rate() const;
  /// Latency that this share of the tokens does not exceed.
  [[nodiscard]] double percentile(double share) const;
};

/// Throws Error (bad input) when the budget is smaller than what has to be in DRAM, a hot set does not fit it, or the profile is of
/// another model; Error (check failed) when an invariant breaks: the budget is exceeded, a needed neuron is not there when it is
/// computed, a read is lost.
class Decoder {
 public:
  explicit Decoder(const DecodeSetup& setup);

  /// One more token. `source` order is time order.
  void token(const workloads::TokenActivity& activity);
  /// Tokens of `source` to its end; the first `warm_up` fill the cache and are not counted.
  DecodeResult run(workloads::ActivitySource& source, std::int64_t warm_up = 0);
  [[nodiscard]] DecodeResult result() const;
  /// Forgets counters and times, keeps the caches.
  void restart_counting();

 private:
  struct LayerNeeds;
  void plan_memory();
  void fill_cache();
  void layer(const workloads::TokenActivity& activity, std::size_t first_slice);
  void gather(const workloads::TokenActivity& activity, std::size_t first_slice, LayerNeeds& needs);
  void look_up(LayerNeeds& needs);
  void prefetch(const workloads::TokenActivity& activity, std::size_t first_slice, Nanoseconds from, double time_ns);
  void feed_forward(LayerNeeds& needs, Nanoseconds from);
  void check_budget(std::int64_t staged);
  [[nodiscard]] double dense_ns(double bytes, double macs, double matrices) const;
  [[nodiscard]] std::uint64_t read_range() const;
  [[nodiscard]] double read_ns() const;
  void stream_fixed(double bytes);
  void charge(const UnitCost& unit, double ns) { result_.compute_j += unit.watts * ns * 1e-9; }
  void charge_dense(double ns);

  DecodeSetup setup_;
  Footprint footprint_;
  workloads::SparsityShape shape_;
  std::vector<UnitCost> units_;
  const UnitCost* dense_ = nullptr;
  const UnitCost* sparse_ = nullptr;
  const UnitCost* predictor_ = nullptr;
  storage::FlashDevice device_;
  ReadPlan plan_;
  std::unique_ptr<Residency> residency_;
  std::unique_ptr<Schedule> schedule_;
  int granule_ = 1;              // neurons
  std::int64_t per_expert_ = 0;  // granules
  std::int64_t hot_ = 0;         // granules of each expert
  std::int64_t staging_ = 1;     // granules
  double granule_bytes_ = 0;
  bool dense_hot_ = false;
  Nanoseconds now_ = 0, counted_from_ = 0;
  std::uint64_t random_ = 0x243f6a8885a308d3;  // guesses of experts
  storage::StorageCounters counted_device_;
  std::vector<std::uint8_t> mark_;  // granules of an expert: 1 needed, 2 its gate passes
  DecodeResult result_;
};

/// The prefill of a prompt on one unit: layer after layer, all weights, the next layer's reads beside this one's products.
struct PrefillResult {
  double seconds = 0;
  double read_s = 0, compute_s = 0;
  double joules = 0;
  double flash_bytes = 0;
};
/// `tokens` of a prompt. What fits in the budget stays; the rest of the feed-forward weights is read sequentially once.
PrefillResult prefill(const DecodeSetup& setup, const std::string& unit, std::int64_t tokens);

}  // namespace lutra::flash
