#include "sim/sweep/pareto.h"

#include <catch2/catch.hpp>

namespace lutra::sweep {
namespace {

Candidate candidate(std::uint64_t id, double tokens, double macs) {
  Candidate c{id, id + 1, {}};
  c.values[kTokensPerS] = tokens;
  c.values[kArrayMacs] = macs;
  return c;
}

const std::vector<std::string> kObjectives = {"tokens_per_s", "array_macs"};

TEST_CASE("the front holds what nothing beats in every objective, and of equals the first") {
  const ParetoResult result =
      pareto({candidate(0, 1, 5), candidate(1, 2, 5), candidate(2, 3, 9), candidate(3, 2, 5), candidate(4, 1, 1), candidate(5, 1, 2)},
             kObjectives, 6);
  CHECK(result.front == std::vector<std::uint64_t>{1, 2, 4});
}

TEST_CASE("hypervolume is the covered share of the lengthened box and never falls") {
  // Normalised costs: (1, 0) and (0, 1) in a box of side 1.1, then the best of both.
  const ParetoResult two = pareto({candidate(0, 0, 0), candidate(1, 10, 10)}, kObjectives, 2);
  CHECK(two.hypervolume.back().value == Approx((0.1 * 1.1 + 0.1 * 1.1 - 0.01) / 1.21));
  const ParetoResult best = pareto({candidate(0, 0, 0), candidate(1, 10, 10), candidate(2, 10, 0)}, kObjectives, 3);
  CHECK(best.hypervolume.back().value == Approx(1));
  CHECK(best.front == std::vector<std::uint64_t>{2});
  for (std::size_t i = 1; i < best.hypervolume.size(); ++i) CHECK(best.hypervolume[i].value >= best.hypervolume[i - 1].value);
}

TEST_CASE("no feasible point is no front") { CHECK(pareto({}, kObjectives, 9).front.empty()); }

}  // namespace
}  // namespace lutra::sweep
