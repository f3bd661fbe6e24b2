// How much of a core's Verilog the directed programs and the regression bench reach: lines, and bits that change.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "isa/arch_config.h"
#include "sim/regression/bench.h"
#include "sim/trust/share.h"

namespace lutra::trust {

/// Points that no run can or is to reach, by a regular expression over "block.signal[bit]".
struct Exclusion {
  std::string_view signals;
  std::string_view reason;
};
/// Of toggles; lines have none.
std::vector<Exclusion> toggle_exclusions();

struct RtlCoverage {
  std::map<std::string, Share> lines, toggles;   // by block; an instance of a block counts by itself, parameters are not told apart
  std::map<std::string, std::int64_t> excluded;  // toggles by reason
  std::vector<std::string> missed;               // the others, "lutra_core.u_control line 27 (case)"
};

/// Directed programs of the instruction set, the regression bench and hostile programs.
std::vector<regression::BenchRun> coverage_bench(const ArchConfig& config, std::uint64_t seed);

/// Runs the bench beside the model on Verilog that counts, and merges with verilator_coverage. Throws Error (check failed) where RTL
/// and model part. `progress` gets the share done.
RtlCoverage rtl_coverage(const ArchConfig& config, const std::vector<regression::BenchRun>& bench,
                         const std::function<void(double)>& progress = {});

}  // namespace lutra::trust
