// A model that believes in another machine in one respect is noticed.
#include "sim/trust/model_mutation.h"

#include <catch2/catch.hpp>

#include "tests/shipped_config.h"

namespace lutra::test {

TEST_CASE("a model that takes one latency, width, depth or arithmetic for another parts from the RTL") {
  const ArchConfig config = test::shipped_config("tiny");
  const std::vector<trust::ModelMutant> mutants = trust::model_mutation_test(config, 12, 1);
  CHECK(mutants.size() >= 15);
  for (const trust::ModelMutant& mutant : mutants) {
    INFO(mutant.key << ": " << mutant.value);
    CHECK_FALSE(mutant.killer.empty());
  }
}

}  // namespace lutra::test
