// lutra measure: figures about lutra itself, each with the bound that it is held against.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/kernels_bench.h"
#include "cli/measure_speed.h"
#include "cli/progress.h"
#include "isa/file.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string what, arch, model = "bitnet_b158_2b4t", out, json;
  std::uint64_t seed = 1;
};

std::string describe(const nlohmann::json& rows) {
  std::string text;
  for (const auto& row : rows) {
    const double value = row.at("value").get<double>();
    std::string bound = "no bound";
    if (row.contains("at_least"))
      bound = fmt::format("at least {:g}: {}", row["at_least"].get<double>(), value >= row["at_least"].get<double>() ? "met" : "NOT met");
    if (row.contains("at_most"))
      bound = fmt::format("at most {:g}: {}", row["at_most"].get<double>(), value <= row["at_most"].get<double>() ? "met" : "NOT met");
    text += fmt::format("{:<52} {:>12.4g} {:<14} {}\n", row.at("name").get<std::string>(), value, row.at("unit").get<std::string>(), bound);
  }
  return text;
}

nlohmann::json measure(const Options& options) {
  if (options.what == "kernels") {
    Progress progress("measure kernels");
    KernelBenchRequest request;
    request.progress = [&progress](double fraction) { progress.update(fraction); };
    return kernel_bench(request);
  }
  const ArchConfig config = load_arch(options.arch);
  nlohmann::json document = measure_speed(config, options.arch, options.model, options.seed);
  document.update(provenance(config, options.seed));
  return document;
}

int run(const Options& options) {
  const nlohmann::json document = measure(options);
  if (!options.out.empty()) write_file_atomically(options.out, document.dump(2) + "\n");
  emit(options.json, document, describe(document.at("rows")));
  return 0;
}

}  // namespace

void add_measure(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("what", options->what, "speed or kernels")->required()->check(CLI::IsMember({"speed", "kernels"}));
  command.add_option("--out", options->out, "JSON file to write");
  command.add_option("--model", options->model, "Model whose operators are simulated")->capture_default_str();
  add_arch_option(command, options->arch);
  add_seed_option(command, options->seed);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
