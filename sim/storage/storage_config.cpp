// Storage descriptions and their bandwidth curves.
#include "sim/storage/storage_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "workloads/yaml_reader.h"

namespace lutra::storage {
namespace {

using workloads::YamlValue;

/// The value at `x` on the line through two points, logarithmic in x; clamped to the points.
double between(double x, double x0, double y0, double x1, double y1) {
  const double t = std::clamp(std::log(x / x0) / std::log(x1 / x0), 0.0, 1.0);
  return y0 + t * (y1 - y0);
}

Curve parse_curve(const YamlValue& owner, const std::string& key) {
  std::vector<CurvePoint> points;
  for (const YamlValue& item : owner.list(key)) {
    item.only({"block_kib", "gb_s"});
    const CurvePoint point{item.number("block_kib", 0.5, 1 << 20), item.number("gb_s", 1e-3, 1e3)};
    if (!points.empty() && point.block_kib <= points.back().block_kib)
      item.refuse("block_kib", fmt::format("given {}, allowed more than the {} before it", point.block_kib, points.back().block_kib));
    if (!points.empty() && point.gb_s < points.back().gb_s)
      item.refuse("gb_s", fmt::format("given {}, allowed at least the {} of the smaller block", point.gb_s, points.back().gb_s));
    points.push_back(point);
  }
  return Curve(points);
}

/// A curve is what full queues give: more than the queues can keep in flight is a contradiction.
void check_reachable(const StorageConfig& config, const YamlValue& root, const std::string& key, const Curve& curve) {
  for (const CurvePoint& point : curve.points()) {
    const double bytes = point.block_kib * 1024, service_us = bytes / (point.gb_s * 1e3);
    const double reach = config.queues * config.queue_depth * bytes / ((config.latency_us + service_us) * 1e3);
    if (reach < point.gb_s)
      root.refuse(key, fmt::format("{} GB/s at {} KiB cannot be reached: {} queues of {} commands and {} us give {:.3g}", point.gb_s,
                                   point.block_kib, config.queues, config.queue_depth, config.latency_us, reach));
  }
}

}  // namespace

double Curve::gb_s(double block_bytes) const {
  const double block = block_bytes / 1024;
  if (block <= points_.front().block_kib) return points_.front().gb_s;
  for (std::size_t i = 1; i < points_.size(); ++i) {
    const CurvePoint &a = points_[i - 1], &b = points_[i];
    if (block <= b.block_kib) return std::exp(between(block, a.block_kib, std::log(a.gb_s), b.block_kib, std::log(b.gb_s)));
  }
  return points_.back().gb_s;
}

double StorageConfig::gb_s(Pattern pattern, double block_bytes, double range_bytes) const {
  if (pattern == Pattern::kSequential) return sequential.gb_s(block_bytes);
  const double range = range_bytes / (1 << 20);
  if (range <= random.front().range_mib) return random.front().curve.gb_s(block_bytes);
  for (std::size_t i = 1; i < random.size(); ++i) {
    const RandomCurve &a = random[i - 1], &b = random[i];
    if (range <= b.range_mib) return between(range, a.range_mib, a.curve.gb_s(block_bytes), b.range_mib, b.curve.gb_s(block_bytes));
  }
  return random.back().curve.gb_s(block_bytes);
}

StorageConfig parse_storage(const std::string& yaml, const std::string& file) {
  const YamlValue root = YamlValue::parse(yaml, file);
  root.only({"name", "description", "queues", "queue_depth", "latency_us", "contention_loss", "host_us", "sequential", "random",
             "energy_pj_per_byte", "energy_nj_per_command"});
  StorageConfig config;
  config.name = root.text("name");
  config.description = root.text_or("description", "");
  config.queues = root.integer("queues", 1, 64);
  config.queue_depth = root.integer("queue_depth", 1, 1024);
  config.latency_us = root.number("latency_us", 0, 1e5);
  config.contention_loss = root.number_or("contention_loss", 0, 0.95, 0);
  const YamlValue host = root.at("host_us");
  for (const std::string& core : host.keys()) config.host_us[core] = host.number(core, 0, 1e3);
  if (config.host_us.empty()) root.refuse("host_us", "given no core, allowed one or more with the driver's time a command");
  config.sequential = parse_curve(root, "sequential");
  check_reachable(config, root, "sequential", config.sequential);
  for (const YamlValue& item : root.list("random")) {
    item.only({"range_mib", "points"});
    RandomCurve curve{item.number("range_mib", 1, 1e9), parse_curve(item, "points")};
    if (!config.random.empty() && curve.range_mib <= config.random.back().range_mib)
      item.refuse("range_mib",
                  fmt::format("given {}, allowed more than the {} before it", curve.range_mib, config.random.back().range_mib));
    check_reachable(config, root, "random", curve.curve);
    config.random.push_back(std::move(curve));
  }
  config.energy_pj_per_byte = root.number("energy_pj_per_byte", 0, 1e6);
  config.energy_nj_per_command = root.number("energy_nj_per_command", 0, 1e9);
  return config;
}

}  // namespace lutra::storage
