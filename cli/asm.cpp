// lutra asm: LMMA text to a program of one kernel and one job.
#include <fmt/format.h>

#include <filesystem>

#include "cli/command.h"
#include "cli/inputs.h"
#include "isa/assembler.h"
#include "isa/file.h"
#include "isa/program.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string in, out, arch, json;
  std::vector<std::uint64_t> arguments;
};

/// Puts the code at the end of the memory, so that everything below it is the program's.
nlohmann::json memory_map(const ArchConfig& config, std::size_t instructions) {
  constexpr std::uint64_t kPage = 4096;
  const auto size = static_cast<std::uint64_t>(config.memory.size_gib * 1024 * 1024 * 1024);
  const std::uint64_t code = (instructions * sizeof(Encoded) + kPage - 1) / kPage * kPage;
  return {{"code_base", size - code}, {"code_bytes", code}, {"used_bytes", size}};
}

int run(const Options& options) {
  const ArchConfig config = load_arch(options.arch);
  const std::vector<Instruction> instructions = assemble(read_file(options.in), options.in, &config);
  const std::string name = std::filesystem::path(options.in).stem().string();
  Program program;
  program.program_hash = program_hash(config);
  program.arch_name = config.name;
  program.kernels.push_back({name, encode_all(instructions)});
  Job job;
  job.op = name;
  std::copy(options.arguments.begin(), options.arguments.end(), job.args.begin());
  program.jobs.push_back(job);
  program.metadata = {{"producer", "lutra asm"}, {"memory", memory_map(config, instructions.size())}};
  write_program(program, options.out);
  emit(options.json, {{"program", options.out}, {"instructions", instructions.size()}, {"program_hash", program.program_hash}},
       fmt::format("{}: {} instructions for {}\n", options.out, instructions.size(), config.name));
  return 0;
}

}  // namespace

void add_asm(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("file", options->in, "Assembly text (docs/isa.md)")->required();
  command.add_option("--out", options->out, "Program file to write")->required();
  command.add_option("--arguments", options->arguments, "Initial values of r8 to r15")->expected(1, 8);
  add_arch_option(command, options->arch);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
