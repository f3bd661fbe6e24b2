// Records what a core's ports do while it works on real operands, for the cost flow to replay on the mapped netlist.
#pragma once

#include "isa/program.h"
#include "sim/cost/stimulus.h"
#include "sim/memory/memory.h"
#include "sim/model/csr.h"
#include "workloads/weights.h"

namespace lutra::system {

struct Recording {
  cost::Stimulus stimulus;
  std::size_t skip = 0;    // leading cycles: reset, launch and filling of the buffers
  double macs = 0;         // full-width multiply-accumulates done in the cycles behind them
  model::Counters events;  // in them, as the model counts (equal to the RTL in every cycle)
};

/// Runs a job on the RTL for `skip` + `cycles` cycles (or to its end) and records every port but the clock. The share of the job's
/// multiply-accumulates done in the counted cycles follows from the array's steps, which the model counts.
Recording record_stimulus(const ArchConfig& config, const Program& program, std::size_t job, const workloads::WeightSource& weights,
                          const workloads::ActivationSource& activations, std::size_t skip, std::size_t cycles);

}  // namespace lutra::system
