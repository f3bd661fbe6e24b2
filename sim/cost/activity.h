// Runs a mapped netlist on recorded stimulus: counts what switches, and checks that it computes what the RTL computed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/cost/flat_netlist.h"
#include "sim/cost/stimulus.h"

namespace lutra::cost {

/// Accesses of one SRAM macro instance.
struct SramActivity {
  std::string path;
  std::string module;
  long long reads = 0;
  double writes = 0;  // whole rows: a write of half the groups counts 0.5
};

struct Activity {
  long long cycles = 0;                   // counted cycles
  std::vector<double> toggles_per_cycle;  // index = net of the flat netlist
  std::vector<double> duty;               // share of cycles at 1
  std::vector<SramActivity> srams;
  double mean_toggles_per_cycle = 0;  // over all nets that cells drive
  long long compared_bits = 0;        // output bits compared with the recording
};

struct ActivityOptions {
  std::size_t first_cycle = 0;  // cycles before it are run and compared but not counted
};

/// Replays `stimulus` from power-up. Every output bit of every cycle is compared with the recording; a difference throws Error (check
/// failed) that names cycle, port, expected and got. Toggles are those of settled values: glitches within a cycle are not counted.
Activity measure_activity(const FlatNetlist& flat, const Stimulus& stimulus, const ActivityOptions& options = {});

/// Where nothing was measured: every net toggles `toggles_per_cycle`, half its time at 1; SRAMs are read and written every `1 /
/// toggles_per_cycle` cycles.
Activity assumed_activity(const FlatNetlist& flat, double toggles_per_cycle);

}  // namespace lutra::cost
