// Holds the core's AXI master to its protocol at every edge of a co-simulation.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "sim/memory/axi_slave.h"
#include "sim/model/block.h"

namespace lutra::cosim {

/// What the protocol (IHI 0022) and lutra's subset of it (docs/microarchitecture.md) ask of the master:
/// - a valid stays until its ready, with the same payload;
/// - bursts have at most `max_burst_beats` beats, do not cross 4 KB, and begin at a beat;
/// - data follow their address, `wlast` marks exactly the last beat;
/// - no more bursts are in flight than the configuration says; nothing is valid during reset.
struct AxiLimits {
  int bus_bytes = 8, max_burst_beats = 256, outstanding_reads = 32, outstanding_writes = 32;
};

class AxiChecker {
 public:
  explicit AxiChecker(AxiLimits limits) : limits_(limits) {}

  /// Sees the settled pins at edge `now`. Throws Error (check failed) with cycle and rule at the first violation.
  void check(model::Cycle now, const memory::AxiMasterOutputs& out, const memory::AxiMasterInputs& in);
  /// Beats and addresses seen so far.
  [[nodiscard]] std::uint64_t handshakes() const { return handshakes_; }

 private:
  struct Address {
    bool waits = false;
    std::uint64_t address = 0;
    int len = 0;
  };
  void check_address(const char* channel, Address& held, bool valid, bool ready, const Address& now);
  void check_data(const memory::AxiMasterOutputs& out, bool ready);
  void count(const memory::AxiMasterOutputs& out, const memory::AxiMasterInputs& in);
  [[noreturn]] void violated(const std::string& rule) const;
  [[nodiscard]] std::vector<std::uint8_t> payload(const memory::AxiMasterOutputs& out) const;

  AxiLimits limits_;
  model::Cycle now_ = 0;
  Address ar_, aw_;
  bool w_waits_ = false;
  std::vector<std::uint8_t> w_;  // payload of the beat that waits
  std::deque<int> write_beats_;  // of the bursts whose data are still to come
  int reads_ = 0, writes_ = 0;   // in flight
  std::uint64_t handshakes_ = 0;
};

}  // namespace lutra::cosim
