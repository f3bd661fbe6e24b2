// Mutants of the model: each believes in another machine in one respect, a latency, a width, a depth, an arithmetic. Co-simulation has to
// notice.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/arch_config.h"

namespace lutra::trust {

struct ModelMutant {
  std::string key, value;  // field of the configuration, and what the model takes it for
  std::string killer;      // the run in which RTL and model part; "" for none
};

/// One mutant for every field that a model depends on and that has another legal value: the next larger and the next smaller one, or each
/// other word. Fields that only structure, price or name a machine are left out.
std::vector<ModelMutant> model_mutants(const ArchConfig& config);
/// Runs each against the RTL of `config` on the regression bench.
std::vector<ModelMutant> model_mutation_test(const ArchConfig& config, int random_programs, std::uint64_t seed);

}  // namespace lutra::trust
