// Timing of a mapped netlist with OpenSTA.
#pragma once

#include <string>
#include <vector>

#include "sim/cost/liberty.h"
#include "sim/cost/netlist.h"

namespace lutra::cost {

/// Part of the clock period that lies outside the block at inputs and again at outputs: the registered neighbour's clock-to-output and
/// wire.
inline constexpr double kBoundaryShare = 0.2;

struct StaRequest {
  double clock_mhz = 100;
  double node_nm = 0;  // for SRAM access times; only read if there are SRAMs
  std::string cache;   // directory for results; "" = cache_directory()
};

struct PathStep {
  std::string pin;
  std::string cell;
  double delay_ps = 0;
  double arrival_ps = 0;
};

struct CriticalPath {
  std::string start, end;  // register or port
  double delay_ps = 0;     // from the launching edge to the end point
  std::vector<PathStep> steps;
};

struct StaResult {
  double worst_slack_ps = 0;
  double best_clock_mhz = 0;  // where the worst slack is 0, with kBoundaryShare of that period at the ports
  CriticalPath critical;
};

/// One clock `clk_i`, ideal clock tree, no wires; inputs come from a buffer kBoundaryShare of the period late, outputs are wanted as much
/// early and load four inverters. Throws Error with OpenSTA's last lines when it refuses anything.
StaResult analyse_timing(const Netlist& netlist, const std::string& verilog, const Library& library, const StaRequest& request);

}  // namespace lutra::cost
