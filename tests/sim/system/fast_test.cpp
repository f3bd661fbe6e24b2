// Fast mode gives the cycles and counters of exact mode, job for job, or says why it ran everything.
#include "sim/system/fast.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "tests/shipped_config.h"
#include "workloads/compile.h"

using namespace lutra;

namespace {

workloads::Operator gemm(long long m, long long n, long long k, const std::string& weights) {
  workloads::Operator op;
  op.name = fmt::format("gemm_{}_{}_{}", m, n, k);
  op.kind = "gemm";
  op.on_core = true;
  op.m = m;
  op.n = n;
  op.k = k;
  op.macs = m * n * k;
  op.weights = workloads::parse_weight_format(weights);
  op.activations = "int8";
  op.results = "int32";
  return op;
}

workloads::Trace trace_of(std::vector<workloads::Operator> operators) {
  workloads::Trace trace;
  trace.model = "test";
  trace.operators = std::move(operators);
  return trace;
}

/// Compares everything that both modes report; returns the fast result.
system::SimulationResult compare(const ArchConfig& config, const Program& program) {
  const system::SimulationResult exact = system::simulate(config, program);
  system::FastSimulator simulator(config);
  const system::SimulationResult fast = simulator.run(program);
  CHECK(fast.cycles == exact.cycles);
  REQUIRE(fast.jobs.size() == exact.jobs.size());
  bool equal = true;
  for (std::size_t i = 0; i < fast.jobs.size(); ++i)
    equal = equal && fast.jobs[i].cycles == exact.jobs[i].cycles && fast.jobs[i].counters == exact.jobs[i].counters;
  CHECK(equal);
  CHECK(simulator.run(program).cycles == exact.cycles);
  return fast;
}

/// A machine and a GEMM that fits it, drawn at random.
struct Draw {
  ArchConfig config;
  workloads::Trace trace;
};

Draw draw(std::mt19937& random) {
  const auto one_of = [&](const auto&... values) {
    const auto list = std::array{values...};
    return list[random() % list.size()];
  };
  Draw d;
  ArchConfig& a = d.config;
  a.name = "random";
  a.clock_mhz = one_of(50.0, 100.0, 250.0, 1000.0);
  a.array = {one_of(1, 2, 3, 4), one_of(4, 8, 16, 32), one_of(2, 3, 4), one_of(2, 4, 8), one_of(1, 2), 26, one_of(0, 1, 2)};
  a.table.builder_tables = one_of(1, 2);
  a.buffer = {256, 256, 256, 256, 64, one_of(4, 8, 16)};
  a.scale.outputs_per_cycle = one_of(1, 2, 4);
  a.control = {one_of(2, 4, 8), 6};
  a.axi = {one_of(64, 128, 256, 512), 40, one_of(4, 16, 64), one_of(1, 2, 8), one_of(1, 2, 4)};
  a.axi.max_burst_beats = std::min(a.axi.max_burst_beats, 4096 * 8 / a.axi.data_bits);
  a.memory.size_gib = 2;
  a.memory.latency_ns = one_of(10.0, 120.0, 333.0);
  a.memory.bandwidth_gb_s = one_of(0.25, 0.5, 0.75, 1.0, 2.0) * a.clock_mhz * a.axi.data_bits / 8e3;
  const char* const types[] = {"ternary", "binary", "int2", "int4", "uint4", "odd2", "int8"};
  const auto size = [&](int limit) { return static_cast<long long>(1 + random() % static_cast<unsigned>(limit)); };
  std::vector<workloads::Operator> operators;
  for (int i = 0; i < 2; ++i)
    operators.push_back(gemm(one_of(size(4), size(40)), size(900), size(700), types[random() % std::size(types)]));
  operators.push_back(operators[0]);
  for (std::size_t i = 0; i < operators.size(); ++i) operators[i].name += fmt::format(".{}", i);
  d.trace = trace_of(operators);
  return d;
}

/// Draws machines until `count` of them can run their GEMMs.
void compare_random(unsigned seed, int count, std::int64_t& skipped, int& fallbacks) {
  std::mt19937 random(seed);
  for (int done = 0; done < count;) {
    const Draw d = draw(random);
    Program program;
    try {
      validate(d.config);
      program = workloads::compile(d.config, d.trace);
    } catch (const Error&) {
      continue;  // too small for the shape, or values that contradict each other
    }
    INFO(to_yaml(d.config));
    for (const workloads::Operator& op : d.trace.operators) UNSCOPED_INFO(op.name << ' ' << to_string(*op.weights));
    const system::SimulationResult fast = compare(d.config, program);
    skipped += fast.skipped;
    fallbacks += fast.fallbacks.empty() ? 0 : 1;
    ++done;
  }
}

}  // namespace

