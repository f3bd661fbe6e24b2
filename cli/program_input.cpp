// Reads or compiles programs for the commands that run them.
#include "cli/program_input.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/error.h"
#include "workloads/compile.h"
#include "workloads/import/model_file.h"
#include "workloads/trace.h"

namespace lutra::cli {

void add_program_options(CLI::App& command, ProgramInput& input, bool required) {
  CLI::Option_group* group = command.add_option_group("program", "What to run");
  group->add_option("--trace", input.trace, "Trace file, compiled on the way");
  group->add_option("--program", input.program, "Program file, as `lutra compile` writes it (for sim also `lutra asm`)");
  group->require_option(required ? 1 : 0, 1);
}

Program load_program(const ProgramInput& input, const ArchConfig& config) {
  if (!input.program.empty()) return read_program(input.program, config);
  return workloads::compile(config, workloads::read_trace(input.trace));
}

void add_weights_option(CLI::App& command, std::string& file) {
  command.add_option("--weights-from", file, "GGUF, safetensors or ONNX file with the weights; default: generated from the seed");
}

std::unique_ptr<workloads::WeightSource> make_weights(const std::string& file, std::uint64_t seed) {
  return file.empty() ? workloads::make_generated_weights(seed) : workloads::make_file_weights(workloads::open_model(file));
}

std::vector<std::size_t> find_jobs(const Program& program, const std::vector<std::string>& names) {
  std::vector<bool> chosen(program.jobs.size());
  for (const std::string& name : names) {
    bool found = false;
    for (std::size_t i = 0; i < program.jobs.size(); ++i) {
      if (program.jobs[i].op.find(name) == std::string::npos) continue;
      chosen[i] = found = true;
    }
    if (!found)
      throw Error(fmt::format("no job's operator has '{}' in its name; the first one is '{}'", name,
                              program.jobs.empty() ? "" : program.jobs[0].op));
  }
  std::vector<std::size_t> jobs;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    if (chosen[i]) jobs.push_back(i);
  return jobs;
}

}  // namespace lutra::cli
