// The strategies by name, NSGA-II by pagmo.
#include "sim/sweep/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/sweep/random.h"

namespace lutra::sweep {
namespace {

constexpr std::uint64_t kMaxGrid = 10'000'000;

class Plan {
 public:
  explicit Plan(const Space& space) : space_(space) {}
  /// Appends a choice that belongs to the space and is new.
  void add(Choice choice) {
    if (!belongs(space_, choice) || !seen_.insert(choice).second) return;
    tasks_.push_back({tasks_.size(), std::move(choice)});
  }
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }
  std::vector<Task> take() { return std::move(tasks_); }

 private:
  const Space& space_;
  std::set<Choice> seen_;
  std::vector<Task> tasks_;
};

std::vector<Task> grid(const Space& space) {
  const std::uint64_t size = space.grid_size();
  if (size > kMaxGrid) throw Error(fmt::format("the grid has {} points, allowed {}: search it with random, lhs or nsga2", size, kMaxGrid));
  std::vector<Task> tasks;
  for (std::uint64_t i = 0; i < size; ++i)
    if (Choice choice = grid_choice(space, i); belongs(space, choice)) tasks.push_back({tasks.size(), std::move(choice)});
  return tasks;
}

std::vector<Task> random_points(const Space& space, const SearchOptions& options) {
  Plan plan(space);
  // Conditions may leave little of the grid: a search that finds nothing new for long has found what there is.
  const std::size_t attempts = 100 * options.points;
  for (std::size_t i = 0; i < attempts && plan.size() < options.points; ++i) {
    Random random(options.seed, i);
    Choice choice;
    for (const Parameter& p : space.parameters) choice.push_back(static_cast<std::uint16_t>(random.below(p.values.size())));
    plan.add(std::move(choice));
  }
  return plan.take();
}

/// Every parameter's range is cut into as many equal parts as there are points, and every part is used once.
std::vector<Task> latin_hypercube(const Space& space, const SearchOptions& options) {
  std::vector<Choice> choices(options.points, Choice(space.parameters.size()));
  for (std::size_t d = 0; d < space.parameters.size(); ++d) {
    const std::vector<std::size_t> order = Random(options.seed, d).permutation(options.points);
    const std::size_t count = space.parameters[d].values.size();
    for (std::size_t i = 0; i < options.points; ++i) choices[i][d] = static_cast<std::uint16_t>(order[i] * count / options.points);
  }
  Plan plan(space);
  for (Choice& choice : choices) plan.add(std::move(choice));
  return plan.take();
}

}  // namespace

std::vector<std::string> search_names() { return {"grid", "random", "lhs", "nsga2"}; }

std::string SearchOptions::text() const {
  if (name == "grid") return name;
  return name == "nsga2" ? fmt::format("nsga2 {}x{}", population, generations) : fmt::format("{} {}", name, points);
}

std::vector<Task> planned_tasks(const Space& space, const SearchOptions& options) {
  if (options.name == "grid") return grid(space);
  if (options.name == "random") return random_points(space, options);
  if (options.name == "lhs") return latin_hypercube(space, options);
  throw Error(fmt::format("search: given {}, allowed grid, random, lhs{}", options.name, did_you_mean(options.name, search_names())));
}

void run_search(const Space& space, const SearchOptions& options, Engine& engine, const Store& store) {
  if (options.name == "nsga2") {
    run_nsga2(space, options, engine, store);
  } else {
    engine.run(planned_tasks(space, options));
  }
}

}  // namespace lutra::sweep
