// Hostile programs end, trap or are stopped, stay in their window, and do the same on model and RTL.
#include "sim/trust/hostile.h"

#include <catch2/catch.hpp>

#include "tests/shipped_config.h"

namespace lutra::test {

TEST_CASE("hostile programs end or trap within their window, and model and RTL agree on every one") {
  const ArchConfig config = test::shipped_config("tiny");
  const trust::HostileResult on_model = trust::attack(config, 1, 20000, false);
  INFO(on_model.first_failure);
  CHECK(on_model.programs == 20000);
  CHECK(on_model.endless == 0);
  CHECK(on_model.outside == 0);
  CHECK(on_model.ends.size() >= 8);  // most causes of a trap, and programs that end well
  const trust::HostileResult both = trust::attack(config, 1, 200, true);
  INFO(both.first_failure);
  CHECK(both.endless == 0);
  CHECK(both.parted == 0);
}

}  // namespace lutra::test
