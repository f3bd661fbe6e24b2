#include "sim/sweep/evaluate.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <thread>

#include "gen/generator.h"
#include "isa/file.h"
#include "sim/sweep/export.h"
#include "sim/system/fast.h"
#include "tests/isa/temporary_directory.h"
#include "tests/sim/sweep/spaces.h"
#include "workloads/compile.h"
#include "workloads/model.h"

namespace lutra::sweep {
namespace {

Space edge_space(const std::string& rest = "objectives: [tokens_per_s, array_macs]\n") {
  std::string text = space_text("  array.columns: [8, 16]\n  clock_mhz: [50, 100]\n  array.adder: [carry_save, ripple]\n", rest);
  text.replace(text.find("tiny"), 4, "edge_w2a8");
  return space_from(text);
}

TEST_CASE("cycles of a pass are those of its whole trace in fast mode") {
  const Space space = edge_space();
  Evaluator evaluator(space, "none");
  const Outcome outcome = evaluator.evaluate(Choice{1, 1, 0});
  REQUIRE(outcome.error.empty());
  const Point point = point_of(space, {1, 1, 0});
  workloads::Trace trace = workloads::trace_model(workloads::load_model("bitnet_b158_2b4t"), space.workloads[0].request);
  const system::SimulationResult whole = system::FastSimulator(point.config).run(workloads::compile(point.config, trace));
  // A launch writes only registers that change: a job's own cycles depend on the one before it by some of them.
  const auto total = static_cast<double>(outcome.cycles.at("total"));
  CHECK(total == Approx(static_cast<double>(whole.cycles)).epsilon(1e-4));
  CHECK(outcome.cycles.at("array_steps") > 0);
}

TEST_CASE("operators that differ in name and layer only are one") {
  const workloads::Trace trace = workloads::trace_model(workloads::load_model("bitnet_b158_2b4t"), {});
  const std::vector<CountedOperator> distinct = distinct_operators(trace);
  double count = 0;
  for (const CountedOperator& c : distinct) count += c.count;
  CHECK(count == static_cast<double>(trace.operators.size()));
  CHECK(distinct.size() < 30);
}

TEST_CASE("points that differ in what no cycle depends on share one simulation") {
  const Space space = edge_space();
  Evaluator evaluator(space, "none");
  const Outcome one = evaluator.evaluate(Choice{0, 1, 0}), other = evaluator.evaluate(Choice{0, 1, 1});
  CHECK(evaluator.timings() == 1);
  CHECK(one.values == other.values);
  (void)evaluator.evaluate(Choice{0, 0, 0});
  CHECK(evaluator.timings() == 2);
}

TEST_CASE("evaluating on many threads gives what one thread gives") {
  const Space space = edge_space();
  Evaluator alone(space, "none"), shared(space, "none");
  std::vector<Outcome> outcomes(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 8; ++i) threads.emplace_back([&, i] { outcomes[i] = shared.evaluate(grid_choice(space, i)); });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < 8; ++i) CHECK(outcomes[i].values == alone.evaluate(grid_choice(space, i)).values);
}

TEST_CASE("a constraint makes a point infeasible and says by how much") {
  Evaluator evaluator(edge_space("objectives: [tokens_per_s, array_macs]\nconstraints: {array_macs: {at_most: 512}}\n"), "none");
  CHECK(evaluator.evaluate(Choice{0, 0, 0}).status == Status::kOk);
  const Outcome outcome = evaluator.evaluate(Choice{1, 0, 0});
  CHECK(outcome.status == Status::kInfeasible);
  CHECK(outcome.error == "array_macs: 1024 1/cycle, allowed at most 512");
}

TEST_CASE("latency percentiles rise with the share of passes") {
  Evaluator evaluator(edge_space(), "none");
  const Values v = evaluator.evaluate(Choice{1, 1, 0}).values;
  CHECK(v[kLatencyP50Ms] < v[kLatencyP95Ms]);
  CHECK(v[kLatencyP95Ms] < v[kLatencyP99Ms]);
  CHECK(v[kLatencyP99Ms] < 1.0001e3 / v[kTokensPerS]);
}

TEST_CASE("the price of a point is that of the cost flow, and a core too slow for its clock is infeasible", "[.][nightly]") {
  const Space space =
      space_from(space_text("  clock_mhz: [20, 400]\n", "objectives: [area_mm2, j_per_token, best_clock_mhz]\nlibraries: [osu018]\n"));
  Evaluator evaluator(space, "none");
  const Outcome slow = evaluator.evaluate(Choice{0});
  REQUIRE(slow.error.empty());
  const ArchConfig config = point_of(space, {0}).config;
  const gen::Design design = gen::generate(config);
  cost::PpaRequest request;
  request.files = design.files;
  request.top = design.top;
  request.config = config;
  const cost::Ppa ppa = cost::measure(request);
  CHECK(slow.values[kAreaMm2] == Approx(ppa.area_um2 * 1e-6));
  CHECK(slow.values[kBestClockMhz] == Approx(ppa.timing.best_clock_mhz));
  const double core_pj = ppa.energy_pj_per_cycle() * static_cast<double>(slow.cycles.at("total"));
  CHECK(slow.values[kJPerToken] > core_pj * 1e-12);
  double sum = 0;
  for (const auto& [component, pj] : slow.energy_pj) sum += pj;
  CHECK(slow.values[kJPerToken] == Approx(sum * 1e-12));
  const Outcome fast = evaluator.evaluate(Choice{1});
  CHECK(fast.status == Status::kInfeasible);
  CHECK_THAT(fast.error, Catch::Contains("clock_mhz: given 400"));
}

TEST_CASE("the best of a front come in the order of its first objective") {
  const test::TemporaryDirectory directory;
  const Space space = plain_space();
  Store store(directory.file("s"), Store::Open::kCreate, {space.hash, "grid", 1});
  LocalEngine engine(store, made_up, {});
  engine.run(planned_tasks(space, {}));
  const SweepSummary summary = summarise(store, space);
  REQUIRE(summary.front.size() > 3);
  const std::vector<Task> best = best_of_front(store, space, summary, 3);
  REQUIRE(best.size() == 3);
  double last = INFINITY;
  for (const Task& task : best) {
    CHECK(store.load(task.id).choice == task.choice);
    CHECK(store.load(task.id).outcome.values[kTokensPerS] <= last);
    last = store.load(task.id).outcome.values[kTokensPerS];
  }
  for (const std::uint64_t id : summary.front)
    CHECK(store.load(id).outcome.values[kTokensPerS] <= store.load(best[0].id).outcome.values[kTokensPerS]);
  CHECK(best_of_front(store, space, summary, 1000).size() == summary.front.size());
}

TEST_CASE("the export holds every point and the description of one adds up to its pass") {
  const test::TemporaryDirectory directory;
  const Space space = edge_space();
  Evaluator evaluator(space, "none");
  Store store(directory.file("points.sqlite"), Store::Open::kCreate, {space.hash, "grid", 1});
  LocalEngine engine(store, [&](const Choice& c) { return evaluator.evaluate(c); }, {});
  engine.run(planned_tasks(space, {}));
  const SweepSummary summary = summarise(store, space);
  export_sweep(store, summary, evaluator, "local", directory.file("sweep.json"));
  CHECK(summary.ok == 8);
  const nlohmann::json document = nlohmann::json::parse(read_file(directory.file("sweep.json")));
  REQUIRE(document.at("points").size() == 8);
  CHECK(document.at("front").size() == summary.front.size());
  CHECK(document.at("references").at(0).at("name") == "edge_w2a8");
  CHECK(document.at("points").at(3).at("parameters").at("array.columns") == 8);
  CHECK(document.at("points").at(3).at("parameters").at("array.adder") == "ripple");
  CHECK_FALSE(document.at("points").at(3).contains("synthesised"));
  // A point that the real flow priced carries what it found.
  Store synthesised(directory.file("front.sqlite"), Store::Open::kCreate, {space.hash, "front", 1});
  Outcome priced = store.load(3).outcome;
  priced.values[kAreaMm2] = 1.25;
  synthesised.add({{3, store.load(3).choice, priced}});
  export_sweep(store, summary, evaluator, "local", directory.file("again.json"), &synthesised);
  const nlohmann::json again = nlohmann::json::parse(read_file(directory.file("again.json")));
  CHECK(again.at("points").at(3).at("synthesised").at("area_mm2") == 1.25);
  const nlohmann::json description = describe_point(store, evaluator, 7);
  const nlohmann::json& last = description.at("timeline").back();
  const double seconds = last.at("begin_s").get<double>() + last.at("seconds").get<double>();
  CHECK(1 / seconds == Approx(store.load(7).outcome.values[kTokensPerS]));
}

}  // namespace
}  // namespace lutra::sweep
