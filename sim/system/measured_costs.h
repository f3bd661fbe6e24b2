// What the events of a core cost in energy, from `lutra ppa` on counted activity.
#pragma once

#include <string>

namespace lutra::system {

/// Dynamic energy of each block in the window that was replayed on the mapped netlist, over the events that the model counted in it.
struct MeasuredCosts {
  std::string source;   // the file
  std::string library;  // and the netlist's library and clock
  double clock_mhz = 0;
  double step_pj = 0;     // array and scale unit, a step of the array
  double slot_pj = 0;     // table builder, a slot of entries
  double cycle_pj = 0;    // everything else (control, load and store units, registers), a cycle of a running core
  double leakage_mw = 0;  // standard cells of a core
};

/// Reads the JSON of `lutra ppa --trace ... --json FILE`. Throws Error when it is something else, or its activity was assumed, or no
/// tables were built in its window.
MeasuredCosts read_measured_costs(const std::string& file);

}  // namespace lutra::system
