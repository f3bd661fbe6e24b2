// lutra measure: figures about lutra itself, each with the bound that it is held against.
#include <fmt/format.h>

#include <string_view>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/kernels_bench.h"
#include "cli/measure_flash.h"
#include "cli/measure_paper.h"
#include "cli/measure_speed.h"
#include "cli/measure_sweep.h"
#include "cli/measure_types.h"
#include "cli/progress.h"
#include "isa/file.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string what, arch, model = "bitnet_b158_2b4t", out, json;
  std::uint64_t seed = 1;
};

/// A document with `rows` of {name, value, unit, at_least or at_most, command}, and what they were taken from.
struct Measurement {
  std::string_view name, purpose;
  nlohmann::json (*take)(const Options&);
};

nlohmann::json take_speed(const Options& options) {
  const ArchConfig config = load_arch(options.arch);
  nlohmann::json document = measure_speed(config, options.arch, options.model, options.seed);
  document.update(provenance(config, options.seed));
  return document;
}

/// The best path of this machine; where that is AVX-512, the AVX2 path too, whose bounds hold only for machines without.
nlohmann::json take_kernels(const Options&) {
  Progress progress("measure kernels");
  KernelBenchRequest request;
  request.progress = [&progress](double fraction) { progress.update(fraction); };
  nlohmann::json document = kernel_bench(request);
  if (document.at("machine").at("path").get<std::string>().rfind("avx512", 0) != 0) return document;
  request.target = "avx2";
  request.models = {"none"};
  nlohmann::json avx2 = kernel_bench(request);
  for (nlohmann::json& row : avx2.at("rows")) {
    row.erase("at_least");
    document["rows"].push_back(row);
  }
  avx2.erase("rows");
  document["avx2"] = std::move(avx2);
  return document;
}

nlohmann::json take_paper(const Options& options) {
  nlohmann::json document = measure_paper();
  nlohmann::json flash = measure_flash(options.seed);
  for (const nlohmann::json& row : flash.at("rows")) document["rows"].push_back(row);
  flash.erase("rows");
  document["flash"] = std::move(flash);
  document.update(provenance(load_arch(options.arch), options.seed));
  return document;
}

nlohmann::json take_sweep(const Options& options) {
  nlohmann::json document = measure_sweep(options.seed);
  document.update(provenance(load_arch(kDefaultArch), options.seed));
  return document;
}

nlohmann::json take_types(const Options& options) {
  const ArchConfig config = load_arch(options.arch);
  nlohmann::json document = measure_types(config);
  document.update(provenance(config, options.seed));
  return document;
}

constexpr Measurement kMeasurements[] = {
    {"speed", "simulation against Verilated RTL, the main job", take_speed},
    {"kernels", "CPU kernels beside this machine's bounds", take_kernels},
    {"paper", "GPU hosts and models in flash beside what was published", take_paper},
    {"sweep", "points a second and memory of a sweep", take_sweep},
    {"types", "compile time, program size, cost of table building", take_types},
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

int run(const Options& options) {
  nlohmann::json document;
  for (const Measurement& m : kMeasurements)
    if (m.name == options.what) document = m.take(options);
  if (!options.out.empty()) write_file_atomically(options.out, document.dump(2) + "\n");
  emit(options.json, document, describe(document.at("rows")));
  return 0;
}

}  // namespace

void add_measure(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  std::vector<std::string> names;
  std::string help;
  for (const Measurement& m : kMeasurements) {
    names.emplace_back(m.name);
    help += fmt::format("{}{}: {}", help.empty() ? "" : "; ", m.name, m.purpose);
  }
  command.add_option("what", options->what, help)->required()->check(CLI::IsMember(names));
  command.add_option("--out", options->out, "JSON file to write");
  command.add_option("--model", options->model, "Model whose operators are simulated")->capture_default_str();
  add_arch_option(command, options->arch);
  add_seed_option(command, options->seed);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
