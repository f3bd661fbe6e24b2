// A sweep by NSGA-II: genes to points and results to fitness, around pagmo, which breeds. Generations are evaluated as a whole by the
// engine, so that their points run on all cores.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "sim/sweep/pagmo/module.h"
#include "sim/sweep/search.h"

namespace lutra::sweep {
namespace {

/// What the points of a search are drawn from, run on and found in.
struct Search {
  const Space& space;
  Engine& engine;
  const Store& store;
  std::uint64_t next_id = 0;
  std::set<Choice> numbered;

  [[nodiscard]] Choice choice_of(const double* genes) const {
    Choice choice;
    for (std::size_t i = 0; i < space.parameters.size(); ++i) {
      const auto last = static_cast<double>(space.parameters[i].values.size() - 1);
      choice.push_back(static_cast<std::uint16_t>(std::clamp(std::round(genes[i]), 0.0, last)));
    }
    return choice;
  }

  /// Evaluates what is new among `choices`, numbered in their order.
  void evaluate(const std::vector<Choice>& choices) {
    std::vector<Task> tasks;
    for (const Choice& choice : choices)
      if (belongs(space, choice) && numbered.insert(choice).second) tasks.push_back({next_id++, choice});
    engine.run(tasks);
  }

  /// To be minimised. What is infeasible lies behind everything that is not, and further the more it breaks.
  [[nodiscard]] std::vector<double> fitness(const Choice& choice) const {
    constexpr double kBehind = 1e30;
    const StoredPoint* point = store.find(choice);
    if (point == nullptr) return std::vector<double>(space.objectives.size(), 2 * kBehind);
    const Outcome& outcome = point->outcome;
    if (outcome.status != Status::kOk) return std::vector<double>(space.objectives.size(), kBehind * (1 + broken(outcome)));
    std::vector<double> fitness;
    for (const std::string& name : space.objectives) {
      const double value = outcome.values[metric_index(name)];
      fitness.push_back(find_metric(name)->maximise ? -value : value);
    }
    return fitness;
  }

 private:
  /// Between 0 and 1.
  [[nodiscard]] double broken(const Outcome& outcome) const {
    double sum = 0;
    for (const Constraint& c : space.constraints) {
      const double value = outcome.values[metric_index(c.name)];
      const double over = c.at_most ? value - c.value : c.value - value;
      if (over > 0) sum += over / (std::abs(c.value) + over);
    }
    return sum / (1 + sum);
  }
};

void evaluate_generation(void* context, const double* genes, std::size_t points, double* fitness) {
  Search& search = *static_cast<Search*>(context);
  std::vector<Choice> choices;
  for (std::size_t i = 0; i < points; ++i) choices.push_back(search.choice_of(genes + i * search.space.parameters.size()));
  search.evaluate(choices);
  for (const Choice& choice : choices)
    for (const double f : search.fitness(choice)) *fitness++ = f;
}

}  // namespace

void run_nsga2(const Space& space, const SearchOptions& options, Engine& engine, const Store& store) {
  if (space.objectives.size() < 2) throw Error("objectives: given one, but nsga2 weighs two or more against each other");
  if (options.population < 8 || options.population % 4 != 0)
    throw Error(fmt::format("--population: given {}, allowed a multiple of 4, at least 8", options.population));
  Search search{space, engine, store, 0, {}};
  std::vector<double> last;
  for (const Parameter& p : space.parameters) last.push_back(static_cast<double>(p.values.size() - 1));
  const Nsga2Problem problem{.genes = last.size(),
                             .last = last.data(),
                             .objectives = space.objectives.size(),
                             .population = options.population,
                             .generations = options.generations,
                             .seed = static_cast<unsigned>(options.seed ^ (options.seed >> 32)),
                             .context = &search,
                             .evaluate = evaluate_generation};
  pagmo_module().nsga2(problem);
}

}  // namespace lutra::sweep
