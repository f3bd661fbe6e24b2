#include "sim/cost/sram.h"

#include <catch2/catch.hpp>

#include "isa/error.h"

using namespace lutra;
using namespace lutra::cost;

namespace {

SramMacro macro(long long bytes, int width_bits) { return {"m", bytes * 8 / width_bits, width_bits, 1, 1}; }

}  // namespace

TEST_CASE("The table's own points come back exactly") {
  const SramFigures small = sram_figures(macro(32768, 256), 22);
  CHECK(small.access_ns == Approx(0.220));
  CHECK(small.read_pj == Approx(6.62));
  CHECK(small.area_um2 == Approx(193.0 * 128.0));
  CHECK(!small.extrapolated);
  const SramFigures large = sram_figures(macro(262144, 256), 45);
  CHECK(large.access_ns == Approx(1.007));
  CHECK(large.read_pj == Approx(86.7));
  CHECK(!large.extrapolated);
}

TEST_CASE("Between points figures lie between, and grow with size and node") {
  const SramFigures f = sram_figures(macro(65536, 256), 28);
  CHECK(f.access_ns > 0.220);
  CHECK(f.access_ns < 1.007);
  CHECK(!f.extrapolated);
  CHECK(sram_figures(macro(65536, 256), 40).read_pj > f.read_pj);
  CHECK(sram_figures(macro(131072, 256), 28).area_um2 > f.area_um2);
}

TEST_CASE("Outside the table's nodes or sizes a figure says that it is extrapolated") {
  CHECK(sram_figures(macro(32768, 256), 180).extrapolated);
  CHECK(sram_figures(macro(32768, 256), 7).extrapolated);
  CHECK(sram_figures(macro(512, 64), 28).extrapolated);
  CHECK_THROWS_AS(sram_figures(macro(32768, 256), 0), Error);
}

TEST_CASE("Energy is proportional to the row's width") {
  CHECK(sram_figures(macro(32768, 512), 22).read_pj == Approx(2 * sram_figures(macro(32768, 256), 22).read_pj));
}
