// lutra gen: a core's Verilog and what other tools need to know about it.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "gen/generator.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string arch, out, json;
};

int run(const Options& options) {
  const ArchConfig config = load_arch(options.arch);
  const gen::Design design = gen::generate(config);
  gen::write_design(design, options.out);
  emit(options.json, nlohmann::json::parse(gen::companion(design, "manifest.json")),
       fmt::format("{}: {} files, top module {}, {} memories\n", options.out, design.files.size(), design.top, design.memories.size()));
  return 0;
}

}  // namespace

void add_gen(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  add_arch_option(command, options->arch);
  command.add_option("--out", options->out, "Directory to write; an earlier design there is replaced")->required();
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
