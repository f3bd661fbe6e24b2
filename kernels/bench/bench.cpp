// Interleaved repetitions: bounds, then every case, then again.
#include "kernels/bench/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <random>

#include "isa/error.h"
#include "kernels/kernel_set.h"

namespace lutra::kernels {
namespace {

Plan copy_of(const Plan& plan) { return Plan(std::make_unique<PlanData>(plan.data())); }

/// A case with its plans and operands.
struct Prepared {
  BenchCase what;
  std::vector<Plan> plans;
  std::vector<std::int8_t> activations;
  std::vector<float> output;
  std::vector<double> seconds, percent, bound;
  double cpu = 0, wall = 0;
  std::size_t next = 0;
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

void repeat(Prepared& p, const Bounds& bounds, double budget) {
  std::vector<double> seconds;
  const Clock start = Clock::now();
  Clock now = start;
  do {
    const Plan& plan = p.plans[p.next++ % p.plans.size()];
    const Clock before = Clock::now();
    mpgemm(plan, {ValueType::kInt8, p.activations.data(), p.what.batch, 0, {}}, {ValueType::kFp32, p.output.data(), 0}, p.what.threads);
    now = Clock::now();
    seconds.push_back(now.wall - before.wall);
  } while (now.wall - start.wall < budget || seconds.size() < 3);
  p.wall += now.wall - start.wall;
  p.cpu += now.cpu - start.cpu;
  const double call = median(seconds);
  const auto [bound, name] = bound_of(p.what, p.plans[0].bits_per_weight(), bounds);
  p.seconds.push_back(call);
  p.bound.push_back(bound);
  p.percent.push_back(100 * operations(p.what) / call / bound);
}

BenchResult result_of(const Prepared& p, const Bounds& bounds) {
  BenchResult r;
  const Plan& plan = p.plans[0];
  r.what = p.what;
  r.family = plan.family();
  r.target = plan.target();
  r.bits_per_weight = plan.bits_per_weight();
  r.seconds = median(p.seconds);
  r.gops = operations(p.what) / r.seconds / 1e9;
  r.weight_gbytes_per_s = static_cast<double>(plan.bytes()) / r.seconds / 1e9;
  r.bound_gops = median(p.bound) / 1e9;
  r.bound = bound_of(p.what, r.bits_per_weight, bounds).second;
  r.percent_of_bound = median(p.percent);
  r.cpu_share = p.what.threads == 1 ? p.cpu / p.wall : 1;
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
  std::uint32_t state = 1;
  for (auto& code : codes) {
    state = state * 1664525 + 1013904223;
    code = static_cast<std::uint8_t>(state >> 24);
  }
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
  for (int repetition = 0; repetition < settings_.repetitions; ++repetition) {
    for (Prepared& p : prepared) {
      if (settings_.progress)
        settings_.progress(
            fmt::format("{} batch {}: repetition {} of {}", p.what.weights.name, p.what.batch, repetition + 1, settings_.repetitions));
      repeat(p, measure_bounds(p.plans[0].target()), settings_.seconds_per_repetition);
    }
  }
  std::vector<BenchResult> results;
  for (const Prepared& p : prepared) results.push_back(result_of(p, bounds(p.plans[0].target())));
  return results;
}

ModelTime time_model(const std::vector<Projection>& projections, int threads, int repetitions, const ReadProbe& probe) {
  std::vector<Plan> plans;
  std::size_t bytes = 0;
  int widest = 1, deepest = 1;
  for (const Projection& p : projections) {
    PlanOptions options;
    options.dense_ternary = p.weights.dense;
    plans.push_back(random_plan(p.weights, p.outputs, p.depth, options));
    for (int i = 1; i < p.count; ++i) plans.push_back(copy_of(plans.back()));
    bytes += plans.back().bytes() * static_cast<std::size_t>(p.count);
    widest = std::max(widest, p.outputs);
    deepest = std::max(deepest, p.depth);
  }
  std::vector<std::int8_t> activations(static_cast<std::size_t>(deepest));
  for (std::size_t i = 0; i < activations.size(); ++i) activations[i] = static_cast<std::int8_t>(static_cast<int>(i * 37 % 255) - 127);
  std::vector<float> output(static_cast<std::size_t>(widest));
  std::vector<double> seconds, percent;
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    const double read = probe.fastest(Target::kAuto);
    const double start = Clock::now().wall;
    for (const Plan& plan : plans)
      mpgemm(plan, {ValueType::kInt8, activations.data(), 1, 0, {}}, {ValueType::kFp32, output.data(), 0}, threads);
    seconds.push_back(Clock::now().wall - start);
    percent.push_back(100 * static_cast<double>(bytes) / read / seconds.back());
  }
  return {median(seconds), static_cast<double>(bytes) / 1e9, median(percent)};
}

}  // namespace lutra::kernels
