// Random legal machines: each is linted, built, and runs random programs and matrix products in lockstep.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "gen/generator.h"
#include "isa/geometry.h"
#include "isa/schema.h"
#include "sim/process/process.h"
#include "sim/regression/core_programs.h"
#include "sim/regression/random_config.h"
#include "tests/sim/cosim/agreement.h"

namespace lutra::test {

using namespace regression;

namespace {

using cosim::Lockstep;
using cosim::LockstepSetup;

/// A number from the environment, for longer runs: LUTRA_RANDOM_MACHINES machines from LUTRA_RANDOM_SEED on.
std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

void lint(const ArchConfig& config) {
  const ScratchDirectory directory(cache_directory());
  const gen::Design design = gen::generate(config);
  gen::write_design(design, directory.path() + "/design");
  run_checked("linting a random machine",
              {"verilator", "--lint-only", "-Wall", "-Wno-DECLFILENAME", "--top-module", design.top, "-f", design.top + ".f"},
              directory.path() + "/design");
}

LockstepSetup setup_of(const ArchConfig& config, std::mt19937_64& random) {
  LockstepSetup setup;
  setup.config = config;
  setup.build.optimisation = "-O0";
  setup.memory.stall_probability = random() % 2 != 0 ? 0 : 0.4;
  setup.memory.seed = random();
  return setup;
}

/// k-steps that fit every buffer and for which no accumulator overflows.
struct ProductSize {
  int tiles, ksteps, planes, segment;
};

ProductSize product_size(const ArchConfig& config, std::mt19937_64& random) {
  const Geometry g(config);
  const auto up_to = [&random](long long n) { return 1 + static_cast<int>(random() % static_cast<std::uint64_t>(std::max(1LL, n))); };
  ProductSize size{up_to(3), 1, up_to(4), 0};
  const long long weight_words = ceil_div(size.planes, config.array.planes_per_cycle);
  long long most = std::min<long long>(config.buffer.table_words, (g.weight.words / 2 - g.weight.words_per_line) / weight_words);
  if (!g.memory) most = std::min<long long>(most, g.activation.words / config.array.rows - g.activation.words_per_line);
  size.segment = random() % 2 == 0 ? 0 : up_to(std::min(4LL, most));
  const long long units = std::max(1LL, most / std::max(1, size.segment));
  const int sum = (1 << size.planes) - 1;
  if (size.segment == 0) {
    size.ksteps = up_to(std::min<long long>(units, 255 / sum));
  } else {
    const long long segments = g.scaled ? config.buffer.parameter_words / g.accumulator_words_per_row : 4;
    size.ksteps = size.segment * up_to(std::min({units, 4LL, segments}));
  }
  return size;
}

void run_product(const ArchConfig& config, std::mt19937_64& random) {
  // The program keeps a tile row's activations apart by whole beats.
  if (const Geometry g(config); !g.memory && g.activation.words_per_line * config.array.rows > g.activation.words) return;
  const ProductSize size = product_size(config, random);
  const int zero = static_cast<int>(random() % 15) - 7;
  const Product product = matrix_product(config, size.tiles, size.ksteps, size.planes, zero, size.segment, random());
  LockstepSetup setup = setup_of(config, random);
  setup.image = product.image;
  model::Launch launch = product.launch;
  launch.watchdog = 400000;
  setup.script = model::HostScriptWriter().run(launch).read_counters().script();
  INFO(size.tiles << " tiles, " << size.ksteps << " k-steps, " << size.planes << " planes, segment " << size.segment << ", zero " << zero);
  Lockstep lockstep(setup);
  check_agreement(lockstep);
  REQUIRE(lockstep.model().host().read_values().at(0) == 2);  // STATUS: done
  std::vector<std::uint8_t> outputs(product.expected.size());
  lockstep.rtl_memory().image().read(kOutputsAt, outputs.data(), outputs.size());
  CHECK(outputs == product.expected);
}

void run_random_program(const ArchConfig& config, const memory::Image& image, std::mt19937_64& random) {
  LockstepSetup setup = setup_of(config, random);
  setup.image = image;
  model::Launch launch = place_program(setup.image, random_program(config, random));
  launch.watchdog = 1 + random() % 6000;
  launch.args = {kActivationsAt + (random() % 64) * 64, kWeightsAt + (random() % 64) * 64, kOutputsAt, kOutputsAt + (random() % 64) * 64};
  if (random() % 6 == 0) setup.memory.slverr.push_back({kWeightsAt, 0x400});
  model::HostScriptWriter script;
  script.run(launch).read("TRAP_PC").read_counters().run(launch).read_counters();
  setup.script = script.script();
  Lockstep lockstep(setup);
  check_agreement(lockstep);
}

}  // namespace

TEST_CASE("random machines of every kind are free of lint") {
  const std::uint64_t machines = from_environment("LUTRA_RANDOM_MACHINES", 8), first = from_environment("LUTRA_RANDOM_SEED", 1);
  for (std::uint64_t seed = first + 1000000; seed < first + 1000000 + 4 * machines; ++seed) {
    std::mt19937_64 random(seed);
    const ArchConfig config = random_config(random);
    INFO("seed " << seed << "\n" << to_yaml(config));
    CHECK_NOTHROW(lint(config));
  }
}

TEST_CASE("random machines of every kind are lint-free and run in lockstep") {
  const std::uint64_t machines = from_environment("LUTRA_RANDOM_MACHINES", 8), first = from_environment("LUTRA_RANDOM_SEED", 1);
  for (std::uint64_t seed = first; seed < first + machines; ++seed) {
    std::mt19937_64 random(seed);
    const ArchConfig config = random_config(random);
    INFO("LUTRA_RANDOM_SEED=" << seed << "\n" << to_yaml(config));
    lint(config);
    for (int n = 0; n < 3; ++n) run_product(config, random);
    memory::Image image;
    fill_random(image, random);
    for (int n = 0; n < 6; ++n) run_random_program(config, image, random);
    SUCCEED();
  }
}

}  // namespace lutra::test
