// lutra report: the HTML page from the JSON files of a run or of a sweep.
#include <fmt/format.h>

#include <filesystem>

#include "cli/command.h"
#include "cli/inputs.h"
#include "isa/file.h"
#include "sim/report/page.h"
#include "sim/sweep_report/page.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string in, out, json;
};

int run(const Options& options) {
  const bool sweep = std::filesystem::exists(options.in + "/sweep.json");
  const std::string page =
      sweep ? sweep_report::render_page(sweep_report::read_sweep(options.in)) : report::render_page(report::read_document(options.in));
  write_file_atomically(options.out, page);
  emit(options.json, {{"report", options.out}, {"bytes", page.size()}}, fmt::format("{}: {} bytes\n", options.out, page.size()));
  return 0;
}

}  // namespace

void add_report(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command
      .add_option("--in", options->in,
                  "Directory with sweep.json (docs/report.md), or with summary.json and details.json as `lutra run` writes them")
      ->required();
  command.add_option("--out", options->out, "HTML file to write")->required();
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
