// Synthesis of a design to library cells with Yosys: hierarchical, cached, with fan-out repaired.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gen/verilog.h"
#include "sim/cost/buffering.h"
#include "sim/cost/liberty.h"
#include "sim/cost/netlist.h"

namespace lutra::cost {

/// Modules of this name stay black boxes: SRAM macros.
inline constexpr const char* kSramModule = "lutra_sram";

struct SynthRequest {
  std::vector<gen::EmittedFile> files;
  std::string top;
  double clock_mhz = 100;                 // delay target of the mapper
  std::vector<std::string> fast_modules;  // source names of modules mapped for delay at the expense of area
  bool full_adder_cells = false;  // the library's full adders where the design or `+` trees ask for one; needs a library that has them
  BufferingOptions buffering;
  std::string cache;  // directory for results; "" = cache_directory()
};

struct SynthResult {
  Netlist netlist;
  std::string verilog;  // of the repaired netlist, without SRAMs
  BufferingReport buffering;
  bool from_cache = false;
};

/// Area and cells of one instance and everything below it.
struct AreaNode {
  std::string instance;  // name in its parent; the top's is its module name
  std::string module;    // source name
  double area_um2 = 0;   // SRAM macros count 0
  long long cells = 0;
  std::vector<AreaNode> children;
};

/// Maps `request.top` onto `library`. Every distinct module is mapped once and hierarchy is kept. Throws Error with Yosys' last lines when
/// it refuses.
SynthResult synthesise(const SynthRequest& request, const Library& library);

/// The tree of instances with their cell area.
AreaNode area_tree(const Netlist& netlist);

}  // namespace lutra::cost
