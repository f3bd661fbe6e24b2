// Fan-out repair: buffer trees on nets that drive too much, and buffers where an output port must have a net of its own.
#pragma once

#include "sim/cost/netlist.h"

namespace lutra::cost {

struct BufferingOptions {
  double max_load_inverters = 20;  // load a driver may see, in input capacitances of the smallest inverter
};

struct BufferingReport {
  int buffers = 0;               // distinct buffers inserted, counted once a module
  double worst_load_before = 0;  // largest load of a data net, in inverter inputs
};

/// Inserts the buffers in place, module by module, bottom up: the load of a sub-module's port is what its nets show after repair. Clock
/// nets are left alone (the clock tree is ideal).
BufferingReport insert_buffers(Netlist& netlist, const Library& library, const BufferingOptions& options = {});

/// Nets of a module that lead to clock pins, as a flag a net. `clock_ports` collects the clock ports of modules already visited.
std::vector<char> clock_nets(const NetModule& module, const Netlist& netlist, std::map<std::string, std::vector<std::string>>& clock_ports);

}  // namespace lutra::cost
