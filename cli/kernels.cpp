// lutra kernels: whether the CPU kernels are right (verify), and how near they come to what the machine can do (bench).
#include <fmt/format.h>

#include <random>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/kernels_bench.h"
#include "cli/progress.h"
#include "isa/error.h"
#include "isa/file.h"
#include "kernels/bench/differential.h"
#include "kernels/mpgemm.h"

namespace lutra::cli {
namespace {

struct VerifyOptions {
  int cases = 500;
  std::uint64_t seed = 1;
  std::string json;
};

int verify(const VerifyOptions& options) {
  Progress progress("kernels verify");
  std::mt19937_64 random(options.seed);
  for (int i = 0; i < options.cases; ++i) {
    std::vector<std::uint8_t> bytes(128);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const std::string difference = kernels::differential_case(bytes);
    if (!difference.empty()) throw Error(fmt::format("case {} of seed {}: {}", i, options.seed, difference), {}, Error::Kind::kCheckFailed);
    progress.update(static_cast<double>(i + 1) / options.cases);
  }
  nlohmann::json targets = nlohmann::json::array();
  std::string names;
  for (const kernels::Target target : kernels::available_targets()) {
    targets.push_back(to_string(target));
    names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(target));
  }
  const nlohmann::json document = {
      {"cases", options.cases}, {"differences", 0}, {"targets", targets}, {"seed", options.seed}, {"lutra_version", LUTRA_VERSION}};
  emit(options.json, document, fmt::format("{} random problems, 0 differences; targets: {}\n", options.cases, names));
  return 0;
}

struct BenchOptions {
  KernelBenchRequest request;
  std::string out, plot, json;
};

int bench(const BenchOptions& options) {
  Progress progress("kernels bench");
  KernelBenchRequest request = options.request;
  request.progress = [&progress](double fraction) { progress.update(fraction); };
  const nlohmann::json document = kernel_bench(request);
  if (!options.out.empty()) write_file_atomically(options.out, document.dump(2) + "\n");
  if (!options.plot.empty()) write_file_atomically(options.plot, kernel_bench_plot(document));
  emit(options.json, document, kernel_bench_text(document));
  return 0;
}

}  // namespace

void add_kernels(CLI::App& command, Action& action) {
  command.require_subcommand(1);
  CLI::App* verify_command = command.add_subcommand("verify", "Compare every kernel with the reference on random problems");
  auto verify_options = std::make_shared<VerifyOptions>();
  verify_command->add_option("--cases", verify_options->cases, "Random problems")->capture_default_str()->check(CLI::Range(1, 10'000'000));
  add_seed_option(*verify_command, verify_options->seed);
  add_json_option(*verify_command, verify_options->json);
  bind(*verify_command, action, verify_options, verify);

  CLI::App* bench_command =
      command.add_subcommand("bench", "Measure the kernels beside the machine's read bandwidth and multiply-add peak");
  auto bench_options = std::make_shared<BenchOptions>();
  KernelBenchRequest& request = bench_options->request;
  bench_command->add_option("--target", request.target, "auto, portable, avx2, avx512 or avx512vnni")->capture_default_str();
  bench_command->add_option("--repetitions", request.repetitions, "Interleaved repetitions")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  bench_command->add_option("--model", request.models, "Models whose projections are all run (repeatable); 'none' for none")
      ->capture_default_str();
  bench_command->add_flag("--crossover", request.crossover, "Also both families at growing batch, warm");
  bench_command->add_option("--plot", bench_options->plot, "SVG file to write: percent of the bound of every case");
  bench_command->add_option("--out", bench_options->out, "JSON file to write");
  add_json_option(*bench_command, bench_options->json);
  bind(*bench_command, action, bench_options, bench);
}

}  // namespace lutra::cli
