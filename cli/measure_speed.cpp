// Speed measurements.
#include "cli/measure_speed.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <optional>

#include "cli/inputs.h"
#include "cli/measure_paper.h"
#include "cli/measure_row.h"
#include "gen/generator.h"
#include "isa/error.h"
#include "kernels/bench/bench.h"
#include "sim/cosim/rtl_core.h"
#include "sim/model/core.h"
#include "sim/process/process.h"
#include "sim/system/fast.h"
#include "sim/system/simulate.h"
#include "workloads/compile.h"
#include "workloads/operands.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;
using workloads::Operator;

/// Memory for passes that no small device holds.
constexpr double kLargeGib = 1024;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Time that this thread spent on the work, whatever else the machine does.
double cpu_seconds_of(const std::function<void()>& work) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  };
  const double start = now();
  work();
  return now() - start;
}

/// The shortest of several runs: what the work takes when nothing else disturbs it.
double best_of(int runs, const std::function<void()>& work) {
  double best = seconds_of(work);
  for (int i = 1; i < runs; ++i) best = std::min(best, seconds_of(work));
  return best;
}

/// One operator of a trace as a program of its own, with its operands in memory.
struct Bench {
  Program program;
  memory::Image image;
  model::HostScript script;
};

Bench prepare(const ArchConfig& config, workloads::Trace trace, const Operator& op, std::uint64_t seed) {
  trace.operators = {op};
  Bench bench{workloads::compile(config, trace), {}, {}};
  const std::size_t job = 0;
  system::place_code(bench.program, bench.image);
  workloads::place_operands(workloads::placed_job(config, bench.program, job), *workloads::make_generated_weights(seed),
                            *workloads::make_generated_activations(seed), [&](std::uint64_t address, std::span<const std::uint8_t> bytes) {
                              bench.image.write(address, bytes.data(), bytes.size());
                            });
  bench.script = system::script_of(bench.program, std::span(&job, 1));
  return bench;
}

/// Medians over rounds; the ratio is taken within a round, so that both machines saw the same processor.
struct Speeds {
  double cycles = 0;
  double rtl_s = 0, model_s = 0, ratio = 0;
  double array_busy = 0;
};

/// Runs a bench on both machines in turn, one thread each, without event logging; throws Error when they do not end alike.
Speeds race(const ArchConfig& config, const Bench& bench) {
  constexpr int kRounds = 5;
  cosim::BuildOptions build;
  build.optimisation = "-O3";
  Speeds speeds;
  std::vector<double> rtl_s;
  std::vector<double> model_s;
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    memory::Memory rtl_memory(config);
    rtl_memory.image() = bench.image;
    cosim::RtlCore rtl(config, rtl_memory, bench.script, nullptr, build);
    rtl_s.push_back(cpu_seconds_of([&] {
      while (!rtl.finished()) rtl.step();
    }));
    memory::Memory memory(config);
    memory.image() = bench.image;
    model::Core core(config, memory, bench.script);
    model_s.push_back(cpu_seconds_of([&] { core.run(); }));
    ratios.push_back(rtl_s.back() / model_s.back());

    const system::JobReadings readings = system::job_readings(core.host().read_values(), 0);
    const system::JobReadings hardware = system::job_readings(rtl.host().read_values(), 0);
    if (!(memory.image() == rtl_memory.image())) throw Error("model and RTL leave different memory", {}, Error::Kind::kCheckFailed);
    if (!(hardware.counters == readings.counters)) throw Error("model and RTL count differently", {}, Error::Kind::kCheckFailed);
    speeds.cycles = static_cast<double>(rtl.now());
    speeds.array_busy = static_cast<double>(readings.counters.array_steps) / static_cast<double>(readings.counters.cycles);
  }
  speeds.rtl_s = kernels::median(rtl_s);
  speeds.model_s = kernels::median(model_s);
  speeds.ratio = kernels::median(ratios);
  return speeds;
}

/// The operator on the core, of a layer, with the fewest or the most multiply-accumulates.
Operator pick(const workloads::Trace& trace, bool largest) {
  std::optional<Operator> best;
  for (const Operator& op : trace.operators) {
    if (!op.on_core || op.layer < 0) continue;
    if (!best || (largest ? op.macs > best->macs : op.macs < best->macs)) best = op;
  }
  if (!best) throw Error("the model has no operator on the core");
  return *best;
}

