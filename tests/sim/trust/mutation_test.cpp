// Mutants of a small core: most are noticed by the first runs, the unbroken netlist by none, and SAT tells what changes nothing.
#include "sim/trust/mutation.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/shipped_config.h"

namespace lutra::test {
namespace {

ArchConfig tiny() { return test::shipped_config("tiny"); }

}  // namespace

TEST_CASE("the bench notices mutants of every block's Verilog, and not the unbroken netlist") {
  const trust::MutatedCore core = trust::mutate_core(tiny(), 30, 1);
  REQUIRE(core.mutants.size() == 30);
  const std::vector<regression::BenchRun> bench = trust::mutation_bench(core.config, 12, 1);
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
  CHECK(killed >= 20);
  CHECK(blocks.size() >= 8);
}

TEST_CASE("SAT proves that a block is what it was only where nothing is broken") {
  const trust::MutatedCore core = trust::mutate_core(tiny(), 30, 1);
  const std::set<std::string> quick = {"lutra_fifo", "lutra_array", "lutra_buffers", "lutra_semaphores", "lutra_table_builder"};
  const auto found =
      std::find_if(core.mutants.begin(), core.mutants.end(), [&](const trust::Mutant& m) { return quick.count(m.block) == 1; });
  REQUIRE(found != core.mutants.end());
  trust::Mutant mutant = *found;
  const auto with_mode = [&](const std::string& mode) {
    const std::size_t begin = mutant.command.find("-mode "), end = mutant.command.find(" -module");
    mutant.command.replace(begin, end - begin, "-mode " + mode);
    return trust::proven_equivalent(core.config, mutant);
  };
  CHECK_FALSE(with_mode("inv"));
  CHECK(with_mode("none"));
}

}  // namespace lutra::test
