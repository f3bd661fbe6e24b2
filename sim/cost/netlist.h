// A mapped, hierarchical gate-level netlist: library cells, SRAM macros and sub-modules joined by single-bit nets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/cost/liberty.h"

namespace lutra::cost {

inline constexpr int kNetZero = 0;  // constant 0; undefined bits are taken as 0, too
inline constexpr int kNetOne = 1;

/// A connection of an instance: pin (or port) name and one net a bit, least significant first.
struct Connection {
  std::string pin;
  std::vector<int> nets;
};

struct Instance {
  std::string name;
  std::string type;                     // library cell or module
  const LibraryCell* cell = nullptr;    // nullptr for modules
  std::vector<Connection> connections;  // clock, inputs, outputs in any order

  [[nodiscard]] const Connection* find(const std::string& pin) const;
};

struct ModulePort {
  std::string name;
  bool output = false;
  std::vector<int> nets;
};

struct NetModule {
  std::string name;         // unique, a Verilog identifier
  std::string source_name;  // as in the design before parameters were bound
  bool black_box = false;   // an SRAM macro: ports only
  std::map<std::string, long long> parameters;
  std::vector<ModulePort> ports;
  std::vector<Instance> instances;
  std::vector<std::string> net_names;  // index = net; "" = anonymous

  [[nodiscard]] const ModulePort* port(const std::string& port_name) const;
  int new_net();
};

struct Netlist {
  std::string top;
  std::map<std::string, NetModule> modules;

  /// Modules, every one after those that it instantiates.
  [[nodiscard]] std::vector<std::string> bottom_up() const;
  /// Names of the library cells used anywhere, sorted.
  [[nodiscard]] std::vector<std::string> cells_used() const;
};

/// Reads what Yosys' write_json wrote. `clock` pins keep their nets. Throws Error (check failed) for cells that are neither in the library
/// nor modules.
Netlist read_netlist_json(const std::string& json_text, const Library& library, const std::string& top);

/// The netlist as structural Verilog-2005; black boxes are left out.
std::string write_netlist_verilog(const Netlist& netlist);

}  // namespace lutra::cost