TEST_CASE("fast mode takes the cycles of exact mode on random machines and shapes") {
  std::int64_t skipped = 0;
  int fallbacks = 0;
  compare_random(7, 24, skipped, fallbacks);
  CHECK(skipped > 0);
  CHECK(fallbacks < 12);
}

TEST_CASE("fast mode takes the cycles of exact mode on 200 random machines and shapes", "[.][nightly]") {
  std::int64_t skipped = 0;
  int fallbacks = 0;
  compare_random(2026, 200, skipped, fallbacks);
  CHECK(skipped > 0);
}

TEST_CASE("fast mode takes the cycles of exact mode on a layer of a model in every phase") {
  workloads::ModelConfig model = workloads::load_model("bitnet_b158_2b4t");
  model.layers = 1;
  model.vocabulary = 2000;
  for (const workloads::TraceRequest& request : {workloads::TraceRequest{workloads::Phase::kDecode, 1, 1, 100},
                                                 {workloads::Phase::kPrefill, 1, 9, 0},
                                                 {workloads::Phase::kMixed, 2, 5, 10}}) {
    const ArchConfig config = test::shipped_config("edge_w2a8");
    const system::SimulationResult fast = compare(config, workloads::compile(config, trace_model(model, request)));
    CHECK(fast.fallbacks.empty());
    CHECK(fast.skipped > 0);
  }
}

TEST_CASE("fast mode takes the cycles of exact mode on a layer of every built-in model in every phase", "[.][nightly]") {
  ArchConfig config = test::shipped_config("edge_w2a8");
  config.memory.size_gib = 1024;
  for (const std::string& name : workloads::embedded_model_names()) {
    workloads::ModelConfig model = workloads::load_model(name);
    model.layers = 1;
    model.vocabulary = 2000;
    for (const workloads::TraceRequest& request : {workloads::TraceRequest{workloads::Phase::kDecode, 1, 1, 100},
                                                   {workloads::Phase::kDecode, 3, 1, 0},
                                                   {workloads::Phase::kPrefill, 1, 5, 0},
                                                   {workloads::Phase::kMixed, 2, 5, 10}}) {
      CAPTURE(name, to_string(request.phase), request.batch);
      compare(config, workloads::compile(config, trace_model(model, request)));
    }
  }
}

TEST_CASE("what fast mode runs does not grow with the number of outputs or tokens") {
  const ArchConfig config = test::shipped_config("edge_w2a8");
  const auto run = [&](long long m, long long n) {
    return system::FastSimulator(config).run(workloads::compile(config, trace_of({gemm(m, n, 512, "ternary")})));
  };
  CHECK(run(1, 65536).simulated <= run(1, 8192).simulated + 4096);
  CHECK(run(4096, 512).simulated <= run(512, 512).simulated + 4096);
  CHECK(run(1, 65536).cycles > 7 * run(1, 8192).cycles);
}

TEST_CASE("fast mode runs everything and says so when the memory stalls at random") {
  const ArchConfig config = test::shipped_config("tiny");
  const Program program = workloads::compile(config, trace_of({gemm(2, 64, 32, "int2")}));
  memory::MemoryOptions options;
  options.stall_probability = 0.2;
  const system::SimulationResult fast = system::FastSimulator(config, options).run(program);
  system::SimulateOptions exact;
  exact.memory = options;
  CHECK(fast.cycles == system::simulate(config, program, exact).cycles);
  REQUIRE(fast.fallbacks.size() == 1);
  CHECK(fast.fallbacks[0].find("stalls") != std::string::npos);
}

