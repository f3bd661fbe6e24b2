// NSGA-II by pagmo: generations are evaluated as a whole by the engine, so that their points run on all cores.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/bfe.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <set>

#include "sim/sweep/search.h"

namespace lutra::sweep {
namespace {

using pagmo::vector_double;

/// pagmo copies problems: what they work on is shared.
struct Shared {
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
  [[nodiscard]] vector_double fitness(const Choice& choice) const {
    constexpr double kBehind = 1e30;
    const StoredPoint* point = store.find(choice);
    if (point == nullptr) return vector_double(space.objectives.size(), 2 * kBehind);
    const Outcome& outcome = point->outcome;
    if (outcome.status != Status::kOk) return vector_double(space.objectives.size(), kBehind * (1 + broken(outcome)));
    vector_double fitness;
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

struct Problem {
  std::shared_ptr<Shared> shared;

  [[nodiscard]] vector_double fitness(const vector_double& genes) const {
    const Choice choice = shared->choice_of(genes.data());
    shared->evaluate({choice});
    return shared->fitness(choice);
  }
  /// Genes are real numbers, rounded to an index: pagmo breeds integer genes without regard to their order, and values of a parameter are
  /// in order, so that what is near a good point is worth a look.
  [[nodiscard]] std::pair<vector_double, vector_double> get_bounds() const {
    std::pair<vector_double, vector_double> bounds;
    if (!shared) return {{0}, {1}};
    for (const Parameter& p : shared->space.parameters) {
      bounds.first.push_back(-0.5);
      bounds.second.push_back(static_cast<double>(p.values.size()) - 0.5);
    }
    return bounds;
  }
  [[nodiscard]] vector_double::size_type get_nobj() const { return shared ? shared->space.objectives.size() : 2; }
  template <typename Archive>
  void serialize(Archive&, unsigned) {}
};

struct Batch {
  std::shared_ptr<Shared> shared;

  vector_double operator()(const pagmo::problem&, const vector_double& genes) const {
    const std::size_t count = shared->space.parameters.size();
    std::vector<Choice> choices;
    for (std::size_t i = 0; i < genes.size(); i += count) choices.push_back(shared->choice_of(&genes[i]));
    shared->evaluate(choices);
    vector_double all;
    for (const Choice& choice : choices)
      for (const double f : shared->fitness(choice)) all.push_back(f);
    return all;
  }
  template <typename Archive>
  void serialize(Archive&, unsigned) {}
};

}  // namespace

void run_nsga2(const Space& space, const SearchOptions& options, Engine& engine, const Store& store) {
  if (space.objectives.size() < 2) throw Error("objectives: given one, but nsga2 weighs two or more against each other");
  if (options.population < 8 || options.population % 4 != 0)
    throw Error(fmt::format("--population: given {}, allowed a multiple of 4, at least 8", options.population));
  const auto shared = std::make_shared<Shared>(Shared{space, engine, store, 0, {}});
  const auto seed = static_cast<unsigned>(options.seed ^ (options.seed >> 32));
  const pagmo::bfe batch{Batch{shared}};
  pagmo::nsga2 nsga2(static_cast<unsigned>(options.generations), 0.95, 10, 1.0 / static_cast<double>(space.parameters.size()), 20, seed);
  nsga2.set_bfe(batch);
  pagmo::population population(pagmo::problem{Problem{shared}}, batch, options.population, seed);
  pagmo::algorithm{nsga2}.evolve(population);
}

}  // namespace lutra::sweep
