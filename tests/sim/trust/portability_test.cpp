// Emitted Verilog in other tools.
#include "sim/trust/portability.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "isa/error.h"
#include "sim/regression/random_config.h"

namespace lutra::test {

TEST_CASE("Verilator, Yosys and Icarus take random legal cores without a warning") {
  const char* more = std::getenv("LUTRA_PORTABILITY_CORES");
  const std::uint64_t cores = more != nullptr ? std::strtoull(more, nullptr, 10) : 3;
  for (std::uint64_t seed = 1; seed <= cores; ++seed) {
    std::mt19937_64 random(seed);
    const ArchConfig config = regression::random_config(random);
    for (const auto& [tool, text] : trust::complaints(config)) {
      INFO("seed " << seed << ", " << tool << ": " << text << to_yaml(config));
      CHECK(false);
    }
  }
}

TEST_CASE("a family of FPGAs that is not there is refused with those that are") {
  CHECK_THROWS_WITH(trust::map_to_fpga(ArchConfig{}, "stratix"), Catch::Contains("ice40, ecp5, xilinx"));
}

}  // namespace lutra::test
