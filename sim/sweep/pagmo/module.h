// What sweeps use of pagmo, in a module that is loaded when it is first needed: loading pagmo takes longer than many a command works.
#pragma once

#include <cstddef>
#include <vector>

namespace lutra::sweep {

/// Genes are real numbers from -0.5 to `last` + 0.5 each; every objective is to be minimised.
struct Nsga2Problem {
  std::size_t genes = 0;
  const double* last = nullptr;  // [genes] the largest index of each
  std::size_t objectives = 0;
  std::size_t population = 0;  // a multiple of 4, at least 8
  std::size_t generations = 0;
  unsigned seed = 0;
  void* context = nullptr;
  /// Evaluates a generation as a whole: genes [points x genes], fitness [points x objectives]. May throw.
  void (*evaluate)(void* context, const double* genes, std::size_t points, double* fitness) = nullptr;
};

/// The functions of the module.
struct Pagmo {
  /// Runs a search to its last generation. The sequence of points depends on the problem, its seed and the fitness alone.
  void (*nsga2)(const Nsga2Problem& problem) = nullptr;
  /// Of what is between the points and `reference`; all costs are to be minimised.
  double (*hypervolume)(const std::vector<std::vector<double>>& points, const std::vector<double>& reference) = nullptr;
};

/// Loads the module at the first call. Throws Error with the reason where that fails.
const Pagmo& pagmo_module();

}  // namespace lutra::sweep

extern "C" const lutra::sweep::Pagmo lutra_pagmo;
