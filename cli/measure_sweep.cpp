// Runs a sweep into a directory of its own and times it.
#include "cli/measure_sweep.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "cli/inputs.h"
#include "cli/progress.h"
#include "sim/process/process.h"
#include "sim/sweep/export.h"

namespace lutra::cli {
namespace {

/// One point in forty is a pass that no other has: the others differ in what changes price or energy but no cycle.
constexpr const char* kSpace = R"(name: measured
base: edge_w2a8
parameters:
  array.rows: [1, 2]
  array.columns: [8, 16]
  array.tables_per_lane: [4, 8]
  table.builder_tables: [1, 2]
  buffer.weight_words: [256, 512]
  control.queue_depth: [2, 4]
  axi.outstanding_reads: {from: 4, to: 8, step: 1}
  memory.bandwidth_gb_s: {from: 3.2, to: 7.9, step: 0.3}
  array.decoder: [column, lane]
  array.adder: [carry_save, ripple]
  memory.energy_pj_per_bit: {from: 1, to: 10, step: 1}
workloads:
  - {model: bitnet_b158_2b4t, phase: decode, context: 512}
objectives: [tokens_per_s, array_macs, sram_kib]
)";

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

nlohmann::json measure_sweep(std::uint64_t seed) {
  const char* command = "scripts/measure sweep";
  const auto threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const sweep::Space space = sweep::parse_space(kSpace, "measured", load_arch, "");
  ScratchDirectory directory(cache_directory());
  sweep::Store store(directory.path() + "/points.sqlite", sweep::Store::Open::kCreate, {space.hash, "grid", seed});
  sweep::Evaluator evaluator(space, "");
  const auto start = std::chrono::steady_clock::now();
  const std::vector<sweep::Task> tasks = sweep::planned_tasks(space, {});
  Progress progress("measure sweep");
  sweep::EngineOptions options;
  options.jobs = threads;
  options.progress = [&](std::uint64_t done) { progress.update(static_cast<double>(done) / static_cast<double>(tasks.size())); };
  sweep::LocalEngine engine(
      store, [&](const sweep::Choice& choice) { return evaluator.evaluate(choice); }, options);
  engine.run(tasks);
  const double swept = seconds_since(start);
  const sweep::SweepSummary summary = sweep::summarise(store, space);
  sweep::export_sweep(store, summary, evaluator, "local", directory.path() + "/sweep.json");
  const double seconds = seconds_since(start);
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const double mib = static_cast<double>(usage.ru_maxrss) / 1024;
  nlohmann::json rows = nlohmann::json::array();
  rows.push_back(
      {{"name", "grid of 204,800 points, export included"}, {"value", seconds}, {"unit", "s"}, {"at_most", 100}, {"command", command}});
  rows.push_back({{"name", "points a second and core, 1 in 40 simulated"},
                  {"value", static_cast<double>(summary.points) / swept / threads},
                  {"unit", "1/s"},
                  {"at_least", 2000},
                  {"command", command}});
  rows.push_back({{"name", "simulated passes a second and core"},
                  {"value", static_cast<double>(evaluator.timings()) / swept / threads},
                  {"unit", "1/s"},
                  {"command", command}});
  rows.push_back({{"name", "peak memory of that"}, {"value", mib}, {"unit", "MiB"}, {"at_most", 1024}, {"command", command}});
  return {{"points", summary.points}, {"ok", summary.ok}, {"timings", evaluator.timings()}, {"threads", threads}, {"rows", rows}};
}

}  // namespace lutra::cli
