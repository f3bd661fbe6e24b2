// Prices a design: synthesis, timing, activity of the mapped netlist on a layer's operands, power.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "gen/designs/design.h"
#include "sim/cost/liberty.h"
#include "sim/hardware/operands.h"

namespace lutra::hardware {

struct Measurement {
  std::string design, family, description;
  std::string weight_type, activation_type, boundary, table_mode, layer;
  double sqnr_db = 0;  // infinite where exact
  double one_bit_macs_per_cycle = 0, macs_per_cycle = 0;
  double clock_mhz = 0, worst_slack_ps = 0, best_clock_mhz = 0;
  std::string mapping;  // "ripple", "prefix", "prefix, for delay"
  bool full_adder_cells = false;
  double area_um2 = 0, lane_area_um2 = 0;
  long long cells = 0;
  double power_mw = 0;
  long long vectors = 0, mismatched_bits = 0;

  [[nodiscard]] double tops() const { return 2 * macs_per_cycle * clock_mhz * 1e-6; }
  [[nodiscard]] double tops_per_mm2() const { return tops() / (area_um2 * 1e-6); }
  [[nodiscard]] double tops_per_w() const { return tops() / (power_mw * 1e-3); }
  /// Area and energy of one multiply-accumulate at full weight width.
  [[nodiscard]] double um2_per_mac() const { return area_um2 / macs_per_cycle; }
  [[nodiscard]] double pj_per_mac() const { return power_mw / clock_mhz * 1e3 / macs_per_cycle; }
};

/// What every design of a comparison shares.
struct Conditions {
  const cost::Library* library = nullptr;
  double clock_mhz = 0;
  bool full_adder_cells = false;  // the library's full adders, in every design
};

/// Maps `name` of the catalogue for area with a ripple, then with a parallel-prefix final adder, then the latter for delay; the first that
/// meets the clock counts, and where none does the one that misses it least. The netlist is then driven with `operands`, every result
/// checked, its switching counted. Throws Error where a tool refuses.
Measurement measure(const std::string& name, const Operands& operands, const Conditions& conditions);

nlohmann::json to_json(const Measurement& measurement);

}  // namespace lutra::hardware
