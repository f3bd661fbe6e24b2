// Random GEMMs of every kind, from fixed seeds.
#include "kernels/bench/differential.h"

#include <catch2/catch.hpp>
#include <random>

namespace lutra::kernels {

TEST_CASE("kernels agree with the reference on random problems") {
  std::mt19937 random(1);
  for (int i = 0; i < 150; ++i) {
    std::vector<std::uint8_t> bytes(128);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    CAPTURE(i);
    CHECK(differential_case(bytes) == "");
  }
}

TEST_CASE("too few bytes make a problem, too") { CHECK(differential_case({}) == ""); }

}  // namespace lutra::kernels
