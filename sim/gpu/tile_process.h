// The thread blocks of one kernel under the SystemC kernel, without SystemC's headers.
#pragma once

#include "sim/gpu/tile.h"

namespace lutra::gpu {

/// Runs a plan's tiles with one SystemC process for each SM: a resident loads, waits for the tensor pipe, multiplies, writes, and takes
/// the SM's next tile. SMs take tiles round robin. Returns the cycles until the last tile is written.
///
/// A nanosecond of SystemC's time stands for a cycle. Processes are spawned, so any number of kernels may follow each other in a
/// process; a design that is elaborated (sim/systemc) has to be elaborated before the first of them. Not to be called from several
/// threads.
Cycle run_tiles(const TilePlan& plan, int sm_count);

}  // namespace lutra::gpu
