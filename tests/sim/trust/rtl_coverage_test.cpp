// Coverage of the RTL is counted per block, and a bench that does little reaches little.
#include "sim/trust/rtl_coverage.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/shipped_config.h"

namespace lutra::test {

TEST_CASE("the bench covers lines and toggles of a small core", "[.nightly]") {
  const ArchConfig config = test::shipped_config("tiny");
  const std::vector<regression::BenchRun> bench = trust::coverage_bench(config, 1);
  const trust::RtlCoverage all = trust::rtl_coverage(config, bench);
  if (const char* path = std::getenv("LUTRA_COVERAGE_MISSED")) {
    std::ofstream out(path);
    for (const std::string& missed : all.missed) out << missed << "\n";
  }
  CHECK(trust::sum(all.lines).percent() >= 95);
  CHECK(trust::sum(all.toggles).percent() >= 90);
  CHECK(all.lines.size() >= 12);
  const trust::RtlCoverage little = trust::rtl_coverage(config, {bench.front()});
  CHECK(trust::sum(little.lines).percent() < 70);
  CHECK(trust::sum(little.toggles).percent() < 50);
}

}  // namespace lutra::test
