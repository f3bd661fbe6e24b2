#include "sim/system/edge_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "isa/error.h"
#include "sim/cost/sram.h"
#include "sim/system/cluster.h"
#include "workloads/compile.h"

namespace lutra::system {
namespace {

constexpr double kPico = 1e-12, kFemto = 1e-15;

double sram_pj(const WordLayout& layout, double node_nm) {
  return cost::sram_figures({"", layout.lines, layout.line_bits}, node_nm).read_pj;
}

double moved(const workloads::Operator& op) {
  return static_cast<double>(op.weight_bytes + op.activation_bytes + op.kv_bytes + op.written_bytes);
}

/// A product of `op` with `outputs` of its outputs.
Program program_of(const ArchConfig& config, workloads::Operator op, std::int64_t outputs) {
  op.n = outputs;
  op.macs = op.m * op.n * op.k;
  workloads::Trace trace;
  trace.model = op.name;
  trace.operators = {op};
  return workloads::compile(config, trace);
}

double moved_by(const Program& program) {
  const Job& job = program.jobs.at(0);
  return static_cast<double>(job.bytes_read + job.bytes_written);
}

/// Events of cores side by side: their sum, and the cycles of the slowest.
void add_events(model::Counters& to, const model::Counters& core) {
  to.cycles = std::max(to.cycles, core.cycles);
  for (auto member :
       {&model::Counters::instructions, &model::Counters::array_steps, &model::Counters::array_waits, &model::Counters::builder_busy,
        &model::Counters::read_beats, &model::Counters::write_beats, &model::Counters::control_stalls})
    to.*member += core.*member;
}

}  // namespace

void Energy::add(const Energy& other, double times) {
  array += times * other.array;
  tables += times * other.tables;
  control += times * other.control;
  sram += times * other.sram;
  dram += times * other.dram;
  vector += times * other.vector;
  leakage += times * other.leakage;
}

std::string to_string(Bound bound) {
  static constexpr std::array<const char*, 6> kNames = {"weight reads",       "the array",         "KV cache reads",
                                                        "activation traffic", "vector arithmetic", "operator starts"};
  return kNames[static_cast<std::size_t>(bound)];
}

std::vector<std::pair<Bound, double>> EdgeResult::shares() const {
  std::map<Bound, double> sums;
  for (const OperatorTime& time : operators) sums[time.bound] += time.seconds / seconds;
  std::vector<std::pair<Bound, double>> sorted(sums.begin(), sums.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

std::string EdgeResult::bottleneck(const std::string& what) const {
  const auto [bound, share] = shares().at(0);
  return fmt::format("{} is bound by {}: {:.0f} % of the time", what, to_string(bound), 100 * share);
}

EdgeSimulator::EdgeSimulator(EdgeHost host, ArchConfig core, std::optional<MeasuredCosts> costs, EdgeMode mode,
                             memory::MemoryOptions memory)
    : host_(std::move(host)), core_(std::move(core)), costs_(std::move(costs)), mode_(mode), memory_(std::move(memory)) {
  core_.clock_mhz = host_.core_clock_mhz;
  core_.memory.kind = "simple";
  core_.memory.latency_ns = host_.latency_ns;
  core_.memory.size_gib = host_.size_gib;
  core_.memory.energy_pj_per_bit = host_.dram_pj_per_bit;
  const Geometry geometry(core_);
  weight_pj_ = sram_pj(geometry.weight, host_.node_nm);
  activation_pj_ = sram_pj(geometry.activation, host_.node_nm);
  table_pj_ = cost::sram_figures({"", core_.buffer.table_words, geometry.table_word_bits}, host_.node_nm).read_pj;
  accumulator_pj_ = cost::sram_figures({"", geometry.accumulator_words, geometry.accumulator_word_bits}, host_.node_nm).read_pj;
}

ArchConfig EdgeSimulator::core_config(int active) const {
  ArchConfig config = core_;
  const double port = config.axi.data_bits / 8.0 * config.clock_mhz / 1e3;
  // No core takes more than its port carries; what is left over goes to the others.
  config.memory.bandwidth_gb_s = std::min(port, host_.bandwidth_gb_s / active);
  return config;
}

double EdgeSimulator::peak_ops_s(int planes) const {
  const Geometry geometry(core_);
  const double macs = static_cast<double>(geometry.one_bit_macs_per_cycle) / core_.array.planes_per_cycle;
  return 2 * macs / static_cast<double>(ceil_div(planes, core_.array.planes_per_cycle)) * host_.core_clock_mhz * 1e6 * host_.cores;
}

const EdgeSimulator::CoreTime& EdgeSimulator::core_time(const workloads::Operator& op, std::vector<std::string>& fallbacks) {
  const Shape shape{op.m, op.n, op.k, workloads::to_string(*op.weights)};
  const auto known = times_.find(shape);
  if (known != times_.end()) return known->second;
  const std::int64_t columns = core_.array.columns;
  const std::int64_t tiles = ceil_div(op.n, columns), tiles_a_core = ceil_div(tiles, host_.cores);
  CoreTime time;
  time.cores = static_cast<int>(ceil_div(tiles, tiles_a_core));
  const std::int64_t outputs = std::min(op.n, tiles_a_core * columns), left = op.n - (time.cores - 1) * outputs;
  const ArchConfig config = core_config(time.cores);
  const Program slice = program_of(config, op, outputs);
  const Program last = left == outputs ? slice : program_of(config, op, left);
  for (const SimulationResult& result : run_slices(slice, last, time.cores)) {
    time.cycles = std::max(time.cycles, result.cycles);
    add_events(time.counters, result.jobs.at(0).counters);
    for (const std::string& why : result.fallbacks)
      if (std::find(fallbacks.begin(), fallbacks.end(), why) == fallbacks.end()) fallbacks.push_back(why);
  }
  time.bytes = moved_by(slice) * (time.cores - 1) + moved_by(last);
  return times_.emplace(shape, time).first->second;
}

std::vector<SimulationResult> EdgeSimulator::run_slices(const Program& slice, const Program& last, int cores) {
  if (mode_ == EdgeMode::kArbiter) {
    std::vector<const Program*> programs(static_cast<std::size_t>(cores), &slice);
    programs.back() = &last;
    ArchConfig config = core_;
    config.memory.bandwidth_gb_s = host_.bandwidth_gb_s;
    return run_cluster(config, programs, memory_).cores;
  }
  const ArchConfig config = core_config(cores);
  const auto run = [&](const Program& program) {
    if (mode_ == EdgeMode::kExact) return simulate(config, program);
    std::unique_ptr<FastSimulator>& simulator = simulators_[cores];
    if (!simulator) simulator = std::make_unique<FastSimulator>(config);
    return simulator->run(program);
  };
  // At a share of its own a core knows nothing of the others: those with the same program do the same at every edge.
  std::vector<SimulationResult> results;
  if (cores > 1) results.assign(static_cast<std::size_t>(cores - 1), run(slice));
  results.push_back(run(last));
  return results;
}

Energy EdgeSimulator::core_energy(const CoreTime& time) const {
  const Geometry geometry(core_);
  const model::Counters& c = time.counters;
  const auto steps = static_cast<double>(c.array_steps), slots = static_cast<double>(c.builder_busy);
  const auto reads = static_cast<double>(c.read_beats), writes = static_cast<double>(c.write_beats);
  Energy energy;
  if (costs_) {
    energy.array = steps * costs_->step_pj * kPico;
    energy.tables = slots * costs_->slot_pj * kPico;
    energy.control = static_cast<double>(time.cycles) * time.cores * costs_->cycle_pj * kPico;
  } else {
    energy.array = steps * geometry.one_bit_macs_per_cycle * host_.one_bit_mac_fj * kFemto;
    energy.tables = slots * core_.table.builder_tables * geometry.entries * host_.table_entry_fj * kFemto;
  }
  // A step reads a weight and a table word; a beat is written to a buffer; a slot reads activations and writes its part of a word.
  const double table_part = static_cast<double>(core_.table.builder_tables) / (core_.array.tables_per_lane * core_.array.rows);
  energy.sram = (steps * (weight_pj_ + table_pj_) + reads * weight_pj_ + slots * (activation_pj_ + table_pj_ * table_part) +
                 writes * 2 * accumulator_pj_ * geometry.bus_bytes * 8 / geometry.accumulator_word_bits) *
                kPico;
  energy.dram = time.bytes * 8 * host_.dram_pj_per_bit * kPico;
  return energy;
}

void EdgeSimulator::run_on_cores(const workloads::Operator& op, OperatorTime& time, std::vector<std::string>& fallbacks) {
  const CoreTime& core = core_time(op, fallbacks);
  time.cycles = core.cycles;
  time.cores = core.cores;
  time.counters = core.counters;
  time.seconds = static_cast<double>(core.cycles) / (host_.core_clock_mhz * 1e6);
  time.bytes = core.bytes;
  time.ops = 2 * static_cast<double>(op.macs);
  time.energy = core_energy(core);
  // Which of the two the cores would be done with later, had they nothing else to do.
  const double memory_s = core.bytes / (core_config(core.cores).memory.bandwidth_gb_s * 1e9 * core.cores);
  const double array_s = static_cast<double>(core.counters.array_steps) / core.cores / (host_.core_clock_mhz * 1e6);
  const bool weights = op.weight_bytes >= op.activation_bytes + op.written_bytes;
  time.bound = array_s >= memory_s ? Bound::kArray : weights ? Bound::kWeightReads : Bound::kActivationTraffic;
}

double EdgeSimulator::arithmetic_s(const workloads::VectorWork& work) const {
  const double lanes = host_.lanes * host_.vector_clock_mhz * 1e6;
  return (work.simple / host_.simple_per_lane + work.macs / host_.macs_per_lane + work.special / host_.special_per_lane) / lanes;
}

double EdgeSimulator::roofline_ops_s(const workloads::Operator& op, const OperatorTime& time) const {
  const double memory = time.bytes > 0 ? time.ops / time.bytes * host_.bandwidth_gb_s * 1e9 : std::numeric_limits<double>::infinity();
  if (op.on_core) return std::min(peak_ops_s(workloads::plane_type(*op.weights).planes), memory);
  const double arithmetic = arithmetic_s(workloads::vector_work(op));
  return arithmetic > 0 ? std::min(time.ops / arithmetic, memory) : memory;
}

void EdgeSimulator::run_on_vector_unit(const workloads::Operator& op, OperatorTime& time) const {
  const workloads::VectorWork work = workloads::vector_work(op);
  const double arithmetic = arithmetic_s(work);
  time.bytes = moved(op);
  const double memory_s = time.bytes / (host_.bandwidth_gb_s * 1e9);
  const double start_s = host_.start_ns * 1e-9;
  time.seconds = start_s + std::max(arithmetic, memory_s);
  time.ops = work.simple + 2 * work.macs + work.special;
  time.energy.vector =
      (work.simple * host_.vector_simple_pj + work.macs * host_.vector_mac_pj + work.special * host_.vector_special_pj) * kPico;
  time.energy.dram = time.bytes * 8 * host_.dram_pj_per_bit * kPico;
  if (start_s >= std::max(arithmetic, memory_s)) {
    time.bound = Bound::kStart;
  } else if (arithmetic > memory_s) {
    time.bound = Bound::kVectorArithmetic;
  } else {
    time.bound = 2 * op.kv_bytes > static_cast<std::int64_t>(time.bytes) ? Bound::kKvReads : Bound::kActivationTraffic;
  }
}

EdgeResult EdgeSimulator::run(const workloads::Trace& trace) {
  EdgeResult result;
  result.operators.reserve(trace.operators.size());
  for (std::size_t i = 0; i < trace.operators.size(); ++i) {
    const workloads::Operator& op = trace.operators[i];
    OperatorTime time;
    time.op = i;
    time.begin_s = result.seconds;
    if (op.on_core) {
      run_on_cores(op, time, result.fallbacks);
    } else {
      run_on_vector_unit(op, time);
    }
    time.energy.leakage = leakage_w() * time.seconds;
    result.seconds += time.seconds;
    result.energy.add(time.energy);
    result.operators.push_back(time);
  }
  return result;
}

}  // namespace lutra::system
