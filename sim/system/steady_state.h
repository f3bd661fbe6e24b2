// One job on one core with the iterations of its loops that repeat left out: the same cycles and counters as running all of them.
#pragma once

#include <cstdint>
#include <string>

#include "sim/system/kernel_analysis.h"
#include "sim/system/launch.h"

namespace lutra::system {

/// A launch on an idle core, from the edge at which the host presents the start command to the end of its last read.
struct JobTiming {
  model::Cycle cycles = 0;
  model::Counters counters;  // of the program, as the host reads them
  std::uint32_t status = 0, cause = 0;
  model::Cycle skipped = 0;        // of `cycles`, in closed form
  std::int64_t iterations = 0;     // left out
  std::int64_t edges = 0;          // visited
  std::string fallback;            // why something that might repeat was run in full; empty where nothing was
  bool idle = false;               // the core ended as it began: what follows does not depend on this job
  std::int64_t access_cycles = 0;  // of one register access of the host
};

/// How repetition is proven. At every jump back to the start of a loop the core's state is written relative to the edge
/// (model::Core::append_state), with the registers that addresses come from, modulo what bursts are cut by. Two equal states in
/// the same loop mean that everything between them repeats, cycle for cycle, as long as the loop has iterations left: the core is
/// deterministic, its memory has neither stalls nor errors, and KernelAnalysis has shown that no access leaves the window and that
/// registers move by the same amounts. So the loop's count is lowered by whole periods, and their cycles and counts are added.
/// Inner loops come first; outer loops then repeat with the inner ones' cycles inside.
JobTiming time_job(const ArchConfig& config, const Program& program, const Job& job, const KernelAnalysis& analysis,
                   const memory::MemoryOptions& options);

}  // namespace lutra::system
