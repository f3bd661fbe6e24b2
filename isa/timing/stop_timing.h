// How long a core that stops waits for its units, for Verilog and model alike.
#pragma once

namespace lutra::timing {

/// Edges from a trap to the one at which control gives up on units that are not idle (docs/microarchitecture.md, "Traps"): far beyond
/// what any memory takes to answer the bursts that are owed.
inline constexpr int kDrainCycles = 65536;

}  // namespace lutra::timing
