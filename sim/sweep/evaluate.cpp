// Traces, compiles, simulates and prices a point, and keeps what other points share.
#include "sim/sweep/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "gen/generator.h"
#include "isa/schema.h"
#include "sim/hardware/campaign.h"
#include "sim/system/fast.h"
#include "workloads/compile.h"
#include "workloads/model.h"

namespace lutra::sweep {
namespace {

/// Passes whose times a percentile is taken of.
constexpr int kLatencySamples = 21;

double tokens_of(const workloads::TraceRequest& request) {
  const std::int64_t each = request.phase == workloads::Phase::kPrefill ? request.seq : 1;
  return static_cast<double>(request.batch * each);
}

/// Fields that no cycle depends on, or that a cycle depends on only through a ratio.
bool beside_timing(std::string_view key) {
  constexpr std::string_view kKeys[] = {"name",          "description",           "status",
                                        "clock_mhz",     "memory.bandwidth_gb_s", "memory.latency_ns",
                                        "array.decoder", "array.adder",           "memory.energy_pj_per_bit"};
  return std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
}

std::string timing_key(const Point& point) {
  std::string key = fmt::format("{} {} {} ", point.workload, point.config.memory.bandwidth_gb_s / point.config.clock_mhz,
                                point.config.memory.latency_ns * point.config.clock_mhz);
  for (const SchemaField& field : schema())
    if (!beside_timing(field.key)) key += field_text(field, point.config) + ' ';
  return key;
}

/// Labels aside, and what only a simulator reads.
std::string price_key(const Point& point) {
  std::string key = std::to_string(point.library) + ' ';
  for (const SchemaField& field : schema())
    if (field.key != "name" && field.key != "description" && field.key != "status" && field.key.substr(0, 7) != "memory.")
      key += field_text(field, point.config) + ' ';
  return key;
}

double percentile(std::vector<double> sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

/// What needs neither simulation nor synthesis.
void fill_size(const ArchConfig& config, Outcome& outcome) {
  const Geometry g(config);
  double bits = static_cast<double>(config.buffer.table_words) * g.table_word_bits +
                static_cast<double>(g.accumulator_words) * g.accumulator_word_bits;
  for (const WordLayout* layout : {&g.instruction, &g.activation, &g.weight, &g.parameter})
    if (!g.memory || layout != &g.activation) bits += static_cast<double>(layout->lines) * layout->line_bits;
  outcome.values[kArrayMacs] = g.one_bit_macs_per_cycle;
  outcome.values[kSramKib] = bits / 8192;
}

}  // namespace

std::string to_string(Status status) { return status == Status::kOk ? "ok" : status == Status::kFailed ? "failed" : "infeasible"; }

std::vector<CountedOperator> distinct_operators(const workloads::Trace& trace) {
  std::vector<CountedOperator> distinct;
  for (workloads::Operator op : trace.operators) {
    const std::string name = op.name;
    op.layer = -1;
    const auto known = std::find_if(distinct.begin(), distinct.end(), [&](const CountedOperator& c) {
      op.name = c.op.name;
      return c.op == op;
    });
    op.name = name;
    if (known == distinct.end()) {
      distinct.push_back({std::move(op), 1});
    } else {
      known->count += 1;
    }
  }
  return distinct;
}

/// The products of one context stand for those of all: their shapes do not depend on it.
struct Evaluator::Pass {
  system::EdgeHost host;
  double tokens = 1;
  int planes = 1;                                    // of the largest product
  std::vector<CountedOperator> core;                 // in the workload's context
  std::vector<CountedOperator> vector;               // in the workload's context
  std::vector<std::vector<CountedOperator>> spread;  // vector operators in contexts from 0 to the workload's
};

struct Evaluator::CoreTime {
  std::vector<system::JobResult> jobs;  // of Pass::core
  std::vector<double> bytes;
  std::string error;
};

struct Evaluator::Beside {
  std::vector<system::OperatorTime> operators;  // of Pass::vector
  double seconds = 0, bytes = 0, vector_j = 0;
  std::vector<double> spread_seconds;
};

/// Values by key, each made once, by whoever asks first; who asks meanwhile waits. An error is kept as well.
template <typename T>
struct Evaluator::Memo {
  struct Entry {
    std::once_flag once;
    T value;
    std::string error;
  };
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<Entry>> entries;

