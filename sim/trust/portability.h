// Shows emitted Verilog to other tools: Verilator, Yosys and Icarus read it, Yosys maps it to FPGAs, nextpnr places and routes it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "isa/arch_config.h"

namespace lutra::trust {

/// What the tools say of a core: {tool, first lines of its output}, one for each that warned or refused. Verilator: --lint-only -Wall
/// (without DECLFILENAME, which asks for one module a file of its name), Yosys: up to `proc`, `check`; Icarus: -g2005 -Wall.
std::vector<std::pair<std::string, std::string>> complaints(const ArchConfig& config);

/// A family of FPGAs, by Yosys' name of its command.
std::vector<std::string> fpga_families();
/// Cells of a core by type, mapped by synth_FAMILY. Throws Error (check failed) when Yosys refuses.
std::map<std::string, int> map_to_fpga(const ArchConfig& config, const std::string& family);

struct Placement {
  std::string device;
  double wanted_mhz = 0, reached_mhz = 0;           // after routing
  std::map<std::string, std::pair<int, int>> used;  // resource -> used, available
};
/// A block of a core (its module's name) on an iCE40 HX8K by synth_ice40 and nextpnr-ice40 --seed `seed`. Its ports hang on shift
/// registers, since the device has fewer pins. Throws Error (check failed) when it cannot be placed or routed.
Placement place_and_route(const ArchConfig& config, const std::string& block, double wanted_mhz, std::uint64_t seed);

}  // namespace lutra::trust
