// lutra sweep: evaluates a space of architectures and exports what came of it.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "isa/file.h"
#include "sim/sweep/export.h"
#include "sim/sweep/slurm.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string space, out, json, pdk = "../shared/pdk";
  bool resume = false;
  int jobs = 0;
  double timeout_s = 3600;
  std::string engine = "local";
  std::size_t tasks = 16;
  int shard = -1;
  std::size_t synthesise_front = 0;
  sweep::SearchOptions search;
};

double last_hypervolume(const sweep::SweepSummary& summary) { return summary.hypervolume.empty() ? 0 : summary.hypervolume.back().value; }

std::string describe(const sweep::Space& space, const sweep::SweepSummary& s, const sweep::Store& store) {
  std::string text = fmt::format("{} points: {} ok, {} infeasible, {} failed; {} on the front, hypervolume {:.4f}\n", s.points, s.ok,
                                 s.infeasible, s.failed, s.front.size(), last_hypervolume(s));
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < std::min(kShown, s.front.size()); ++i) {
    const sweep::StoredPoint point = store.load(s.front[i]);
    text += fmt::format("{:>8}", point.id);
    for (const std::string& name : space.objectives) {
      const std::size_t index = sweep::metric_index(name);
      text += fmt::format("  {} {:.5g} {}", name, point.outcome.values[index], sweep::metrics()[index].unit);
    }
    for (std::size_t p = 0; p < space.parameters.size(); ++p)
      text += fmt::format("  {}={}", space.parameters[p].name, sweep::value_of(space, point.choice, p));
    text += '\n';
  }
  if (s.front.size() > kShown) text += fmt::format("{:>8} more on the front\n", s.front.size() - kShown);
  return text;
}

/// Threads hang in points that were given up: nothing ends them but the end of the process.
int leave(std::size_t abandoned) {
  if (abandoned == 0) return 0;
  std::fflush(nullptr);
  std::_Exit(0);
}

sweep::EngineOptions engine_options(const Options& options) {
  sweep::EngineOptions engine;
  engine.jobs = options.jobs;
  engine.timeout_s = options.timeout_s;
  return engine;
}

/// What an array task does: one shard of the plan into a store of its own.
int run_shard(const Options& options, const sweep::Space& space, const sweep::StoreIdentity& identity) {
  const auto shard = static_cast<std::size_t>(options.shard);
  const sweep::Shards shards(options.out + "/shards");
  const std::vector<sweep::Task> tasks = shards.tasks(shard);
  sweep::Store store(shards.store_path(shard), sweep::Store::Open::kResume, identity);
  sweep::Evaluator evaluator(space, options.pdk);
  sweep::LocalEngine engine(
      store, [&](const sweep::Choice& choice) { return evaluator.evaluate(choice); }, engine_options(options));
  engine.run(tasks);
  return leave(engine.abandoned());
}

/// Space and options as an array task gets them: files by their absolute path, and of the space a copy, which nobody edits meanwhile.
std::vector<std::string> shard_command(const Options& options, const std::string& yaml) {
  const std::string out = std::filesystem::canonical(options.out).string();
  make_directory(out + "/shards");
  write_file_atomically(out + "/shards/space.yaml", yaml);
  const sweep::SearchOptions& s = options.search;
  return {std::filesystem::canonical("/proc/self/exe").string(),
          "sweep",
          "--space",
          out + "/shards/space.yaml",
          "--out",
          out,
          "--search",
          s.name,
          "--seed",
          std::to_string(s.seed),
          "--points",
          std::to_string(s.points),
          "--population",
          std::to_string(s.population),
          "--generations",
          std::to_string(s.generations),
          "--jobs",
          std::to_string(std::max(1, options.jobs)),
          "--point-timeout",
          fmt::format("{}", options.timeout_s),
          "--pdk",
          std::filesystem::absolute(options.pdk).string(),
          "--shard"};
}

