#include "sim/sweep/space.h"

#include <catch2/catch.hpp>

#include "isa/schema.h"
#include "tests/isa/message_of.h"
#include "tests/sim/sweep/spaces.h"

namespace lutra::sweep {
namespace {

std::string refusal(const std::string& yaml) {
  return test::message_of([&] { space_from(yaml); });
}

TEST_CASE("ranges go by steps or by factors and include their end") {
  const Space space =
      space_from(space_text("  array.rows: {from: 1, to: 4, step: 1}\n  array.columns: {from: 4, to: 64, factor: 4}\n  "
                            "memory.bandwidth_gb_s: {from: 0.1, to: 0.3, step: 0.1}\n"));
  CHECK(space.parameters[0].values == std::vector<std::string>{"1", "2", "3", "4"});
  CHECK(space.parameters[1].values == std::vector<std::string>{"4", "16", "64"});
  CHECK(space.parameters[2].values.size() == 3);
  CHECK(space.grid_size() == 4 * 3 * 3);
}

TEST_CASE("a field whose condition fails keeps the base's value and comes once") {
  const Space space = space_from(space_text("  array.rows: [1, 2]\n  control.loop_depth: {values: [3, 4], when: [array.rows == 2]}\n"));
  CHECK(belongs(space, {0, 0}));
  CHECK_FALSE(belongs(space, {0, 1}));
  CHECK(belongs(space, {1, 1}));
  CHECK(point_of(space, {0, 0}).config.control.loop_depth == space.base.control.loop_depth);
  CHECK(point_of(space, {1, 0}).config.control.loop_depth == 3);
}

TEST_CASE("conditions leave points out of the space") {
  const Space space = space_from(space_text("  array.rows: [1, 2, 4]\n  array.columns: [4, 8]\n",
                                            "conditions: [array.rows < 4, array.rows <= array.columns]\nobjectives: [tokens_per_s]\n"));
  CHECK(belongs(space, {1, 0}));
  CHECK_FALSE(belongs(space, {2, 1}));
}

TEST_CASE("a machine that breaks a rule of the schema says which") {
  const Space space = space_from(space_text("  table.builder_tables: [1, 3]\n"));
  CHECK(point_of(space, {0}).problem.empty());
  CHECK_THAT(point_of(space, {1}).problem, Catch::Contains("table.builder_tables") && Catch::Contains("divide"));
}

TEST_CASE("errors of a space name line, key, what was given and what is allowed") {
  CHECK_THAT(refusal(space_text("  array.colums: [4]\n")),
             Catch::Contains("space.yaml:4") && Catch::Contains("did you mean array.columns?"));
  CHECK_THAT(refusal(space_text("  array.columns: [4, 5]\n")), Catch::Contains("given 5") && Catch::Contains("power of two"));
  CHECK_THAT(refusal(space_text("  array.columns: [4, 4]\n")), Catch::Contains("twice"));
  CHECK_THAT(refusal(space_text("  array.columns: {from: 4, to: 8}\n")), Catch::Contains("either step or factor"));
  CHECK_THAT(refusal(space_text("  array.adder: {from: 4, to: 8, step: 1}\n")), Catch::Contains("is a word"));
  CHECK_THAT(refusal(space_text("  array.rows: [1]\n", "objectives: [token_per_s]\n")), Catch::Contains("did you mean tokens_per_s?"));
  CHECK_THAT(refusal(space_text("  array.rows: [1]\n", "objectives: [tokens_per_s]\nconditions: [array.rows 4]\n")),
             Catch::Contains("KEY RELATION VALUE"));
  CHECK_THAT(refusal(space_text("  array.rows: [1]\n", "objectives: [tokens_per_s]\nlibraries: [osu]\n")),
             Catch::Contains("osu018, sky130, asap7"));
  CHECK_THAT(refusal(space_text("  array.rows: [1]\n", "objectives: [tokens_per_s]\nconstraints: {area_mm2: {at_most: 1, at_least: 1}}\n")),
             Catch::Contains("one of at_most and at_least"));
  CHECK_THAT(refusal(space_text("  memory.kind: [simple]\n")), Catch::Contains("cannot be a parameter"));
}

TEST_CASE("the grid counts with the last parameter fastest") {
  const Space space = plain_space();
  CHECK(grid_choice(space, 0) == Choice{0, 0, 0});
  CHECK(grid_choice(space, 1) == Choice{0, 0, 1});
  CHECK(grid_choice(space, 4) == Choice{0, 1, 0});
  CHECK(grid_choice(space, space.grid_size() - 1) == Choice{4, 2, 3});
}

TEST_CASE("the hash of a space changes with everything in it") {
  const std::string rows = "  array.rows: [1, 2]\n";
  const std::string hash = space_from(space_text(rows)).hash;
  CHECK(space_from(space_text(rows)).hash == hash);
  CHECK(space_from(space_text("  array.rows: [2, 1]\n")).hash != hash);
  CHECK(space_from(space_text(rows, "objectives: [tokens_per_s]\n")).hash != hash);
}

}  // namespace
}  // namespace lutra::sweep
