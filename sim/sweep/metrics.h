// Everything that a point of a sweep is judged by: one table of names, units and directions.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lutra::sweep {

struct Metric {
  std::string_view name, unit;
  bool maximise;
  bool priced;  // needs the core synthesised
  std::string_view doc;
};

/// The table's order is that of Values.
enum MetricIndex : std::size_t {
  kTokensPerS,
  kJPerToken,
  kAreaMm2,
  kTopsPerMm2,
  kTopsPerW,
  kPowerW,
  kDramGbS,
  kLatencyP50Ms,
  kLatencyP95Ms,
  kLatencyP99Ms,
  kBestClockMhz,
  kArrayMacs,
  kSramKib,
  kMetricCount
};
using Values = std::array<double, kMetricCount>;

std::span<const Metric> metrics();
/// nullptr for an unknown name.
const Metric* find_metric(std::string_view name);
/// Throws Error for an unknown name.
std::size_t metric_index(std::string_view name);
std::vector<std::string> metric_names();

}  // namespace lutra::sweep
