// pagmo's NSGA-II (Deb et al., IEEE Trans. Evol. Comp. 6(2), 2002) and hypervolume.
#include "sim/sweep/pagmo/module.h"

#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/bfe.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <pagmo/utils/hypervolume.hpp>

namespace {

using lutra::sweep::Nsga2Problem;
using pagmo::vector_double;

/// pagmo copies problems and makes empty ones: what they work on lies outside.
struct Problem {
  const Nsga2Problem* given = nullptr;

  [[nodiscard]] vector_double evaluate(const vector_double& genes) const {
    const std::size_t points = genes.size() / given->genes;
    vector_double fitness(points * given->objectives);
    given->evaluate(given->context, genes.data(), points, fitness.data());
    return fitness;
  }
  [[nodiscard]] vector_double fitness(const vector_double& genes) const { return evaluate(genes); }
  /// Genes are real numbers, rounded to an index: pagmo breeds integer genes without regard to their order, and values of a parameter are
  /// in order, so that what is near a good point is worth a look.
  [[nodiscard]] std::pair<vector_double, vector_double> get_bounds() const {
    std::pair<vector_double, vector_double> bounds;
    if (given == nullptr) return {{0}, {1}};
    for (std::size_t i = 0; i < given->genes; ++i) {
      bounds.first.push_back(-0.5);
      bounds.second.push_back(given->last[i] + 0.5);
    }
    return bounds;
  }
  [[nodiscard]] vector_double::size_type get_nobj() const { return given != nullptr ? given->objectives : 2; }
  template <typename Archive>
  void serialize(Archive&, unsigned) {}
};

struct Batch {
  Problem problem;

  vector_double operator()(const pagmo::problem&, const vector_double& genes) const { return problem.evaluate(genes); }
  template <typename Archive>
  void serialize(Archive&, unsigned) {}
};

void nsga2(const Nsga2Problem& given) {
  const Problem problem{&given};
  const pagmo::bfe batch{Batch{problem}};
  pagmo::nsga2 nsga2(static_cast<unsigned>(given.generations), 0.95, 10, 1.0 / static_cast<double>(given.genes), 20, given.seed);
  nsga2.set_bfe(batch);
  pagmo::population population(pagmo::problem{problem}, batch, given.population, given.seed);
  pagmo::algorithm{nsga2}.evolve(population);
}

double hypervolume(const std::vector<vector_double>& points, const vector_double& reference) {
  return pagmo::hypervolume(points, true).compute(reference);
}

}  // namespace

const lutra::sweep::Pagmo lutra_pagmo = {nsga2, hypervolume};