std::unique_ptr<sweep::Engine> make_engine(const Options& options, const std::string& yaml, sweep::Store& store,
                                           sweep::Evaluator& evaluator, std::function<void(std::uint64_t)> progress) {
  if (options.engine == "slurm") {
    sweep::SlurmOptions slurm;
    slurm.directory = options.out + "/shards";
    slurm.command = shard_command(options, yaml);
    slurm.tasks = options.tasks;
    slurm.cpus = std::max(1, options.jobs);
    slurm.progress = std::move(progress);
    return std::make_unique<sweep::SlurmEngine>(store, slurm);
  }
  sweep::EngineOptions local = engine_options(options);
  local.progress = std::move(progress);
  return std::make_unique<sweep::LocalEngine>(
      store, [&evaluator](const sweep::Choice& choice) { return evaluator.evaluate(choice); }, local);
}

/// The best points of the front priced with the real flow into a store of their own, and the base beside them.
struct FrontPrices {
  std::unique_ptr<sweep::Store> store;
  std::vector<sweep::Task> tasks;
  sweep::Outcome base;
  std::size_t abandoned = 0;
};

FrontPrices synthesise_front(const Options& options, const sweep::Space& space, const sweep::SweepSummary& summary,
                             const sweep::Store& store) {
  FrontPrices front;
  front.tasks = best_of_front(store, space, summary, options.synthesise_front);
  front.store = std::make_unique<sweep::Store>(options.out + "/front.sqlite",
                                               options.resume ? sweep::Store::Open::kResume : sweep::Store::Open::kCreate,
                                               sweep::StoreIdentity{space.hash, "front", options.search.seed});
  sweep::Evaluator evaluator(space, options.pdk, true);
  std::future<sweep::Outcome> base = std::async(std::launch::async, [&] { return evaluator.evaluate(sweep::Point{space.base, 0, 0, ""}); });
  sweep::LocalEngine engine(
      *front.store, [&](const sweep::Choice& choice) { return evaluator.evaluate(choice); }, engine_options(options));
  engine.run(front.tasks);
  front.base = base.get();
  front.abandoned = engine.abandoned();
  return front;
}

nlohmann::json priced_json(const sweep::Outcome& outcome) {
  return {{"status", to_string(outcome.status)},
          {"error", outcome.error},
          {"tokens_per_s", outcome.values[sweep::kTokensPerS]},
          {"area_mm2", outcome.values[sweep::kAreaMm2]},
          {"j_per_token", outcome.values[sweep::kJPerToken]},
          {"best_clock_mhz", outcome.values[sweep::kBestClockMhz]}};
}

nlohmann::json front_json(const FrontPrices& front) {
  nlohmann::json points = nlohmann::json::array();
  for (const sweep::Task& task : front.tasks) {
    points.push_back(priced_json(front.store->find(task.choice)->outcome));
    points.back()["id"] = task.id;
  }
  return {{"base", priced_json(front.base)}, {"points", points}};
}

std::string describe_front(const sweep::Space& space, const FrontPrices& front) {
  std::string text = "synthesised, best of the front first (boundary core, SRAM left out, layout none, activity assumed):\n";
  const auto row = [](const std::string& name, const sweep::Outcome& o) {
    return fmt::format("{:>8}  {:.5g} tokens/s  {:.4g} mm2  {:.4g} J/token  {:.1f} MHz at best  {}\n", name, o.values[sweep::kTokensPerS],
                       o.values[sweep::kAreaMm2], o.values[sweep::kJPerToken], o.values[sweep::kBestClockMhz], o.error);
  };
  for (const sweep::Task& task : front.tasks) text += row(std::to_string(task.id), front.store->find(task.choice)->outcome);
  return text + row(space.base.name, front.base);
}

