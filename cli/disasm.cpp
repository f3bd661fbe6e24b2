// lutra disasm: the instructions of a program file as text.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "isa/assembler.h"
#include "isa/program.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string in, kernel, json;
};

int run(const Options& options) {
  const Program program = read_program(options.in);
  nlohmann::json kernels = nlohmann::json::array();
  std::string text;
  std::vector<std::string> names;
  for (const Kernel& kernel : program.kernels) {
    names.push_back(kernel.name);
    if (!options.kernel.empty() && kernel.name != options.kernel) continue;
    const std::string code = disassemble(decode_all(kernel.code));
    kernels.push_back({{"name", kernel.name}, {"instructions", kernel.code.size()}, {"text", code}});
    text += fmt::format("# kernel {}, {} instructions\n{}\n", kernel.name, kernel.code.size(), code);
  }
  if (kernels.empty()) {
    const std::string likely = nearest(options.kernel, names);
    throw Error(
        fmt::format("the program has no kernel '{}'{}", options.kernel, likely.empty() ? "" : fmt::format("; did you mean '{}'?", likely)),
        {options.in});
  }
  emit(options.json, {{"arch", program.arch_name}, {"program_hash", program.program_hash}, {"kernels", kernels}}, text);
  return 0;
}

}  // namespace

void add_disasm(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("file", options->in, "Program file")->required();
  command.add_option("--kernel", options->kernel, "Only the kernel of this name");
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
