// Times programs without running every cycle: each distinct kernel once, its loops in closed form, every other job from memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/system/simulate.h"
#include "sim/system/steady_state.h"

namespace lutra::system {

/// Reports the cycles and counters that simulate() without values does. Jobs are independent because a core is idle between them:
/// time_job() checks that every job leaves the core, its memory included, in the state in which it found it. Where that or a loop's
/// repetition is not proven, the job or the whole program is run in full, and SimulationResult::fallbacks says why.
class FastSimulator {
 public:
  explicit FastSimulator(ArchConfig config, memory::MemoryOptions options = {});
  ~FastSimulator();

  /// Throws what simulate() throws. What was found out about a kernel is kept for later programs. With values, outputs are those of the
  /// golden kernels: time does not depend on them.
  SimulationResult run(const Program& program, const SimulateOptions& values = {});

 private:
  struct Entry;  // of a kernel at a place

  Entry& entry_of(const Program& program, int kernel, std::uint64_t address);
  const JobTiming& timing_of(Entry& entry, const Program& program, const Job& job);
  SimulationResult run_in_full(const Program& program, const SimulateOptions& values, const std::string& why);

  ArchConfig config_;
  memory::MemoryOptions options_;
  std::string refused_;  // why no program can be timed this way
  std::map<std::string, std::unique_ptr<Entry>> entries_;
};

}  // namespace lutra::system