int run(const Options& options) {
  const std::string yaml = read_file(options.space);
  const sweep::Space space = sweep::parse_space(yaml, options.space, load_arch, options.pdk);
  const sweep::StoreIdentity identity{space.hash, options.search.text(), options.search.seed};
  if (options.shard >= 0) return run_shard(options, space, identity);
  const bool planned = options.search.name != "nsga2";
  const std::vector<sweep::Task> tasks = planned ? planned_tasks(space, options.search) : std::vector<sweep::Task>{};
  make_directory(options.out);
  sweep::Store store(options.out + "/points.sqlite", options.resume ? sweep::Store::Open::kResume : sweep::Store::Open::kCreate, identity);
  sweep::Evaluator evaluator(space, options.pdk);
  const std::size_t expected = planned ? tasks.size() : options.search.population * (options.search.generations + 1);
  const std::size_t before = store.size();
  sweep::SweepSummary summary;
  FrontPrices front;
  std::size_t abandoned = 0;
  {
    Progress progress(fmt::format("sweep {}", space.name));
    const std::unique_ptr<sweep::Engine> engine = make_engine(options, yaml, store, evaluator, [&](std::uint64_t evaluated) {
      progress.update(static_cast<double>(before + evaluated) / static_cast<double>(std::max<std::size_t>(1, expected)));
    });
    if (planned) {
      engine->run(tasks);
    } else {
      run_search(space, options.search, *engine, store);
    }
    abandoned = engine->abandoned();
    summary = summarise(store, space);
    if (options.synthesise_front > 0) front = synthesise_front(options, space, summary, store);
    export_sweep(store, summary, evaluator, options.engine, options.out + "/sweep.json", front.store.get());
  }
  nlohmann::json document = {{"points", summary.points},         {"ok", summary.ok},
                             {"failed", summary.failed},         {"front", summary.front},
                             {"infeasible", summary.infeasible}, {"hypervolume", last_hypervolume(summary)},
                             {"timings", evaluator.timings()},   {"space_hash", space.hash},
                             {"seed", options.search.seed},      {"lutra_version", LUTRA_VERSION}};
  std::string text = describe(space, summary, store);
  if (front.store) {
    document["synthesised"] = front_json(front);
    text += describe_front(space, front);
  }
  emit(options.json, document, text);
  return leave(abandoned + front.abandoned);
}

}  // namespace

void add_sweep(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("--space", options->space, "Space to sweep, YAML (docs/sweep.md)")->required();
  command.add_option("--out", options->out, "Directory for points.sqlite and sweep.json")->required();
  command.add_flag("--resume", options->resume, "Go on with what the directory holds");
  command.add_option("--search", options->search.name, "grid, random, lhs or nsga2")
      ->check(CLI::IsMember(sweep::search_names()))
      ->capture_default_str();
  command.add_option("--points", options->search.points, "Points of random and lhs")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command.add_option("--population", options->search.population, "Points of a generation of nsga2")
      ->check(CLI::Range(8, 100'000))
      ->capture_default_str();
  command.add_option("--generations", options->search.generations, "Generations of nsga2")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command.add_option("--engine", options->engine, "local: threads; slurm: a job array, which sbatch finds a cluster for")
      ->check(CLI::IsMember({"local", "slurm"}))
      ->capture_default_str();
  command.add_option("--array-tasks", options->tasks, "slurm: tasks of the job array at most")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command
      .add_option("--synthesise-front", options->synthesise_front, "Price that many points of the front, and the base, with the real flow")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command.add_option("--shard", options->shard, "What a task of the job array evaluates")->group("");
  command.add_option("--jobs", options->jobs, "Threads, with slurm of each array task; 0: all cores, with slurm one")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_option("--point-timeout", options->timeout_s, "Seconds after which a point is recorded as failed")
      ->check(CLI::Range(0.001, 1e7))
      ->capture_default_str();
  command.add_option("--pdk", options->pdk, "Folder that holds the libraries sky130 and asap7")->capture_default_str();
  add_seed_option(command, options->search.seed);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
