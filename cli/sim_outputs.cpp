// The NumPy format is version 1.0 of numpy.lib.format: magic, header length, a Python dictionary, padded to 64 bytes.
#include "cli/sim_outputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/inputs.h"
#include "isa/file.h"
#include "workloads/compile.h"

namespace lutra::cli {
namespace {

constexpr std::size_t kAlignment = 64;

std::string npy(const std::vector<std::int32_t>& values, long long rows, long long columns) {
  std::string text("\x93NUMPY\x01\x00", 8);
  std::string header = fmt::format("{{'descr': '<i4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  header.append(kAlignment - 1 - (text.size() + 2 + header.size()) % kAlignment, ' ');
  header += '\n';
  text += static_cast<char>(header.size() & 0xFF);
  text += static_cast<char>(header.size() >> 8);
  text += header;
  for (const std::int32_t value : values)
    for (int byte = 0; byte < 4; ++byte) text += static_cast<char>(static_cast<std::uint32_t>(value) >> (8 * byte));
  return text;
}

}  // namespace

void write_outputs(const ArchConfig& config, const Program& program, const system::SimulationResult& result, const std::string& folder) {
  make_directory(folder);
  for (const system::JobResult& job : result.jobs) {
    std::string name = program.jobs[job.job].op;
    std::replace(name.begin(), name.end(), '/', '_');
    const workloads::GemmShape shape = workloads::placed_job(config, program, job.job).layout.shape;
    write_file_atomically(fmt::format("{}/{}.npy", folder, name), npy(job.outputs, shape.tokens, shape.outputs));
  }
}

}  // namespace lutra::cli
