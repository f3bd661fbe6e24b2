// What a flash device is to the simulator: queues, latency, bandwidth by block size, energy; read from YAML.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lutra::storage {

/// Bandwidth with full queues at one block size.
struct CurvePoint {
  double block_kib = 4;
  double gb_s = 0;  // 10^9 bytes a second
};

/// Bandwidth over block size. Between points both axes are logarithmic; beyond the ends the bandwidth of the nearest point holds.
class Curve {
 public:
  Curve() = default;
  explicit Curve(std::vector<CurvePoint> points) : points_(std::move(points)) {}
  [[nodiscard]] double gb_s(double block_bytes) const;
  [[nodiscard]] const std::vector<CurvePoint>& points() const { return points_; }

 private:
  std::vector<CurvePoint> points_;
};

/// Random reads that stay inside `range_mib` of the device.
struct RandomCurve {
  double range_mib = 0;
  Curve curve;
};

enum class Pattern : std::uint8_t { kSequential, kRandom };

struct StorageConfig {
  std::string name;
  std::string description;
  int queues = 1;                         // command queues
  int queue_depth = 32;                   // commands in flight in each
  double latency_us = 0;                  // from a command's service to its data
  double contention_loss = 0;             // share of the bandwidth lost when more threads submit than there are queues
  std::map<std::string, double> host_us;  // driver time of a command by the kind of CPU core that submits it
  Curve sequential;
  std::vector<RandomCurve> random;  // by range, ascending
  double energy_pj_per_byte = 0;
  double energy_nj_per_command = 0;

  /// Bandwidth of reads of `block_bytes` with full queues. `range_bytes` matters for random reads: between two ranges bandwidth falls
  /// with the logarithm of the range, outside them the nearest range holds.
  [[nodiscard]] double gb_s(Pattern pattern, double block_bytes, double range_bytes) const;
};

/// Reads and checks a description. Throws Error with file, line, key, what was given and what is allowed.
StorageConfig parse_storage(const std::string& yaml, const std::string& file);

}  // namespace lutra::storage