  template <typename Make>
  const T& get(const std::string& key, Make make) {
    Entry* entry = nullptr;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      std::unique_ptr<Entry>& slot = entries[key];
      if (!slot) slot = std::make_unique<Entry>();
      entry = slot.get();
    }
    std::call_once(entry->once, [&] {
      try {
        entry->value = make();
      } catch (const Error& error) {
        entry->error = error.what();
      }
    });
    if (!entry->error.empty()) throw Error(entry->error, {}, Error::Kind::kCheckFailed);
    return entry->value;
  }
};

Evaluator::Evaluator(const Space& space, std::string pdk, bool price_all)
    : space_(space),
      pdk_(std::move(pdk)),
      core_times_(std::make_unique<Memo<CoreTime>>()),
      besides_(std::make_unique<Memo<Beside>>()),
      prices_(std::make_unique<Memo<cost::Ppa>>()) {
  const auto is_priced = [](const std::string& name) { return find_metric(name)->priced; };
  priced_ = price_all || std::any_of(space_.objectives.begin(), space_.objectives.end(), is_priced) ||
            std::any_of(space_.constraints.begin(), space_.constraints.end(), [&](const Constraint& c) { return is_priced(c.name); });
  for (const Workload& w : space_.workloads) {
    const workloads::ModelConfig model = workloads::load_model(w.model);
    Pass pass;
    pass.host = system::load_edge_host(w.host);
    pass.host.cores = 1;
    pass.tokens = tokens_of(w.request);
    double largest = 0;
    for (CountedOperator& c : distinct_operators(workloads::trace_model(model, w.request))) {
      if (c.op.on_core && static_cast<double>(c.op.macs) * c.count > largest) {
        largest = static_cast<double>(c.op.macs) * c.count;
        pass.planes = workloads::plane_type(*c.op.weights).planes;
      }
      (c.op.on_core ? pass.core : pass.vector).push_back(std::move(c));
    }
    for (int i = 0; i < kLatencySamples; ++i) {
      workloads::TraceRequest request = w.request;
      request.context = w.request.context * i / (kLatencySamples - 1);
      std::vector<CountedOperator> all = distinct_operators(workloads::trace_model(model, request));
      std::erase_if(all, [](const CountedOperator& c) { return c.op.on_core; });
      pass.spread.push_back(std::move(all));
    }
    passes_.push_back(std::move(pass));
  }
}

Evaluator::~Evaluator() = default;

std::size_t Evaluator::timings() const {
  const std::lock_guard<std::mutex> lock(core_times_->mutex);
  return core_times_->entries.size();
}

const Evaluator::CoreTime& Evaluator::core_time(const Point& point) {
  return core_times_->get(timing_key(point), [&] {
    workloads::Trace trace;
    trace.model = space_.workloads[point.workload].model;
    for (const CountedOperator& c : passes_[point.workload].core) trace.operators.push_back(c.op);
    const Program program = workloads::compile(point.config, trace);
    CoreTime time;
    time.jobs = system::FastSimulator(point.config).run(program).jobs;
    for (const system::JobResult& job : time.jobs)
      time.bytes.push_back(static_cast<double>(program.jobs[job.job].bytes_read + program.jobs[job.job].bytes_written));
    return time;
  });
}

const Evaluator::Beside& Evaluator::beside(const Point& point) {
  const MemoryConfig& memory = point.config.memory;
  const std::string key = fmt::format("{} {} {}", point.workload, memory.bandwidth_gb_s, memory.energy_pj_per_bit);
  return besides_->get(key, [&] {
    const Pass& pass = passes_[point.workload];
    system::EdgeHost host = pass.host;
    host.core_clock_mhz = point.config.clock_mhz;
    host.bandwidth_gb_s = memory.bandwidth_gb_s;
    host.dram_pj_per_bit = memory.energy_pj_per_bit;
    system::EdgeSimulator simulator(host, point.config);
    const auto run = [&](const std::vector<CountedOperator>& operators) {
      workloads::Trace trace;
      for (const CountedOperator& c : operators) trace.operators.push_back(c.op);
      return simulator.run(trace).operators;
    };
    Beside b;
    b.operators = run(pass.vector);
    for (std::size_t i = 0; i < pass.vector.size(); ++i) {
      const system::OperatorTime& time = b.operators[i];
      b.seconds += pass.vector[i].count * time.seconds;
      b.bytes += pass.vector[i].count * time.bytes;
      b.vector_j += pass.vector[i].count * time.energy.vector;
    }
    for (const std::vector<CountedOperator>& operators : pass.spread) {
      const std::vector<system::OperatorTime> times = run(operators);
      double seconds = 0;
      for (std::size_t i = 0; i < operators.size(); ++i) seconds += operators[i].count * times[i].seconds;
      b.spread_seconds.push_back(seconds);
    }
    return b;
  });
}

const cost::Ppa& Evaluator::price(const Point& point) {
  return prices_->get(price_key(point), [&] {
    // Equal machines have equal Verilog to the cache: the label stands in every file.
    ArchConfig config = point.config;
    config.name = "point";
    config.description = "";
    config.memory = MemoryConfig{};
    const gen::Design design = gen::generate(config);
    cost::PpaRequest request;
    request.files = design.files;
    request.top = design.top;
    request.config = config;
    request.liberties = hardware::choose_library(space_.libraries[point.library], pdk_).files;
    request.planes = passes_[point.workload].planes;
    return cost::measure(request);
  });
}

void Evaluator::fill_time(const Point& point, Outcome& outcome) {
  const Pass& pass = passes_[point.workload];
  const CoreTime& core = core_time(point);
  const Beside& rest = beside(point);
  double cycles = 0, bytes = rest.bytes;
  for (std::size_t i = 0; i < pass.core.size(); ++i) {
    const double count = pass.core[i].count;
    const auto times = static_cast<long long>(count);
    const model::Counters& c = core.jobs[i].counters;
    cycles += count * static_cast<double>(core.jobs[i].cycles);
    bytes += count * core.bytes[i];
    outcome.cycles["total"] += times * core.jobs[i].cycles;
    outcome.cycles["array_steps"] += times * c.array_steps;
    outcome.cycles["array_waits"] += times * c.array_waits;
    outcome.cycles["builder_busy"] += times * c.builder_busy;
    outcome.cycles["read_beats"] += times * c.read_beats;
    outcome.cycles["write_beats"] += times * c.write_beats;
    outcome.cycles["control_stalls"] += times * c.control_stalls;
  }
  const double core_s = cycles / (point.config.clock_mhz * 1e6);
  const double seconds = core_s + rest.seconds;
  outcome.values[kTokensPerS] = pass.tokens / seconds;
  outcome.values[kDramGbS] = bytes / seconds * 1e-9;
  outcome.energy_pj["dram"] = bytes * 8 * point.config.memory.energy_pj_per_bit;
  outcome.energy_pj["vector"] = rest.vector_j * 1e12;
  std::vector<double> passes;
  for (const double s : rest.spread_seconds) passes.push_back((core_s + s) * 1e3);
  std::sort(passes.begin(), passes.end());
  outcome.values[kLatencyP50Ms] = percentile(passes, 0.5);
  outcome.values[kLatencyP95Ms] = percentile(passes, 0.95);
  outcome.values[kLatencyP99Ms] = percentile(passes, 0.99);
}

void Evaluator::fill_price(const Point& point, Outcome& outcome) {
  const cost::Ppa& ppa = price(point);
  const auto cycles = static_cast<double>(outcome.cycles["total"]);
  for (const cost::PpaNode& block : ppa.tree.children) {
    const std::string name = block.instance.substr(block.instance.rfind("u_", 0) == 0 ? 2 : 0);
    outcome.area_um2[name] = block.area_um2;
    outcome.energy_pj[name] = block.power.total_mw() / ppa.clock_mhz * 1000 * cycles;
  }
  outcome.energy_pj["sram"] = ppa.sram_power_mw / ppa.clock_mhz * 1000 * cycles;
  double joules = 0;
  for (const auto& [component, pj] : outcome.energy_pj) joules += pj * 1e-12;
  const double tokens = passes_[point.workload].tokens, seconds = tokens / outcome.values[kTokensPerS];
  outcome.values[kJPerToken] = joules / tokens;
  outcome.values[kPowerW] = joules / seconds;
  outcome.values[kAreaMm2] = ppa.area_um2 * 1e-6;
  const double macs = ppa.macs_per_cycle * static_cast<double>(ceil_div(ppa.planes, point.config.array.planes_per_cycle));
  const int planes = passes_[point.workload].planes;
  const double tops = 2 * macs / static_cast<double>(ceil_div(planes, point.config.array.planes_per_cycle)) * ppa.clock_mhz * 1e-6;
  outcome.values[kTopsPerMm2] = tops / outcome.values[kAreaMm2];
  outcome.values[kTopsPerW] = tops / (ppa.power.total_mw() * 1e-3);
  outcome.values[kBestClockMhz] = ppa.timing.best_clock_mhz;
  if (ppa.timing_met()) return;
  outcome.status = Status::kInfeasible;
  outcome.error =
      fmt::format("clock_mhz: given {}, but the core reaches {:.1f} in {}", ppa.clock_mhz, ppa.timing.best_clock_mhz, ppa.library);
}

void Evaluator::judge(Outcome& outcome) const {
  for (const Constraint& c : space_.constraints) {
    const std::size_t index = metric_index(c.name);
    const double value = outcome.values[index];
    if (outcome.status != Status::kOk || (c.at_most ? value <= c.value : value >= c.value)) continue;
    outcome.status = Status::kInfeasible;
    outcome.error =
        fmt::format("{}: {:.6g} {}, allowed at {} {:g}", c.name, value, metrics()[index].unit, c.at_most ? "most" : "least", c.value);
  }
}

Outcome Evaluator::evaluate(const Choice& choice) { return evaluate(point_of(space_, choice)); }

Outcome Evaluator::evaluate(const Point& point) {
  Outcome outcome;
  if (!point.problem.empty()) {
    outcome.status = Status::kInfeasible;
    outcome.error = point.problem;
    return outcome;
  }
  try {
    fill_size(point.config, outcome);
    fill_time(point, outcome);
    if (priced_) fill_price(point, outcome);
    judge(outcome);
  } catch (const Error& error) {
    outcome.status = Status::kFailed;
    outcome.error = error.what();
  }
  return outcome;
}

std::vector<OperatorFigures> Evaluator::operators(const Point& point) {
  const Pass& pass = passes_[point.workload];
  const CoreTime& core = core_time(point);
  const Beside& rest = beside(point);
  const double hz = point.config.clock_mhz * 1e6;
  std::vector<OperatorFigures> figures;
  for (std::size_t i = 0; i < pass.core.size(); ++i) {
    const workloads::Operator& op = pass.core[i].op;
    const double memory_s = core.bytes[i] / (point.config.memory.bandwidth_gb_s * 1e9);
    const bool array = static_cast<double>(core.jobs[i].counters.array_steps) / hz >= memory_s;
    figures.push_back({op, pass.core[i].count, static_cast<double>(core.jobs[i].cycles) / hz, core.bytes[i],
                       2.0 * static_cast<double>(op.macs), core.jobs[i].cycles,
                       to_string(array ? system::Bound::kArray : system::Bound::kWeightReads)});
  }
  for (std::size_t i = 0; i < pass.vector.size(); ++i) {
    const system::OperatorTime& t = rest.operators[i];
    figures.push_back({pass.vector[i].op, pass.vector[i].count, t.seconds, t.bytes, t.ops, 0, to_string(t.bound)});
  }
  return figures;
}

}  // namespace lutra::sweep
