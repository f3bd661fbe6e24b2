// The price of a design at one clock: area, timing, power, energy, with everything that qualifies the figures.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "gen/verilog.h"
#include "isa/arch_config.h"
#include "sim/cost/power.h"
#include "sim/cost/sram.h"
#include "sim/cost/sta.h"
#include "sim/cost/stimulus.h"

namespace lutra::cost {

/// What is counted. Timing is always that of the whole synthesised top.
enum class Boundary {
  kDatapath,  // select, sign, shift, adders, accumulators, result registers
  kArray,     // that, the array's sequencer, the table builder and the scale unit
  kCore,      // all standard cells; SRAM macros are black boxes
  kCoreSram,  // with the macros
};

std::string boundary_name(Boundary boundary);
/// Throws Error with the nearest name for an unknown one.
Boundary parse_boundary(const std::string& name);

/// Debian's qflow-tech-osu018.
inline constexpr const char* kDefaultLiberty = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib";
/// Toggles of every net a cycle where no stimulus is given.
inline constexpr double kAssumedToggles = 0.2;

struct PpaRequest {
  std::vector<gen::EmittedFile> files;
  std::string top;
  ArchConfig config;
  std::vector<std::string> liberties;  // empty: kDefaultLiberty
  double clock_mhz = 0;                // 0: the configuration's
  Boundary boundary = Boundary::kCore;
  const Stimulus* stimulus = nullptr;  // of the top's ports; nullptr: activity is assumed
  std::size_t stimulus_skip = 0;       // leading cycles that are replayed but not counted
  double stimulus_macs = 0;            // full-width multiply-accumulates in the counted cycles; 0 = unknown
  int planes = 2;                      // weight planes that TOPS are stated for
  double node_nm = 0;                  // 0: from the library's rules
  // Modules to map for delay from the start; those on a late path are added by themselves. Control reaches through semaphores and back
  // within a cycle.
  std::vector<std::string> fast_modules = {"lutra_control", "lutra_semaphores"};
  std::string cache;  // "" = cache_directory()
};

/// Area and power of one instance and everything below it.
struct PpaNode {
  std::string instance, module;
  double area_um2 = 0;
  long long cells = 0;
  Power power;
  std::vector<PpaNode> children;
};

struct SramPrice {
  SramMacro macro;
  SramFigures figures;                               // of one instance
  double power_mw = 0;                               // of all instances, at the counted activity
  double reads_per_cycle = 0, writes_per_cycle = 0;  // of all instances
};

struct Ppa {
  std::string top, library;
  std::vector<std::string> library_files;
  double node_nm = 0;
  Boundary boundary = Boundary::kCore;
  double clock_mhz = 0;
  StaResult timing;

  double area_um2 = 0;  // inside the boundary, SRAM only in kCoreSram
  long long cells = 0;  // standard cells inside the boundary
  Power power;          // of those cells
  PpaNode tree;         // of the whole top

  bool activity_measured = false;
  long long activity_cycles = 0;
  double mean_toggles_per_cycle = 0;
  long long compared_bits = 0;  // netlist outputs found equal to the RTL's
  int fanout_buffers = 0;
  std::vector<std::string> fast_modules;  // mapped for delay because a late path went through them
  bool synthesis_cached = false;

  std::vector<SramPrice> srams;  // empty where the node is unknown or there are none
  double sram_area_um2 = 0, sram_power_mw = 0;
  bool sram_extrapolated = false;

  int planes = 0;
  double macs_per_cycle = 0;  // full width, at the peak
  double tops = 0;            // peak, 2 operations a multiply-accumulate
  double tops_per_mm2 = 0;
  double tops_per_w = 0;
  bool tops_per_w_achieved = false;  // from counted multiply-accumulates, not from the peak
  bool ratios_include_sram = false;  // never where SRAM figures are extrapolated

  [[nodiscard]] bool timing_met() const { return timing.worst_slack_ps >= 0; }
  [[nodiscard]] double total_power_mw() const { return power.total_mw() + (boundary == Boundary::kCoreSram ? sram_power_mw : 0); }
  /// mW / MHz = nJ a cycle.
  [[nodiscard]] double energy_pj_per_cycle() const { return total_power_mw() / clock_mhz * 1000; }
};

/// Synthesises, times, counts activity and sums up. Throws Error for bad input (exit 2), and as a failed check (exit 1) when a tool refuses
/// or the mapped netlist does not compute what the stimulus recorded. A missed clock is no error: ask timing_met().
Ppa measure(const PpaRequest& request);

nlohmann::json to_json(const Ppa& ppa);

}  // namespace lutra::cost
