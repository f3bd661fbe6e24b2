// Interleaved repetitions: bounds, then every case, then again.
#include "kernels/bench/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <random>

#include "isa/error.h"
#include "kernels/kernel_set.h"

namespace lutra::kernels {
namespace {

void fill_codes(std::vector<std::uint8_t>& codes) {
  std::uint32_t state = 1;
  for (auto& code : codes) {
    state = state * 1664525 + 1013904223;
    code = static_cast<std::uint8_t>(state >> 24);
  }
}

void fill_activations(std::vector<std::int8_t>& activations) {
  for (std::size_t i = 0; i < activations.size(); ++i) activations[i] = static_cast<std::int8_t>(static_cast<int>(i * 37 % 255) - 127);
}

Plan copy_of(const Plan& plan) { return Plan(std::make_unique<PlanData>(plan.data())); }

constexpr double kOtherLoad = 0.08;    // of a processor, that a repetition may share the machine with
constexpr double kBoundChange = 0.15;  // by which the read bandwidth may differ before and after a repetition
constexpr int kAttempts = 3;           // tries for each repetition that is wanted

struct Repetition {
  double seconds = 0;  // of a call, median
  double bound = 0;    // operations a second
  bool disturbed = false;
};

/// A case with its plans and operands.
struct Prepared {
  BenchCase what;
  std::vector<Plan> plans;
  std::vector<std::int8_t> activations;
  std::vector<float> output;
  std::vector<Repetition> repetitions;
  std::size_t next = 0;

