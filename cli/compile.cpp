// lutra compile: a trace to LMMA programs.
#include "workloads/compile.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/inputs.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string arch, trace, out, json;
};

int run(const Options& options) {
  const ArchConfig config = load_arch(options.arch);
  const Program program = workloads::compile(config, workloads::read_trace(options.trace));
  write_program(program, options.out);
  std::uint64_t bytes = 0;
  for (const Job& job : program.jobs) bytes += job.repeat * (job.bytes_read + job.bytes_written);
  nlohmann::json document = {{"program", options.out},
                             {"arch", config.name},
                             {"program_hash", program.program_hash},
                             {"jobs", program.jobs.size()},
                             {"bytes_moved", bytes},
                             {"kernels", program.metadata.at("kernels")},
                             {"memory", program.metadata.at("memory")}};
  emit(options.json, document,
       fmt::format("{}: {} kernels, {} jobs, {:.4g} MB moved, {:.4g} MB of memory used\n", options.out, program.kernels.size(),
                   program.jobs.size(), static_cast<double>(bytes) / 1e6,
                   program.metadata.at("memory").at("used_bytes").get<double>() / 1e6));
  return 0;
}

}  // namespace

void add_compile(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  add_arch_option(command, options->arch);
  command.add_option("--trace", options->trace, "Trace file, as `lutra trace` writes it")->required();
  command.add_option("--out", options->out, "Program file to write")->required();
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
