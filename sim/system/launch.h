// From a compiled program to what a host does with it: code in memory, registers of a launch, what it read back.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/program.h"
#include "sim/memory/image.h"
#include "sim/model/csr.h"
#include "sim/model/host.h"

namespace lutra::system {

/// Address of a kernel's code; kernels lie in slots of equal size behind metadata.memory.code_base. Throws Error when the metadata lacks
/// it.
std::uint64_t code_address(const Program& program, int kernel);

/// Writes the code of every kernel.
void place_code(const Program& program, memory::Image& image);

/// The registers for a job. The window is all of the program's memory; `watchdog` 0: none.
model::Launch launch_of(const Program& program, const Job& job, std::uint64_t watchdog = 0);

/// What HostScriptWriter::run() and read_counters() bring back for one job.
struct JobReadings {
  std::uint32_t status = 0;
  std::uint32_t cause = 0;
  model::Counters counters;
};
/// Register reads a job makes.
std::size_t reads_per_job();
/// The readings of job `index` of a script made of jobs.
JobReadings job_readings(std::span<const std::uint32_t> values, std::size_t index);

/// Job indices in order, each as often as it repeats.
std::vector<std::size_t> schedule(const Program& program);

/// One script that runs `jobs` one after the other and reads status and counters after each. `ends`, when not null, gets the script
/// position behind each job.
model::HostScript script_of(const Program& program, std::span<const std::size_t> jobs, std::uint64_t watchdog = 0,
                            std::vector<std::size_t>* ends = nullptr);

}  // namespace lutra::system