void add_race(Json& rows, const std::string& name, const Speeds& s, bool prefill) {
  const std::string command = "scripts/measure speed";
  const Json ratio = measured(name + ": model over Verilated RTL, cycles a second", s.ratio, "ratio", command);
  rows.push_back(prefill ? at_least(ratio, 20) : ratio);
  rows.push_back(measured(name + ": model", s.cycles / s.model_s / 1e6, "Mcycles/s", command));
  rows.push_back(measured(name + ": Verilated RTL, -O3", s.cycles / s.rtl_s / 1e6, "Mcycles/s", command));
  const Json busy = measured(name + ": array busy", s.array_busy, "of cycles", command);
  rows.push_back(prefill ? at_least(busy, 0.9) : busy);
}

/// Fast mode on the decode step: a process that reads the trace's file, and again with the program in memory.
void add_fast(Json& rows, const ArchConfig& config, const workloads::Trace& decode, const std::string& arch) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const ScratchDirectory scratch(std::filesystem::temp_directory_path().string());
  const std::string file = scratch.path() + "/decode.json";
  workloads::write_trace(decode, file);
  const std::vector<std::string> arguments = {self, "sim", "--mode", "fast", "--arch", arch, "--trace", file};
  rows.push_back(
      at_most(measured("whole decode step, fast, a process that reads the trace", best_of(3, [&] { run_checked("fast mode", arguments); }),
                       "s", "lutra sim --mode fast --trace decode.json"),
              0.05));
  rows.push_back(
      at_most(measured("whole decode step, fast, first run from a file, without the start of the process",
                       best_of(5, [&] { system::FastSimulator(config).run(workloads::compile(config, workloads::read_trace(file))); }), "s",
                       "scripts/measure speed"),
              0.05));
  const Program program = workloads::compile(config, decode);
  system::FastSimulator simulator(config);
  const model::Cycle cycles = simulator.run(program).cycles;
  rows.push_back(at_most(measured("whole decode step, fast, again with the program in memory",
                                  best_of(20, [&] { simulator.run(program); }) * 1e3, "ms", "scripts/measure speed"),
                         0.4));
  if (cycles != system::simulate(config, program).cycles)
    throw Error("fast and exact mode take different cycles", {}, Error::Kind::kCheckFailed);
}

/// Fast mode grows neither with tokens, nor with sequences or context, and linearly with operators.
void add_growth(Json& rows, const ArchConfig& config, const workloads::ModelConfig& model) {
  ArchConfig large = config;
  large.memory.size_gib = kLargeGib;
  const auto time = [&](const workloads::ModelConfig& of, const workloads::TraceRequest& request) {
    const Program program = workloads::compile(large, workloads::trace_model(of, request));
    return best_of(3, [&] { system::FastSimulator(large).run(program); });
  };
  const std::string command = "scripts/measure speed";
  for (const std::int64_t tokens : {64, 256, 1024, 4096, 16384, 65536, 131072})
    rows.push_back(
        measured(fmt::format("prefill of {} tokens, fast", tokens), time(model, {workloads::Phase::kPrefill, 1, tokens, 0}), "s", command));
  for (const std::int64_t batch : {1, 16, 256, 4096})
    rows.push_back(measured(fmt::format("decode of {} sequences, fast", batch), time(model, {workloads::Phase::kDecode, batch, 1, 2048}),
                            "s", command));
  for (const std::int64_t context : {0, 2048, 131072})
    rows.push_back(measured(fmt::format("decode behind {} tokens, fast", context), time(model, {workloads::Phase::kDecode, 1, 1, context}),
                            "s", command));
  for (const int layers : {30, 120, 480}) {
    workloads::ModelConfig deep = model;
    deep.layers = layers;
    const Program program = workloads::compile(large, workloads::trace_model(deep, {workloads::Phase::kDecode, 1, 1, 2048}));
    system::FastSimulator simulator(large);
    simulator.run(program);
    rows.push_back(measured(fmt::format("decode of {} layers, fast, again", layers), best_of(5, [&] { simulator.run(program); }) * 1e3,
                            "ms", command));
  }
}

/// The GPU model's times, which scripts/measure paper takes as well.
void add_gpu(Json& rows) {
  const Json paper = measure_paper();
  for (const Json& entry : paper.at("rows"))
    if (entry.at("unit") == "s") rows.push_back(entry);
}

