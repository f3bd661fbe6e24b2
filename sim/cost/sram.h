// Size, speed and energy of SRAM macros, interpolated in a table of published runs, and their Liberty view for timing.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/cost/netlist.h"

namespace lutra::cost {

/// One macro with one read and one write port.
struct SramMacro {
  std::string module;  // in the netlist
  long long rows = 0;
  int width_bits = 0;
  int write_groups = 1;
  int instances = 1;

  [[nodiscard]] double bytes() const { return static_cast<double>(rows) * width_bits / 8; }
};

struct SramFigures {
  double area_um2 = 0;
  double access_ns = 0;
  double read_pj = 0;         // a whole row read
  double write_pj = 0;        // a whole row written; taken equal to a read
  bool extrapolated = false;  // outside the table's nodes or sizes
};

/// Where the table comes from and what was assumed on top, for reports.
extern const char* const kSramProvenance;

/// Figures of a macro at a process node. Interpolation is linear in the logarithms of size and node; energy scales with row width
/// from the table's 256 bits. Throws Error for a node that is not positive.
SramFigures sram_figures(const SramMacro& macro, double node_nm);

/// The SRAM modules of a netlist with the number of their instances in the whole design.
std::vector<SramMacro> find_srams(const Netlist& netlist);

/// A Liberty library with one cell a macro: clock-to-data is the access time, set-up a fifth of it. Units ns and pF; `pin_pf` is an input's
/// capacitance.
std::string sram_liberty(const std::vector<SramMacro>& macros, const Netlist& netlist, double node_nm, double pin_pf);

}  // namespace lutra::cost
