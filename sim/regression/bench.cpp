// Puts programs, scripts and memories together.
#include "sim/regression/bench.h"

#include <fmt/format.h>

#include "isa/register_map.h"

namespace lutra::regression {
namespace {

using Rng = std::mt19937_64;

model::Launch random_launch(const ArchConfig& config, BenchRun& run, Rng& random) {
  model::Launch launch = place_program(run.image, random_program(config, random));
  launch.watchdog = 1 + random() % 6000;
  launch.args = {kActivationsAt + (random() % 64) * 64, kWeightsAt + (random() % 64) * 64, kOutputsAt, kOutputsAt + (random() % 64) * 64};
  if (random() % 10 == 0) launch.args[1] = kWindowEnd - 1024;
  if (random() % 10 == 0) launch.args[2] += 4;
  run.memory.stall_probability = random() % 2 != 0 ? 0 : 0.5;
  run.memory.seed = random();
  if (random() % 5 == 0) run.memory.slverr.push_back({kWeightsAt, 0x400});
  if (random() % 5 == 0) run.memory.slverr.push_back({kOutputsAt, 0x80});
  return launch;
}

}  // namespace

cosim::LockstepSetup setup_of(const ArchConfig& config, const BenchRun& run) {
  cosim::LockstepSetup setup;
  setup.config = config;
  setup.image = run.image;
  setup.script = run.script;
  setup.memory = run.memory;
  return setup;
}

BenchRun product_run(const Product& product, double stalls, std::uint64_t seed) {
  BenchRun run{fmt::format("product {}", seed), product.image, {}, {}};
  run.memory.stall_probability = stalls;
  run.memory.seed = seed;
  model::Launch launch = product.launch;
  launch.watchdog = 200000;
  run.script = model::HostScriptWriter().run(launch).read_counters().script();
  return run;
}

BenchRun random_run(const ArchConfig& config, const memory::Image& image, Rng& random) {
  BenchRun run{"random program", image, {}, {}};
  const model::Launch launch = random_launch(config, run, random);
  model::HostScriptWriter script;
  script.run(launch).read("TRAP_PC").read("TRAP_ADDR_LO").read("TRAP_ADDR_HI").read_counters().run(launch).read_counters();
  run.script = script.script();
  return run;
}

BenchRun register_run(Rng& random) {
  BenchRun run{"registers", {}, {}, {}};
  model::HostScriptWriter script;
  for (const Register& r : registers()) script.read(r.name);
  for (int pass = 0; pass < 2; ++pass) {
    const auto pattern = static_cast<std::uint32_t>(random());
    for (const Register& r : registers())
      if (r.access == Access::kReadWrite) script.write(r.name, pass == 0 ? pattern ^ r.offset : ~pattern ^ r.offset);
    for (const Register& r : registers()) script.read(r.name);
  }
  run.script = script.script();
  return run;
}

BenchRun abort_run(const ArchConfig& config, const memory::Image& image, Rng& random) {
  BenchRun run{"abort", image, {}, {}};
  model::Launch launch = random_launch(config, run, random);
  const auto at = static_cast<model::Cycle>(300 + random() % 900);
  model::HostScriptWriter script;
  script.start(launch).write("CTRL", 2, at).read("STATUS").read("CAUSE").read("TRAP_PC").wait_irq().read("STATUS").read("CAUSE");
  script.write("CTRL", 4).run(launch).read_counters();
  run.script = script.script();
  return run;
}

std::vector<BenchRun> regression_bench(const ArchConfig& config, int random_programs, std::uint64_t seed) {
  Rng random(seed);
  memory::Image image;
  fill_random(image, random);
  std::vector<BenchRun> runs = {register_run(random), product_run(matrix_product(config, 3, 8, 2, 1, 0, seed), 0, seed),
                                product_run(matrix_product(config, 5, 6, 3, -7, 0, seed + 1), 0.3, seed + 1),
                                product_run(matrix_product(config, 3, 6, 2, 3, 3, seed + 2), 0.2, seed + 2)};
  for (int n = 0; n < random_programs; ++n)
    runs.push_back(n % 6 == 5 ? abort_run(config, image, random) : random_run(config, image, random));
  return runs;
}

}  // namespace lutra::regression