/// Memory of the largest process since measuring began; asked before the main job, which has a bound of its own.
void add_memory(Json& rows) {
  rusage own{}, children{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  rows.push_back(
      at_most(measured("memory of the largest simulation above",
                       static_cast<double>(std::max(own.ru_maxrss, children.ru_maxrss)) / (1024 * 1024), "GiB", "scripts/measure speed"),
              1));
}

/// A decode step on a core with twice the rows and 32 columns.
void add_larger_core(Json& rows, const ArchConfig& config, const workloads::Trace& decode) {
  ArchConfig larger = config;
  larger.name = "larger";
  larger.array.rows = 4;
  larger.array.columns = 32;
  larger.buffer.activation_words *= 2;
  larger.buffer.table_words *= 2;
  validate(larger);
  const Program program = workloads::compile(larger, decode);
  const Geometry geometry(larger);
  rows.push_back(at_most(
      measured(fmt::format("whole decode step, exact, core of {} one-bit multiply-accumulates a cycle", geometry.one_bit_macs_per_cycle),
               seconds_of([&] { system::simulate(larger, program); }), "s", "scripts/measure speed"),
      5));
}

/// 512^3 on a core of 1024 two-bit multiply-accumulates a cycle, every cycle.
void add_gemm(Json& rows) {
  ArchConfig config = load_arch("edge_w2a8");
  config.name = "gemm_1024";
  config.clock_mhz = 1000;
  config.array.rows = 4;
  config.array.columns = 32;
  config.array.tables_per_lane = 2;
  config.array.planes_per_cycle = 2;
  config.memory.bandwidth_gb_s = 64;
  validate(config);
  Operator op;
  op.name = "gemm_512";
  op.kind = "gemm";
  op.on_core = true;
  op.m = op.n = op.k = 512;
  op.macs = op.m * op.n * op.k;
  op.weights = workloads::parse_weight_format("int2");
  workloads::Trace trace;
  trace.model = op.name;
  trace.operators = {op};
  const Program program = workloads::compile(config, trace);
  const Json row = measured("512^3 on 1024 multiply-accumulates a cycle, exact", best_of(3, [&] { system::simulate(config, program); }),
                            "s", "scripts/measure speed");
  rows.push_back(beside(at_most(row, 0.05), "SCALE-Sim v3, 32 x 32 output-stationary, no values", 15.3,
                        "measured once on a 2-core x86-64 guest; not run here"));
}

/// The main job as a process of its own: its time, and the memory of the largest process it needed.
void add_main_job(Json& rows, const std::string& arch, const std::string& model) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const ScratchDirectory scratch(std::filesystem::temp_directory_path().string());
  const std::string command = fmt::format("lutra run --arch {} --model {}", arch, model);
  const double seconds = seconds_of([&] {
    const std::vector<std::string> arguments = {self, "run", "--arch", arch, "--model", model, "--out", scratch.path() + "/out"};
    run_checked("the main job", arguments);
  });
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  rows.push_back(at_most(measured("main job after set-up and build", seconds, "s", command), 300));
  rows.push_back(at_most(
      measured("main job, memory of its largest process", static_cast<double>(usage.ru_maxrss) / (1024 * 1024), "GiB", command), 4));
}

}  // namespace

Json measure_speed(const ArchConfig& config, const std::string& arch, const std::string& model_name, std::uint64_t seed) {
  const workloads::ModelConfig model = workloads::load_model(model_name);
  const workloads::Trace decode = workloads::trace_model(model, {workloads::Phase::kDecode, 1, 1, 2048});
  const workloads::Trace prefill = workloads::trace_model(model, {workloads::Phase::kPrefill, 1, 128, 0});
  Json rows = Json::array();
  add_race(rows, "prefill tile", race(config, prepare(config, prefill, pick(prefill, false), seed)), true);
  add_race(rows, "decode projection", race(config, prepare(config, decode, pick(decode, true), seed)), false);
  const Program program = workloads::compile(config, decode);
  rows.push_back(at_most(
      measured("whole decode step, exact", seconds_of([&] { system::simulate(config, program); }), "s", "lutra sim --trace decode.json"),
      5));
  add_larger_core(rows, config, decode);
  add_fast(rows, config, decode, arch);
  add_growth(rows, config, model);
  add_gemm(rows);
  add_gpu(rows);
  add_memory(rows);
  rows.push_back(
      at_most(measured("generating the Verilog", best_of(3, [&] { gen::generate(config); }), "s", "lutra gen --arch " + arch), 0.2));
  add_main_job(rows, arch, model_name);
  return {{"rows", rows}};
}

}  // namespace lutra::cli
