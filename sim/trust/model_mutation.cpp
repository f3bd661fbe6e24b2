// Changes one field at a time in what the model is told.
#include "sim/trust/model_mutation.h"

#include <algorithm>
#include <string_view>

#include "isa/schema.h"
#include "sim/regression/bench.h"

namespace lutra::trust {
namespace {

/// Neither values nor cycles depend on these: names, prices, and which of two circuits with the same ports and timing is built.
constexpr std::string_view kNoBehaviour[] = {"name",        "description",   "status",          "array.decoder",
                                             "array.adder", "table.storage", "memory.size_gib", "memory.energy_pj_per_bit"};

/// Whether a machine like this has what the field is about: registers of floating-point units need such units.
bool is_present(const SchemaField& field, const ArchConfig& config) {
  return field.key != "scale.registers" || config.scale.unit == "float" ||
         (config.table.mode == "quantised" && config.table.scale == "divide");
}

std::vector<std::string> other_values(const SchemaField& field, const ArchConfig& config) {
  std::vector<std::string> values;
  const std::string now = field_text(field, config);
  for (const std::string_view word : field.allowed)
    if (word != now) values.emplace_back(word);
  if (!field.allowed.empty() || field.kind() == ValueKind::kText) return values;
  const double value = get_number(config, field.key);
  for (const double other : {field.power_of_two || field.kind() == ValueKind::kReal ? value * 2 : value + 1,
                             field.power_of_two || field.kind() == ValueKind::kReal ? value / 2 : value - 1}) {
    ArchConfig changed = config;
    if (other < field.min || other > field.max) continue;
    set_number(changed, field.key, other);
    values.push_back(field_text(field, changed));
  }
  return values;
}

ArchConfig mutated(const ArchConfig& config, const ModelMutant& mutant) {
  ArchConfig changed = config;
  set_field(changed, mutant.key, mutant.value);
  return changed;
}

bool noticed(const ArchConfig& config, const ModelMutant& mutant, const regression::BenchRun& run) {
  cosim::LockstepSetup setup = regression::setup_of(config, run);
  setup.model_config = mutated(config, mutant);
  try {
    cosim::Lockstep lockstep(setup);
    return !cosim::run_to_end(lockstep);
  } catch (const std::exception&) {
    return true;  // the model itself finds a contradiction
  }
}

}  // namespace

std::vector<ModelMutant> model_mutants(const ArchConfig& config) {
  std::vector<ModelMutant> mutants;
  for (const SchemaField& field : schema()) {
    if (std::find(std::begin(kNoBehaviour), std::end(kNoBehaviour), field.key) != std::end(kNoBehaviour) || !is_present(field, config))
      continue;
    for (const std::string& value : other_values(field, config)) {
      const ModelMutant mutant{std::string(field.key), value, {}};
      if (violations(mutated(config, mutant)).empty()) mutants.push_back(mutant);
    }
  }
  return mutants;
}

std::vector<ModelMutant> model_mutation_test(const ArchConfig& config, int random_programs, std::uint64_t seed) {
  const std::vector<regression::BenchRun> bench = regression::regression_bench(config, random_programs, seed);
  std::vector<ModelMutant> mutants = model_mutants(config);
  for (ModelMutant& mutant : mutants) {
    const auto run = std::find_if(bench.begin(), bench.end(), [&](const regression::BenchRun& r) { return noticed(config, mutant, r); });
    if (run != bench.end()) mutant.killer = run->name;
  }
  return mutants;
}

}  // namespace lutra::trust