TEST_CASE("a kernel whose loop count comes from a register is run in full, with the same cycles") {
  const ArchConfig config = test::shipped_config("tiny");
  Program program = workloads::compile(config, trace_of({gemm(1, 64, 32, "int2")}));
  for (Encoded& word : program.kernels[0].code) {
    Instruction i = decode(word);
    if (i.opcode == Opcode::kLoop) word = encode(i.set("rs", 15));  // an argument that is 0
  }
  const system::SimulationResult fast = compare(config, program);
  REQUIRE_FALSE(fast.fallbacks.empty());
  CHECK(fast.fallbacks[0].find("register") != std::string::npos);
}

TEST_CASE("values change no cycle, and fast mode yields those of the simulated array") {
  const ArchConfig config = test::shipped_config("tiny");
  const Program program = workloads::compile(config, trace_of({gemm(3, 40, 24, "int2"), gemm(1, 17, 50, "ternary")}));
  const auto weights = workloads::make_generated_weights(5);
  const auto activations = workloads::make_generated_activations(5);
  system::SimulateOptions values;
  values.weights = weights.get();
  values.activations = activations.get();
  const system::SimulationResult plain = system::simulate(config, program), exact = system::simulate(config, program, values);
  const system::SimulationResult fast = system::FastSimulator(config).run(program, values);
  CHECK(exact.cycles == plain.cycles);
  CHECK(fast.cycles == plain.cycles);
  REQUIRE(fast.jobs.size() == 2);
  for (std::size_t i = 0; i < fast.jobs.size(); ++i) {
    CHECK(exact.jobs[i].cycles == plain.jobs[i].cycles);
    CHECK(fast.jobs[i].outputs == exact.jobs[i].outputs);
    CHECK(std::any_of(fast.jobs[i].outputs.begin(), fast.jobs[i].outputs.end(), [](std::int32_t v) { return v != 0; }));
  }
  CHECK(fast.jobs[0].outputs.size() == 120);
  CHECK(plain.jobs[0].outputs.empty());
}

TEST_CASE("banked DRAM is run in full and said so; another memory that tells its state is not") {
  class Fixed : public memory::MemoryTiming {
   public:
    memory::Cycle read_accepted(memory::Cycle now, std::uint64_t, int) override { return now + 7; }
    [[nodiscard]] memory::Cycle next_read(memory::Cycle from) const override { return from; }
    [[nodiscard]] memory::Cycle earliest_read(memory::Cycle from, std::int64_t n) const override { return from + n - 1; }
    void take_read(memory::Cycle) override {}
    [[nodiscard]] bool may_write(memory::Cycle) const override { return true; }
    void take_write(memory::Cycle) override {}
    memory::Cycle write_finished(memory::Cycle now, std::uint64_t, int) override { return now + 9; }
    [[nodiscard]] bool append_state(memory::Cycle, std::vector<std::int64_t>&) const override { return true; }
  };
  const ArchConfig config = test::shipped_config("tiny");
  const Program program = workloads::compile(config, trace_of({gemm(2, 512, 64, "int2")}));
  ArchConfig banked = config;
  banked.memory.kind = "lpddr5x";
  const system::SimulationResult dram = compare(banked, program);
  REQUIRE(dram.fallbacks.size() == 1);
  CHECK(dram.fallbacks[0].find("lpddr5x") != std::string::npos);
  system::SimulateOptions exact;
  exact.memory.make_timing = [](const ArchConfig&) { return std::make_unique<Fixed>(); };
  const system::SimulationResult fast = system::FastSimulator(config, exact.memory).run(program);
  CHECK(fast.fallbacks.empty());
  CHECK(fast.skipped > 0);
  CHECK(fast.cycles == system::simulate(config, program, exact).cycles);
}
