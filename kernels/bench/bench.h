// Measures the kernels beside what the machine can do at most, in one run.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kernels/bench/machine.h"
#include "kernels/mpgemm.h"

namespace lutra::kernels {

/// One kind of weights, by the names of the command line: w1 to w8, ternary, ternary_dense; `_g128` for groups.
struct BenchWeights {
  std::string name;
  PlaneType type;
  int group = 0;
  bool dense = false;
};
/// Throws Error that lists what is allowed.
BenchWeights parse_bench_weights(const std::string& name);

struct BenchCase {
  BenchWeights weights;
  int outputs = 4096;
  int depth = 4096;
  int batch = 1;
  bool cold = true;  // weights come from memory: copies of the plan larger than every cache take turns
  int threads = 1;
  Family family = Family::kAuto;
  Target target = Target::kAuto;
};

struct BenchResult {
  BenchCase what;
  Family family = Family::kAuto;
  Target target = Target::kAuto;
  double bits_per_weight = 0;
  double seconds = 0;  // of a call, median
  double gops = 0;     // 2 x multiply-adds a second
  double weight_gbytes_per_s = 0;
  double bound_gops = 0;        // median over repetitions
  std::string bound;            // "read bandwidth" or "multiply-add peak": the lower one
  double percent_of_bound = 0;  // median over repetitions of both measured in the same one
  int repetitions = 0;          // that count
  int dropped = 0;              // repeated because something else ran or the read bandwidth changed meanwhile
  bool disturbed = false;       // too few repetitions were undisturbed, so all count: the figures say little
};

struct BenchSettings {
  int repetitions = 7;  // undisturbed ones; at most three times as many are tried
  double seconds_per_repetition = 0.15;
  std::function<void(const std::string&)> progress;  // told what is being measured
};

/// Bounds, measured beside a repetition.
struct Bounds {
  double read_bytes_per_s = 0;
  double multiply_adds_per_s = 0;
};

class Bench {
 public:
  explicit Bench(BenchSettings settings = {});
  /// Measures cases in turns, repetition by repetition, each between two measurements of the bounds.
  std::vector<BenchResult> run(const std::vector<BenchCase>& cases);
  /// Median of all bounds taken so far for a target.
  [[nodiscard]] Bounds bounds(Target target) const;
  [[nodiscard]] const ReadProbe& probe() const { return probe_; }
  /// Bytes of plan copies that a cold case goes through.
  [[nodiscard]] std::size_t cold_bytes() const { return cold_bytes_; }

 private:
  Bounds measure_bounds(Target target);

  BenchSettings settings_;
  ReadProbe probe_;
  std::size_t cold_bytes_;
  std::vector<std::pair<Target, Bounds>> taken_;
};

double median(std::vector<double> values);

/// A plan of random weights.
Plan random_plan(const BenchWeights& weights, int outputs, int depth, const PlanOptions& options);

/// `count` equal projections of a model.
struct Projection {
  std::string name;
  int outputs = 0;
  int depth = 0;
  int count = 1;
  BenchWeights weights;
};

struct ModelTime {
  Target target = Target::kAuto;
  int threads = 1;
  double seconds = 0;  // of all projections of one token, median of the repetitions
  double gbytes = 0;   // of packed weights
  double percent_of_read_bound = 0;
  bool disturbed = false;
};

/// Runs every projection of every layer at batch 1, each with weights of its own (copies of one random matrix a shape), once for each
/// number of threads.
std::vector<ModelTime> time_model(const std::vector<Projection>& projections, Target target, const std::vector<int>& threads,
                                  int repetitions, const ReadProbe& probe);

/// Seconds that mpgemm_unplanned takes for every projection of every layer at batch 1: what simulation with values and co-simulation
/// spend on the right answers of a decode step. Median of the repetitions.
double time_unplanned(const std::vector<Projection>& projections, int repetitions);

}  // namespace lutra::kernels
