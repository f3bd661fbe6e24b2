// Power of a mapped netlist from the library's tables and counted activity.
#pragma once

#include <map>
#include <string>

#include "sim/cost/activity.h"
#include "sim/cost/flat_netlist.h"
#include "sim/cost/liberty.h"

namespace lutra::cost {

struct Power {
  double internal_mw = 0;   // inside cells, clock pins included
  double switching_mw = 0;  // charging the pins that a cell drives
  double leakage_mw = 0;

  [[nodiscard]] double total_mw() const { return internal_mw + switching_mw + leakage_mw; }
  Power& operator+=(const Power& other);
};

/// Power by module instance path ("" = the top's own cells), each without its children. Transition times are propagated through the
/// library's tables with the real pin loads; every toggle of an output costs its internal energy (mean of rise and fall, weighted by which
/// input toggles and by how probable each `when` is) and C V^2 / 2; a clock pin sees one rise and one fall a cycle; leakage is weighted by
/// state. No wires, ideal clock tree.
std::map<std::string, Power> cell_power(const FlatNetlist& flat, const Library& library, const Activity& activity, double clock_mhz);

}  // namespace lutra::cost
