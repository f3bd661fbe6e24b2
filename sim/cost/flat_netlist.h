// The netlist without hierarchy, ordered so that one pass over the gates settles it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/cost/netlist.h"

namespace lutra::cost {

/// One output pin of a combinational cell: output = table[inputs as an index].
struct FlatGate {
  std::uint32_t table;        // offset into FlatNetlist::tables
  std::uint32_t first_input;  // offset into FlatNetlist::inputs
  std::uint32_t input_count;
  std::uint32_t output;  // net
};

/// One flip-flop: at the edge, state = table[inputs]; each output is the state or its complement.
struct FlatFlop {
  std::uint32_t table, first_input, input_count;
  std::int64_t output, inverted_output;  // nets, -1 where not connected
};

/// One SRAM macro, as rtl/lutra_sram.v behaves.
struct FlatSram {
  std::string path;
  std::string module;
  long long rows;
  int write_groups;
  std::vector<std::uint32_t> we, waddr, wdata, re, raddr;
  std::vector<std::uint32_t> rdata;
};

inline constexpr std::uint32_t kUnconnected = UINT32_MAX;

/// A cell instance with the nets of its pins in the library's order.
struct FlatCell {
  const LibraryCell* cell;
  std::uint32_t path;       // index into FlatNetlist::paths of the module instance that holds it
  std::uint32_t first_net;  // offset into FlatNetlist::cell_nets; kUnconnected where a pin is open
};

struct FlatPort {
  std::string name;
  bool output;
  std::vector<std::uint32_t> nets;
};

struct FlatNetlist {
  std::uint32_t net_count = 2;  // nets 0 and 1 are the constants
  std::vector<std::uint8_t> tables;
  std::vector<std::uint32_t> inputs;
  std::vector<FlatGate> gates;  // every gate after those that drive its inputs
  std::vector<FlatFlop> flops;
  std::vector<FlatSram> srams;
  std::vector<std::string> paths;  // of module instances, "" = the top
  std::vector<FlatCell> cells;     // combinational cells in the order of `gates`, then all others
  std::vector<std::uint32_t> cell_nets;
  std::vector<FlatPort> ports;
  int depth = 0;  // gates on the longest combinational path
};

/// Flattens a netlist with one clock, `clk_i`, on rising edges. Throws Error (check failed) for combinational loops, for flops with set,
/// reset or a falling edge, and for clock pins that are not on the clock.
FlatNetlist flatten(const Netlist& netlist);

}  // namespace lutra::cost
