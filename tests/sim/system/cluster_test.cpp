// Cores behind an arbiter: one is a core alone, many share what the memory has, and none is left behind.
#include "sim/system/cluster.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "sim/system/edge_run.h"
#include "tests/shipped_config.h"
#include "workloads/compile.h"

using namespace lutra;
using namespace lutra::system;

namespace {

ArchConfig tiny() { return test::shipped_config("tiny"); }

Program gemms(const ArchConfig& config, std::int64_t tokens, std::int64_t outputs) {
  const workloads::ListedGemm first{"gemm", tokens, outputs, 64, "int2"}, second{"again", tokens, outputs, 64, "int2"};
  return workloads::compile(config, workloads::trace_list("test", {first, second}, {}, {}));
}

/// GB/s of one port that moves a beat at every edge.
double port_gb_s(const ArchConfig& config) { return config.axi.data_bits / 8.0 * config.clock_mhz / 1e3; }

ClusterResult run(const ArchConfig& config, const Program& program, std::size_t cores) {
  return run_cluster(config, std::vector<const Program*>(cores, &program));
}

}  // namespace

TEST_CASE("a cluster of one core is that core alone, behind every kind of memory") {
  ArchConfig config = tiny();
  for (const char* kind : {"simple", "lpddr5x"}) {
    CAPTURE(kind);
    config.memory.kind = kind;
    const Program program = gemms(config, 3, 40);
    const SimulationResult alone = simulate(config, program);
    const ClusterResult cluster = run(config, program, 1);
    CHECK(cluster.cycles == alone.cycles);
    REQUIRE(cluster.cores.size() == 1);
    REQUIRE(cluster.cores[0].jobs.size() == alone.jobs.size());
    for (std::size_t i = 0; i < alone.jobs.size(); ++i) {
      CHECK(cluster.cores[0].jobs[i].cycles == alone.jobs[i].cycles);
      CHECK(cluster.cores[0].jobs[i].counters == alone.jobs[i].counters);
    }
  }
}

TEST_CASE("cores that share more bandwidth than they can use run as if they were alone") {
  ArchConfig config = tiny();
  const Program program = gemms(config, 2, 40);
  config.memory.bandwidth_gb_s = 4 * port_gb_s(config);
  const model::Cycle alone = simulate(config, program).cycles;
  for (const std::size_t cores : {2, 5, 64}) {
    config.memory.bandwidth_gb_s = 4 * port_gb_s(config) * static_cast<double>(cores);
    for (const SimulationResult& core : run(config, program, cores).cores) CHECK(core.cycles == alone);
  }
}

TEST_CASE("cores at one memory move no more than it has, and take turns") {
  ArchConfig config = tiny();
  const Program program = gemms(config, 1, 256);
  config.memory.bandwidth_gb_s = port_gb_s(config);
  for (const std::size_t cores : {4, 16}) {
    CAPTURE(cores);
    const ClusterResult cluster = run(config, program, cores);
    std::int64_t beats = 0;
    model::Cycle first = cluster.cycles;
    for (const SimulationResult& core : cluster.cores) {
      first = std::min(first, core.cycles);
      for (const JobResult& job : core.jobs) beats += job.counters.read_beats + job.counters.write_beats;
    }
    CHECK(beats <= cluster.cycles);
    CHECK(beats > cluster.cycles * 3 / 4);
    // Were one always served before the others, it would be done after cycles / cores.
    CHECK(first > cluster.cycles * 3 / 4);
  }
}

TEST_CASE("a short program on one core leaves its bandwidth to the others") {
  ArchConfig config = tiny();
  config.memory.bandwidth_gb_s = port_gb_s(config) / 2;
  const Program slice = gemms(config, 1, 64), little = gemms(config, 1, 4);
  const std::vector<const Program*> uneven{&slice, &little};
  const ClusterResult cluster = run_cluster(config, uneven);
  CHECK(cluster.cores[1].cycles < cluster.cores[0].cycles);
  CHECK(cluster.cycles < run(config, slice, 2).cycles);
  CHECK(cluster.cycles > simulate(config, slice).cycles);
}

TEST_CASE("an edge device takes the same time in fast and in exact mode, and about that behind an arbiter") {
  workloads::ModelConfig model = workloads::load_model("bitnet_b158_2b4t");
  model.layers = 1;
  model.vocabulary = 1000;
  model.hidden = 640;
  model.ffn = 1728;
  model.heads = 5;
  model.kv_heads = 5;
  const workloads::Trace trace = workloads::trace_model(model, {workloads::Phase::kDecode, 1, 1, 10});
  const ArchConfig core = test::shipped_config("edge_w2a8");
  EdgeHost host = load_edge_host("phone");
  for (const int cores : {1, 3, 16, 64}) {
    CAPTURE(cores);
    host.cores = cores;
    const EdgeResult fast = EdgeSimulator(host, core).run(trace);
    const EdgeResult exact = EdgeSimulator(host, core, {}, EdgeMode::kExact).run(trace);
    const EdgeResult arbiter = EdgeSimulator(host, core, {}, EdgeMode::kArbiter).run(trace);
    for (std::size_t i = 0; i < trace.operators.size(); ++i) {
      CHECK(exact.operators[i].cycles == fast.operators[i].cycles);
      CHECK(exact.operators[i].counters == fast.operators[i].counters);
      CHECK(arbiter.operators[i].counters.array_steps == fast.operators[i].counters.array_steps);
      CHECK(arbiter.operators[i].bytes == fast.operators[i].bytes);
    }
    CHECK(exact.seconds == fast.seconds);
    CHECK(exact.energy.total() == fast.energy.total());
    CHECK(arbiter.seconds == Approx(fast.seconds).epsilon(0.1));
  }
}
