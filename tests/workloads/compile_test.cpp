// Compiled kernels give the golden GEMM's bits for every shape, type, plan and interleaving of the units.
#include "workloads/compile.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "isa/error.h"
#include "isa/schema.h"
#include "tests/workloads/interpreter.h"
#include "workloads/codegen.h"
#include "workloads/operands.h"

using namespace lutra;
using namespace lutra::workloads;

namespace {

/// A core small enough that every limit binds.
ArchConfig small(int rows, int columns, int inputs, int tables, int planes, int data_bits) {
  ArchConfig a;
  a.name = "small";
  a.array.rows = rows;
  a.array.columns = columns;
  a.array.table_inputs = inputs;
  a.array.tables_per_lane = tables;
  a.array.planes_per_cycle = planes;
  a.array.accumulator_bits = 22;
  a.table.builder_tables = 1;
  a.buffer = {128, 64, 64, 64, 32, 4};
  a.scale = {"integer", 2};
  a.control = {2, 4};
  a.axi = {data_bits, 32, 16, 2, 2};
  a.memory.size_gib = 1;
  return a;
}

std::vector<ArchConfig> machines() {
  std::vector<ArchConfig> all{small(2, 4, 2, 2, 1, 64),  small(2, 4, 4, 2, 2, 64),   small(2, 8, 3, 5, 1, 128), small(1, 2, 1, 4, 3, 64),
                              small(4, 8, 4, 4, 1, 256), small(2, 16, 4, 8, 1, 512), small(3, 4, 5, 3, 2, 128), small(2, 4, 6, 1, 8, 512)};
  all[3].scale.outputs_per_cycle = 1;
  all[5].array.accumulator_bits = 26;
  all[5].scale.outputs_per_cycle = 4;
  return all;
}

/// Machines whose operands lie differently in memory.
std::vector<ArchConfig> unusual_machines() {
  const auto with = [](ArchConfig arch, const std::vector<std::pair<const char*, const char*>>& fields) {
    for (const auto& [key, value] : fields) set_field(arch, key, value);
    validate(arch);
    return arch;
  };
  return {with(small(2, 4, 2, 4, 1, 64), {{"array.combine", "horner"}}),
          with(small(3, 4, 3, 2, 1, 128), {{"array.combine", "horner"}, {"table.form", "parity"}}),
          with(small(2, 4, 2, 4, 2, 64), {{"table.kind", "ternary"}}),
          with(small(1, 8, 3, 3, 1, 128), {{"table.kind", "ternary"}, {"array.combine", "horner"}}),
          with(small(2, 4, 4, 2, 1, 128), {{"table.source", "memory"}}),
          with(small(3, 2, 3, 3, 2, 64), {{"table.source", "memory"}, {"table.form", "parity"}}),
          with(small(2, 4, 2, 3, 1, 64), {{"table.source", "memory"}, {"table.kind", "ternary"}, {"array.combine", "horner"}}),
          with(small(2, 4, 4, 2, 1, 64), {{"array.activations", "int16"}, {"array.accumulator_bits", "30"}})};
}

PlacedJob place(const CompiledGemm& gemm) {
  const GemmShape& s = gemm.layout.shape;
  PlacedJob job{gemm.layout, {"w", s.outputs, s.depth, s.format}, "a", 0, 0, 0, 0};
  std::uint64_t next = 512;
  const auto take = [&next](long long bytes) {
    const std::uint64_t base = next;
    next += static_cast<std::uint64_t>(ceil_div(bytes, 64) * 64) + 512;
    return base;
  };
  job.weight_base = take(gemm.layout.weight_bytes);
  job.activation_base = take(gemm.layout.activation_bytes);
  job.output_base = take(gemm.layout.output_bytes);
  job.parameter_base = take(gemm.layout.parameter_bytes);
  return job;
}

/// Runs a compiled GEMM on the interpreter and compares outputs, guard bytes and byte counts.
void check_gemm(const ArchConfig& arch, const CompiledGemm& gemm, std::uint64_t seed) {
  const auto weights = make_generated_weights(seed);
  const auto activations = make_generated_activations(seed);
  const PlacedJob job = place(gemm);
  std::vector<std::uint8_t> memory(job.parameter_base + static_cast<std::uint64_t>(gemm.layout.parameter_bytes) + 4096, 0xA5);
  place_operands(job, *weights, *activations, [&memory](std::uint64_t at, std::span<const std::uint8_t> bytes) {
    std::copy(bytes.begin(), bytes.end(), memory.begin() + static_cast<std::ptrdiff_t>(at));
  });
  std::vector<std::uint8_t> before = memory;
  const std::uint64_t arguments[] = {job.weight_base, job.activation_base, job.output_base, job.parameter_base};
  const test::RunCounts counts = test::interpret(arch, gemm.code, arguments, memory, seed);
  const auto outputs = read_outputs(job, [&memory](std::uint64_t at, std::span<std::uint8_t> bytes) {
    std::copy_n(memory.begin() + static_cast<std::ptrdiff_t>(at), bytes.size(), bytes.begin());
  });
  CHECK((outputs == expected_outputs(job, *weights, *activations)));
  const auto first = static_cast<std::ptrdiff_t>(job.output_base), last = first + static_cast<std::ptrdiff_t>(gemm.layout.output_bytes);
  std::copy(before.begin() + first, before.begin() + last, memory.begin() + first);
  CHECK((memory == before));
  const long long code =
      ceil_div(static_cast<long long>(gemm.code.size()) * 16, gemm.layout.geometry.bus_bytes) * gemm.layout.geometry.bus_bytes;
  CHECK(counts.read_bytes + code == gemm.bytes_read);
  CHECK(counts.written_bytes == gemm.bytes_written);
}

GemmShape random_shape(std::mt19937& random, int kstep) {
  const auto pick = [&random](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  GemmShape s;
  s.tokens = pick(1, 3) == 1 ? pick(1, 20) : pick(1, 4);
  s.outputs = pick(1, 30);
  s.depth = pick(1, 4) == 1 ? pick(1, 80 * kstep) : pick(1, 12 * kstep);
  const WeightKind kinds[] = {WeightKind::kTernary, WeightKind::kBinary, WeightKind::kTwosComplement, WeightKind::kOddSymmetric,
                              WeightKind::kZeroPoint};
  s.format.kind = kinds[pick(0, 4)];
  s.format.bits = s.format.kind == WeightKind::kTernary ? 2 : s.format.kind == WeightKind::kBinary ? 1 : pick(1, 8);
  if (s.format.kind == WeightKind::kZeroPoint && pick(0, 2) != 0) s.format.group = kstep * pick(1, 6);
  if (s.format.kind == WeightKind::kTwosComplement && pick(0, 1) != 0) s.format.group = pick(1, 40);
  return s;
}

std::string describe(const ArchConfig& a, const GemmShape& s) {
  return fmt::format("M{} N{} K{} G{} P{} bus {}: {} x {} x {} {}", a.array.rows, a.array.columns, a.array.table_inputs,
                     a.array.tables_per_lane, a.array.planes_per_cycle, a.axi.data_bits, s.tokens, s.outputs, s.depth, to_string(s.format));
}

}  // namespace

TEST_CASE("the chosen plan of a random GEMM gives the golden bits in every interleaving") {
  std::mt19937 random(1);
  const std::vector<ArchConfig> all = machines();
  for (int trial = 0; trial < 240; ++trial) {
    const ArchConfig& arch = all[static_cast<std::size_t>(trial) % all.size()];
    const GemmShape shape = random_shape(random, Geometry(arch).kstep);
    INFO("trial " << trial << ", " << describe(arch, shape));
    check_gemm(arch, compile_gemm(arch, shape), static_cast<std::uint64_t>(trial));
  }
}

TEST_CASE("GEMMs are right on machines with planes outermost, native trits, loaded tables and wide activations") {
  std::mt19937 random(5);
  const std::vector<ArchConfig> all = unusual_machines();
  for (int trial = 0; trial < 160; ++trial) {
    const ArchConfig& arch = all[static_cast<std::size_t>(trial) % all.size()];
    GemmShape shape = random_shape(random, Geometry(arch).kstep);
    if (trial % 3 == 0) shape.format = {WeightKind::kTernary, 2, 0};
    INFO("trial " << trial << ", machine " << trial % static_cast<int>(all.size()) << ", " << describe(arch, shape));
    check_gemm(arch, compile_gemm(arch, shape), static_cast<std::uint64_t>(trial));
  }
}

TEST_CASE("every plan that fits gives the golden bits, not only the cheapest") {
  std::mt19937 random(2);
  const std::vector<ArchConfig> all = machines();
  int plans = 0;
  std::map<std::string, int> kinds;
  for (int trial = 0; trial < 60; ++trial) {
    const ArchConfig& arch = all[static_cast<std::size_t>(trial) % all.size()];
    const GemmShape shape = random_shape(random, Geometry(arch).kstep);
    std::vector<GemmPlan> candidates = candidate_plans(arch, shape);
    std::shuffle(candidates.begin(), candidates.end(), random);
    if (candidates.size() > 12) candidates.resize(12);
    for (const GemmPlan& plan : candidates) {
      const GemmLayout layout(arch, shape, plan.chunk_ksteps);
      const KernelBuilder kernel = emit_gemm(layout, plan);
      if (static_cast<int>(kernel.code().size()) > arch.buffer.instruction_words || kernel.loop_depth() > arch.control.loop_depth) continue;
      INFO("trial " << trial << ", " << describe(arch, shape) << ", chunk " << plan.chunk_ksteps << " of " << layout.ksteps << ", block "
                    << plan.block_tiles << " x " << plan.block_ksteps << ", group " << plan.group_tiles
                    << (plan.pipelined ? ", pipelined" : "") << (plan.chained ? ", chained" : ""));
      check_gemm(arch, compile_gemm(arch, shape, plan), static_cast<std::uint64_t>(trial));
      ++plans;
      if (plan.pipelined) ++kinds["pipelined"];
      if (plan.chained) ++kinds["chained"];
      if (k_blocks(layout, plan) > 1) ++kinds["k-blocked"];
      if (plan.block_tiles > 2) ++kinds["tall"];
      if (layout.m_tiles % plan.block_tiles != 0) ++kinds["ragged"];
      if (layout.segment_ksteps > 0) ++kinds["segmented"];
    }
  }
  CHECK(plans > 300);
  for (const char* kind : {"pipelined", "chained", "k-blocked", "tall", "ragged", "segmented"}) {
    INFO(kind);
    CHECK(kinds[kind] > 5);
  }
}
