#include "sim/system/launch.h"

#include <fmt/format.h>

#include "isa/register_map.h"

namespace lutra::system {
namespace {

std::uint64_t memory_field(const Program& program, const char* key) {
  try {
    return program.metadata.at("memory").at(key).get<std::uint64_t>();
  } catch (const nlohmann::json::exception&) {
    throw Error(fmt::format("the program's metadata has no memory.{}: it was not written by lutra compile", key));
  }
}

/// Read-only counter registers in offset order, as HostScriptWriter::read_counters() reads them.
std::size_t counter_registers() {
  std::size_t count = 0;
  for (const Register& r : registers())
    if (r.offset >= register_offset("CYCLES_LO")) ++count;
  return count;
}

constexpr std::size_t kStatusReads = 2;  // STATUS and CAUSE, HostScriptWriter::run()

}  // namespace

std::uint64_t code_address(const Program& program, int kernel) {
  const std::uint64_t slot = memory_field(program, "code_bytes") / program.kernels.size();
  return memory_field(program, "code_base") + static_cast<std::uint64_t>(kernel) * slot;
}

void place_code(const Program& program, memory::Image& image) {
  for (std::size_t k = 0; k < program.kernels.size(); ++k) {
    std::uint64_t address = code_address(program, static_cast<int>(k));
    for (const Encoded& instruction : program.kernels[k].code) {
      image.write(address, instruction.word.data(), sizeof instruction.word);
      address += sizeof instruction.word;
    }
  }
}

model::Launch launch_of(const Program& program, const Job& job, std::uint64_t watchdog) {
  model::Launch launch;
  launch.program_address = code_address(program, job.kernel);
  launch.program_length = static_cast<std::uint32_t>(program.kernels[static_cast<std::size_t>(job.kernel)].code.size());
  launch.window_hi = memory_field(program, "used_bytes");
  launch.watchdog = watchdog;
  launch.args = job.args;
  return launch;
}

std::size_t reads_per_job() { return kStatusReads + counter_registers(); }

JobReadings job_readings(std::span<const std::uint32_t> values, std::size_t index) {
  const std::span<const std::uint32_t> own = values.subspan(index * reads_per_job(), reads_per_job());
  JobReadings readings;
  readings.status = own[0];
  readings.cause = own[1];
  const std::uint32_t first = register_offset("CYCLES_LO");
  const auto counter = [&](const char* low) {
    const std::size_t at = kStatusReads + (register_offset(low) - first) / 4;
    return static_cast<std::int64_t>(own[at] | static_cast<std::uint64_t>(own[at + 1]) << 32);
  };
  readings.counters = {counter("CYCLES_LO"),       counter("INSTRUCTIONS_LO"), counter("ARRAY_STEPS_LO"), counter("ARRAY_WAITS_LO"),
                       counter("BUILDER_BUSY_LO"), counter("READ_BEATS_LO"),   counter("WRITE_BEATS_LO"), counter("CONTROL_STALLS_LO")};
  return readings;
}

std::vector<std::size_t> schedule(const Program& program) {
  std::vector<std::size_t> jobs;
  for (std::size_t i = 0; i < program.jobs.size(); ++i) jobs.insert(jobs.end(), program.jobs[i].repeat, i);
  return jobs;
}

model::HostScript script_of(const Program& program, std::span<const std::size_t> jobs, std::uint64_t watchdog,
                            std::vector<std::size_t>* ends) {
  model::HostScriptWriter writer;
  for (const std::size_t job : jobs) {
    writer.run(launch_of(program, program.jobs.at(job), watchdog)).read_counters();
    if (ends != nullptr) ends->push_back(writer.script().size());
  }
  return writer.script();
}

}  // namespace lutra::system