  [[nodiscard]] int undisturbed() const {
    return static_cast<int>(std::count_if(repetitions.begin(), repetitions.end(), [](const Repetition& r) { return !r.disturbed; }));
  }
};

Prepared prepare(const BenchCase& what, std::size_t cold_bytes) {
  Prepared p;
  p.what = what;
  PlanOptions options;
  options.dense_ternary = what.weights.dense;
  options.family = what.family;
  options.target = what.target;
  options.batch = what.batch;
  p.plans.push_back(random_plan(what.weights, what.outputs, what.depth, options));
  const std::size_t copies = what.cold ? cold_bytes / p.plans[0].bytes() + 2 : 1;
  while (p.plans.size() < copies) p.plans.push_back(copy_of(p.plans[0]));
  std::mt19937 random(2);
  p.activations.resize(static_cast<std::size_t>(what.batch) * static_cast<std::size_t>(what.depth));
  for (auto& a : p.activations) a = static_cast<std::int8_t>(random() & 255);
  p.output.resize(static_cast<std::size_t>(what.batch) * static_cast<std::size_t>(what.outputs));
  return p;
}

double operations(const BenchCase& what) { return 2.0 * what.outputs * what.depth * what.batch; }

/// Operations a second that the bounds allow, and which of them is the lower one.
std::pair<double, const char*> bound_of(const BenchCase& what, double bits_per_weight, const Bounds& bounds) {
  const double peak = 2 * bounds.multiply_adds_per_s * what.threads;
  const double read = what.cold ? 16 * bounds.read_bytes_per_s / bits_per_weight * what.batch : peak;
  return read < peak ? std::pair{read, "read bandwidth"} : std::pair{peak, "multiply-add peak"};
}

/// Seconds of a call, median of as many as the time allows.
double time_calls(Prepared& p, double budget) {
  std::vector<double> seconds;
  const double start = wall_seconds();
  double now = start;
  do {
    const Plan& plan = p.plans[p.next++ % p.plans.size()];
    const double before = wall_seconds();
    mpgemm(plan, {ValueType::kInt8, p.activations.data(), p.what.batch, 0, {}}, {ValueType::kFp32, p.output.data(), 0}, p.what.threads);
    now = wall_seconds();
    seconds.push_back(now - before);
  } while (now - start < budget || seconds.size() < 3);
  return median(seconds);
}

bool differ(const Bounds& a, const Bounds& b) {
  return std::fabs(a.read_bytes_per_s / b.read_bytes_per_s - 1) > kBoundChange ||
         std::fabs(a.multiply_adds_per_s / b.multiply_adds_per_s - 1) > kBoundChange;
}

Bounds mean(const Bounds& a, const Bounds& b) {
  return {(a.read_bytes_per_s + b.read_bytes_per_s) / 2, (a.multiply_adds_per_s + b.multiply_adds_per_s) / 2};
}

BenchResult result_of(const Prepared& p, const Bounds& bounds, int wanted) {
  BenchResult r;
  const Plan& plan = p.plans[0];
  r.what = p.what;
  r.family = plan.family();
  r.target = plan.target();
  r.bits_per_weight = plan.bits_per_weight();
  r.disturbed = p.undisturbed() < std::max(1, wanted / 2);
  std::vector<double> seconds, bound, percent;
  for (const Repetition& repetition : p.repetitions) {
    if (repetition.disturbed && !r.disturbed) continue;
    seconds.push_back(repetition.seconds);
    bound.push_back(repetition.bound);
    percent.push_back(100 * operations(p.what) / repetition.seconds / repetition.bound);
  }
  r.repetitions = static_cast<int>(seconds.size());
  r.dropped = static_cast<int>(p.repetitions.size() - seconds.size());
  r.seconds = median(seconds);
  r.gops = operations(p.what) / r.seconds / 1e9;
  r.weight_gbytes_per_s = static_cast<double>(plan.bytes()) / r.seconds / 1e9;
  r.bound_gops = median(bound) / 1e9;
  r.bound = bound_of(p.what, r.bits_per_weight, bounds).second;
  r.percent_of_bound = median(percent);
  return r;
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

BenchWeights parse_bench_weights(const std::string& name) {
  BenchWeights w;
  w.name = name;
  std::string kind = name;
  const std::size_t cut = name.find("_g");
  bool sound = true;
  if (cut != std::string::npos) {
    const char* end = name.data() + name.size();
    const auto [stop, code] = std::from_chars(name.data() + cut + 2, end, w.group);
    sound = code == std::errc() && stop == end && w.group > 0;
    kind = name.substr(0, cut);
  }
  if (kind == "ternary" || kind == "ternary_dense") {
    w.type.planes = 2;
    w.dense = kind == "ternary_dense";
  } else if (kind.size() == 2 && kind[0] == 'w' && kind[1] >= '1' && kind[1] <= '8') {
    w.type.planes = kind[1] - '0';
    for (int p = 0; p < w.type.planes; ++p) w.type.shifts[static_cast<std::size_t>(p)] = static_cast<std::uint8_t>(p);
    if (w.type.planes > 1) {
      w.type.zero_mode = ZeroMode::kConstant;
      w.type.zero = 1;
    }
  } else {
    sound = false;
  }
  if (!sound)
    throw Error(
        fmt::format("weights '{}' are not known; allowed are w1 to w8, ternary and ternary_dense, each with _gN for groups of N", name));
  return w;
}

Plan random_plan(const BenchWeights& weights, int outputs, int depth, const PlanOptions& options) {
  const auto n = static_cast<std::size_t>(outputs), k = static_cast<std::size_t>(depth);
  std::vector<std::uint8_t> codes(n * k);
  fill_codes(codes);
  const std::size_t groups =
      weights.group == 0 ? 1 : (k + static_cast<std::size_t>(weights.group) - 1) / static_cast<std::size_t>(weights.group);
  const std::vector<float> scales(weights.group == 0 ? 1 : groups * n, 0.5F);
  return make_plan({outputs, depth, weights.type, weights.group, codes, scales, {}, {}}, options);
}

Bench::Bench(BenchSettings settings)
    : settings_(std::move(settings)),
      probe_(last_level_cache_bytes()),
      cold_bytes_(std::max(std::size_t{1} << 29, 2 * last_level_cache_bytes())) {}

Bounds Bench::measure_bounds(Target target) {
  const Bounds bounds{probe_.fastest(target), peak_multiply_adds(target)};
  taken_.emplace_back(target, bounds);
  return bounds;
}

Bounds Bench::bounds(Target target) const {
  std::vector<double> reads, peaks;
  for (const auto& [of, bounds] : taken_) {
    if (of != target) continue;
    reads.push_back(bounds.read_bytes_per_s);
    peaks.push_back(bounds.multiply_adds_per_s);
  }
  return {median(reads), median(peaks)};
}

std::vector<BenchResult> Bench::run(const std::vector<BenchCase>& cases) {
  std::vector<Prepared> prepared;
  for (const BenchCase& what : cases) prepared.push_back(prepare(what, cold_bytes_));
  for (int round = 0; round < settings_.repetitions * kAttempts; ++round) {
    for (Prepared& p : prepared) {
      if (p.undisturbed() == settings_.repetitions) continue;
      if (settings_.progress) settings_.progress(fmt::format("{} batch {}", p.what.weights.name, p.what.batch));
      const Target target = p.plans[0].target();
      OtherLoad load;
      const Bounds before = measure_bounds(target);
      const double seconds = time_calls(p, settings_.seconds_per_repetition);
      const Bounds after = measure_bounds(target);
      const bool disturbed = load.share() > kOtherLoad || differ(before, after);
      p.repetitions.push_back({seconds, bound_of(p.what, p.plans[0].bits_per_weight(), mean(before, after)).first, disturbed});
    }
  }
  std::vector<BenchResult> results;
  for (const Prepared& p : prepared) results.push_back(result_of(p, bounds(p.plans[0].target()), settings_.repetitions));
  return results;
}

namespace {

/// The plans of a model, each with memory of its own.
struct PlannedModel {
  PlannedModel(const std::vector<Projection>& projections, Target target) {
    for (const Projection& p : projections) {
      PlanOptions options;
      options.dense_ternary = p.weights.dense;
      options.target = target;
      plans.push_back(random_plan(p.weights, p.outputs, p.depth, options));
      for (int i = 1; i < p.count; ++i) plans.push_back(copy_of(plans.back()));
      bytes += static_cast<double>(plans.back().bytes()) * p.count;
      output.resize(std::max(output.size(), static_cast<std::size_t>(p.outputs)));
      activations.resize(std::max(activations.size(), static_cast<std::size_t>(p.depth)));
    }
    fill_activations(activations);
  }
  double step(int threads) {
    const double start = wall_seconds();
    for (const Plan& plan : plans)
      mpgemm(plan, {ValueType::kInt8, activations.data(), 1, 0, {}}, {ValueType::kFp32, output.data(), 0}, threads);
    return wall_seconds() - start;
  }

  std::vector<Plan> plans;
  std::vector<std::int8_t> activations;
  std::vector<float> output;
  double bytes = 0;
};

ModelTime time_steps(PlannedModel& model, int threads, int repetitions, const ReadProbe& probe) {
  const Target target = model.plans.front().target();
  model.step(threads);  // the first one after the weights were written takes several times as long: not what decoding is like
  std::vector<double> all, seconds, all_percent, percent;
  for (int i = 0; i < repetitions * kAttempts && static_cast<int>(seconds.size()) < repetitions; ++i) {
    OtherLoad load;
    const double read = probe.fastest(target);
    all.push_back(model.step(threads));
    all_percent.push_back(100 * model.bytes / read / all.back());
    if (load.share() > kOtherLoad) continue;
    seconds.push_back(all.back());
    percent.push_back(all_percent.back());
  }
  const bool disturbed = static_cast<int>(seconds.size()) < std::max(1, repetitions / 2);
  return {target, threads, median(disturbed ? all : seconds), model.bytes / 1e9, median(disturbed ? all_percent : percent), disturbed};
}

}  // namespace

std::vector<ModelTime> time_model(const std::vector<Projection>& projections, Target target, const std::vector<int>& threads,
                                  int repetitions, const ReadProbe& probe) {
  PlannedModel model(projections, target);
  std::vector<ModelTime> times;
  for (const int count : threads) times.push_back(time_steps(model, count, repetitions, probe));
  return times;
}

double time_unplanned(const std::vector<Projection>& projections, int repetitions) {
  std::vector<double> seconds(static_cast<std::size_t>(repetitions));
  for (const Projection& p : projections) {
    std::vector<std::uint8_t> codes(static_cast<std::size_t>(p.outputs) * static_cast<std::size_t>(p.depth));
    fill_codes(codes);
    std::vector<std::int8_t> activations(static_cast<std::size_t>(p.depth));
    fill_activations(activations);
    GemmOperands operands{1, p.outputs, p.depth, p.weights.type, activations, codes, p.weights.group, {}};
    for (double& total : seconds) {
      const double start = wall_seconds();
      for (int i = 0; i < p.count; ++i) mpgemm_unplanned(operands);
      total += wall_seconds() - start;
    }
  }
  return median(seconds);
}

}  // namespace lutra::kernels
