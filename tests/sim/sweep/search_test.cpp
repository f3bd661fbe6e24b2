#include "sim/sweep/search.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "tests/isa/temporary_directory.h"
#include "tests/sim/sweep/spaces.h"

namespace lutra::sweep {
namespace {

using test::TemporaryDirectory;

std::vector<Choice> choices_of(const std::vector<Task>& tasks) {
  std::vector<Choice> choices;
  for (const Task& task : tasks) choices.push_back(task.choice);
  return choices;
}

TEST_CASE("a grid is every point of the space once, numbered in order") {
  const std::vector<Task> tasks = planned_tasks(plain_space(), {});
  REQUIRE(tasks.size() == 60);
  for (std::size_t i = 0; i < tasks.size(); ++i) CHECK(tasks[i].id == i);
  std::vector<Choice> choices = choices_of(tasks);
  CHECK(std::set<Choice>(choices.begin(), choices.end()).size() == 60);
}

TEST_CASE("random points are distinct, follow the seed, and stop where the space is exhausted") {
  SearchOptions options;
  options.name = "random";
  options.points = 20;
  const std::vector<Choice> first = choices_of(planned_tasks(plain_space(), options));
  CHECK(first.size() == 20);
  CHECK(choices_of(planned_tasks(plain_space(), options)) == first);
  options.seed = 2;
  CHECK(choices_of(planned_tasks(plain_space(), options)) != first);
  options.points = 500;
  CHECK(planned_tasks(plain_space(), options).size() == 60);
}

TEST_CASE("a Latin hypercube uses every part of every range equally often") {
  SearchOptions options;
  options.name = "lhs";
  options.points = 20;
  const Space space =
      space_from(space_text("  control.loop_depth: [2, 3, 4, 5]\n  buffer.weight_words: {from: 64, to: 1024, factor: 2}\n  "
                            "axi.outstanding_reads: {from: 1, to: 20, step: 1}\n"));
  const std::vector<Choice> choices = choices_of(planned_tasks(space, options));
  REQUIRE(choices.size() == 20);
  for (std::size_t d = 0; d < space.parameters.size(); ++d)
    for (std::size_t v = 0; v < space.parameters[d].values.size(); ++v)
      CHECK(static_cast<std::size_t>(std::count_if(choices.begin(), choices.end(), [&](const Choice& c) { return c[d] == v; })) ==
            20 / space.parameters[d].values.size());
}

std::vector<std::pair<std::uint64_t, Choice>> search_with(int jobs, const SearchOptions& options, const std::string& path) {
  const Space space = plain_space();
  Store store(path, Store::Open::kCreate, {space.hash, options.text(), options.seed});
  EngineOptions engine_options;
  engine_options.jobs = jobs;
  LocalEngine engine(store, made_up, engine_options);
  run_search(space, options, engine, store);
  std::vector<std::pair<std::uint64_t, Choice>> stored;
  store.for_each([&](const StoredPoint& p) { stored.emplace_back(p.id, p.choice); });
  return stored;
}

TEST_CASE("every search stores the same for a seed at any number of workers") {
  const TemporaryDirectory directory;
  for (const std::string& name : search_names()) {
    SearchOptions options;
    options.name = name;
    options.points = 30;
    options.population = 12;
    options.generations = 4;
    const auto one = search_with(1, options, directory.file(name + "1"));
    const auto three = search_with(3, options, directory.file(name + "3"));
    CHECK(one.size() >= 12);
    CHECK(one == three);
  }
}

TEST_CASE("NSGA-II finds the front of a space larger than what it looks at") {
  const TemporaryDirectory directory;
  const Space space = space_from(space_text(
      "  array.rows: {from: 1, to: 16, step: 1}\n  control.queue_depth: [2, 4]\n  axi.outstanding_reads: {from: 1, to: 32, step: 1}\n"));
  // Best where the first and the last index are equal: 16 of 1024 points.
  const Evaluate evaluate = [](const Choice& c) {
    Outcome outcome;
    const double miss = std::abs(c[0] - c[2]) + c[1];
    outcome.values[kTokensPerS] = c[0] - miss;
    outcome.values[kArrayMacs] = c[0] + miss;
    return outcome;
  };
  SearchOptions options;
  options.name = "nsga2";
  options.population = 24;
  options.generations = 30;
  Store store(directory.file("s"), Store::Open::kCreate, {space.hash, options.text(), options.seed});
  LocalEngine engine(store, evaluate, {});
  run_search(space, options, engine, store);
  CHECK(store.size() < 300);
  std::size_t perfect = 0;
  store.for_each([&](const StoredPoint& p) { perfect += p.choice[0] == p.choice[2] && p.choice[1] == 0 ? 1 : 0; });
  CHECK(perfect >= 12);
}

TEST_CASE("NSGA-II that was stopped goes on from its store to the same points") {
  const TemporaryDirectory directory;
  const Space space = plain_space();
  SearchOptions options;
  options.name = "nsga2";
  options.population = 12;
  options.generations = 4;
  const auto whole = search_with(2, options, directory.file("whole"));
  const std::string path = directory.file("part");
  {
    Store store(path, Store::Open::kCreate, {space.hash, options.text(), options.seed});
    EngineOptions one;
    one.jobs = 1;
    one.progress = [&](std::uint64_t evaluated) {
      if (evaluated >= 16) throw Error("stopped");
    };
    LocalEngine engine(store, made_up, one);
    CHECK_THROWS(run_search(space, options, engine, store));
    CHECK(store.size() < whole.size());
  }
  Store store(path, Store::Open::kResume, {space.hash, options.text(), options.seed});
  const std::size_t before = store.size();
  LocalEngine engine(store, made_up, {});
  run_search(space, options, engine, store);
  CHECK(engine.evaluated() == whole.size() - before);
  std::vector<std::pair<std::uint64_t, Choice>> stored;
  store.for_each([&](const StoredPoint& p) { stored.emplace_back(p.id, p.choice); });
  CHECK(stored == whole);
}

}  // namespace
}  // namespace lutra::sweep
