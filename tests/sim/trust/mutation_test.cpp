// Mutants of a small core: most are noticed by the first runs, the unbroken netlist by none, and SAT tells what changes nothing.
#include "sim/trust/mutation.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

namespace lutra::test {
namespace {

ArchConfig tiny() { return load_arch_config(std::string(LUTRA_SOURCE_DIR) + "/configs/tiny.yaml"); }

}  // namespace

TEST_CASE("the bench notices mutants of every block's Verilog, and not the unbroken netlist") {
  const trust::MutatedCore core = trust::mutate_core(tiny(), 30, 1);
  REQUIRE(core.mutants.size() == 30);
  const std::vector<regression::BenchRun> bench = regression::regression_bench(core.config, 12, 1);
  CHECK(trust::run_mutant(core, 0, bench).empty());
  int killed = 0;
  std::set<std::string> blocks;
  for (const trust::Mutant& mutant : core.mutants) {
    blocks.insert(mutant.block);
    if (!trust::run_mutant(core, mutant.number, bench).empty())
      ++killed;
    else
      UNSCOPED_INFO("alive: " << mutant.block << " " << mutant.where << " " << mutant.how);
  }
  CHECK(killed >= 25);
  CHECK(blocks.size() >= 8);
}

TEST_CASE("SAT proves that a mutant equals its block only where it does") {
  trust::MutatedCore core = trust::mutate_core(tiny(), 30, 1);
  const auto in_block = [&](const std::string& block) {
    return *std::find_if(core.mutants.begin(), core.mutants.end(), [&](const trust::Mutant& m) { return m.block == block; });
  };
  trust::Mutant mutant = in_block("lutra_csr");
  CHECK_FALSE(trust::proven_equivalent(core.config, mutant));
  // Inverted twice.
  mutant.command.replace(mutant.command.find("-mode "), mutant.command.find(" -module") - mutant.command.find("-mode "), "-mode inv");
  CHECK_FALSE(trust::proven_equivalent(core.config, mutant));
}

}  // namespace lutra::test
