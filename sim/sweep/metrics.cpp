// The table of metrics.
#include "sim/sweep/metrics.h"

#include <algorithm>

#include "isa/error.h"

namespace lutra::sweep {

std::span<const Metric> metrics() {
  static constexpr std::array<Metric, kMetricCount> kMetrics = {{
      {"tokens_per_s", "1/s", true, false, "tokens that the pass puts out, over its time"},
      {"j_per_token", "J", false, true, "core, its SRAM, vector unit and DRAM"},
      {"area_mm2", "mm2", false, true, "standard cells of the core; SRAM macros are not counted"},
      {"tops_per_mm2", "TOPS/mm2", true, true, "peak at the workload's weight planes over area_mm2"},
      {"tops_per_w", "TOPS/W", true, true, "peak over the power of the standard cells, every net toggling 0.2 times a cycle"},
      {"power_w", "W", false, true, "energy of the pass over its time, DRAM included"},
      {"dram_gb_s", "GB/s", false, false, "bytes of the pass over its time"},
      {"latency_p50_ms", "ms", false, false, "median time of a pass, its context spread evenly from 0 to the workload's"},
      {"latency_p95_ms", "ms", false, false, "95th percentile of the same"},
      {"latency_p99_ms", "ms", false, false, "99th percentile of the same"},
      {"best_clock_mhz", "MHz", true, true, "fastest clock of the core as it was mapped"},
      {"array_macs", "1/cycle", false, false, "one-bit multiply-accumulates that the array holds"},
      {"sram_kib", "KiB", false, false, "capacity of all buffers"},
  }};
  return kMetrics;
}

const Metric* find_metric(std::string_view name) {
  const auto found = std::find_if(metrics().begin(), metrics().end(), [&](const Metric& m) { return m.name == name; });
  return found == metrics().end() ? nullptr : &*found;
}

std::size_t metric_index(std::string_view name) {
  const Metric* metric = find_metric(name);
  if (metric == nullptr) throw Error("unknown metric " + std::string(name) + did_you_mean(std::string(name), metric_names()));
  return static_cast<std::size_t>(metric - metrics().data());
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const Metric& m : metrics()) names.emplace_back(m.name);
  return names;
}

}  // namespace lutra::sweep
