// A flat netlist at work: set inputs, settle, clock it; every net's toggles are counted on the way.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/cost/activity.h"
#include "sim/cost/flat_netlist.h"

namespace lutra::cost {

/// Registers and SRAMs start at logical 0. A cycle is: set(), settle(), get(), edge().
class NetlistSimulator {
 public:
  /// `flat` has to outlive it.
  explicit NetlistSimulator(const FlatNetlist& flat);
  ~NetlistSimulator();
  NetlistSimulator(const NetlistSimulator&) = delete;
  NetlistSimulator& operator=(const NetlistSimulator&) = delete;

  void set(std::uint32_t net, std::uint8_t value);
  [[nodiscard]] std::uint8_t get(std::uint32_t net) const;
  /// Settles combinational logic and counts what the cycle shows.
  void settle();
  /// The rising edge: samples every register and macro, then shows the new state.
  void edge();
  /// Forgets what was counted so far, not the values: the next cycle's toggles are against the last one's.
  void clear_counts();
  /// What was counted since; compared_bits is 0.
  [[nodiscard]] Activity activity();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lutra::cost
