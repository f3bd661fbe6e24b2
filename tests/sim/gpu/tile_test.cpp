// Products on GPU hosts: tile shapes, waves, and the formula against the SystemC processes.
#include "sim/gpu/tile.h"

#include <catch2/catch.hpp>
#include <random>

#include "sim/gpu/simulate.h"
#include "sim/gpu/tile_process.h"
#include "tests/isa/message_of.h"

using namespace lutra;
using namespace lutra::gpu;

namespace {

GemmShape product(std::int64_t m, std::int64_t n, std::int64_t k, Unit unit = Unit::kFp16) {
  GemmShape s;
  s.unit = unit;
  s.m = m;
  s.n = n;
  s.k = k;
  if (unit == Unit::kLut) {
    s.a_bytes = 1;
    s.w_bytes = s.w_shared_bytes = 0.25;
    s.planes = 2;
  }
  return s;
}

TilePlan plan_of(std::int64_t tiles_per_sm, int residents, Cycle prologue, Cycle product, Cycle epilogue) {
  TilePlan plan;
  plan.residents = residents;
  plan.active_sms = 1;
  plan.tiles = plan.tiles_per_sm = tiles_per_sm;
  plan.prologue = prologue;
  plan.product = product;
  plan.tail_product = product + 3;
  plan.epilogue = epilogue;
  return plan;
}

double cycles(const GpuHost& host, const GemmShape& shape) { return static_cast<double>(plan_gemm(host, shape).cycles); }

}  // namespace

TEST_CASE("one resident block loads, multiplies and writes tile after tile") { CHECK(sm_cycles(plan_of(3, 1, 10, 100, 20)) == 3 * 130); }

TEST_CASE("two resident blocks hide loading and writing behind each other's products") {
  CHECK(sm_cycles(plan_of(4, 2, 10, 100, 20)) == 10 + 4 * 100 + 20);
}

TEST_CASE("the last, incomplete group of blocks takes the tail's product time") {
  CHECK(sm_cycles(plan_of(5, 2, 10, 100, 20)) == 10 + 4 * 100 + 103 + 20);
}

TEST_CASE("formula and SystemC processes agree on random plans") {
  std::mt19937 random(7);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int i = 0; i < 300; ++i) {
    TilePlan plan = plan_of(pick(1, 40), pick(1, 8), pick(0, 300), pick(1, 200), pick(0, 300));
    plan.tail_product = plan.product + pick(0, 50);
    CAPTURE(i, plan.tiles, plan.residents, plan.prologue, plan.product, plan.tail_product, plan.epilogue);
    REQUIRE(run_tiles(plan, 1) == sm_cycles(plan));
  }
}

TEST_CASE("formula and SystemC processes agree on products of every unit") {
  const GpuHost host = load_host("a100_lut_8x");
  for (const Unit unit : {Unit::kFp16, Unit::kInt8, Unit::kLut})
    for (const std::int64_t m : {1, 17, 128, 1000, 4096}) {
      const TilePlan plan = plan_gemm(host, product(m, 3200, 8640, unit));
      CAPTURE(m, plan.rows, plan.columns, plan.residents);
      CHECK(run_tiles(plan, host.sm.count) == plan.cycles);
    }
}

TEST_CASE("a tile's accumulators fit half the registers and its slabs the shared memory") {
  for (const char* name : {"a100", "a100_lut_4x", "h100", "rtx4090"}) {
    const GpuHost host = load_host(name);
    const TilePlan plan = plan_gemm(host, product(4096, 4096, 4096));
    CHECK(plan.residents * plan.rows * plan.columns * plan.slices * 4 * 2 <= host.sm.register_kib * 1024);
    CHECK(plan.residents * 3 * 128 * (plan.rows + plan.columns) <= host.sm.shared_kib * 1024);
  }
}

TEST_CASE("one tile more than there are SMs costs a wave") {
  GpuHost host = load_host("a100");
  host.sm.count = 4;
  const TilePlan four = plan_gemm(host, product(512, 256, 8192));
  const TilePlan five = plan_gemm(host, product(640, 256, 8192));
  CHECK(static_cast<double>(five.cycles) > 1.2 * static_cast<double>(four.cycles));
}

TEST_CASE("a product of one row is bound by reading its weights once") {
  const GpuHost host = load_host("a100");
  const GemmShape shape = product(1, 12288, 12288);
  const TilePlan plan = plan_gemm(host, shape);
  CHECK(plan.bound == Bound::kHbm);
  const double bytes = 12288.0 * 12288 * 2;
  CHECK(plan.hbm_bytes == Approx(bytes).epsilon(0.01));
  CHECK(static_cast<double>(plan.cycles) < 1.1 * bytes / host.hbm_bytes_per_cycle());
}

TEST_CASE("activations too large for L2 are read again for every block of weights that it holds") {
  GpuHost host = load_host("a100");
  const double much = plan_gemm(host, product(65536, 16384, 8192)).hbm_bytes;
  host.l2.mib = 4;
  CHECK(plan_gemm(host, product(65536, 16384, 8192)).hbm_bytes > much);
}

TEST_CASE("more bandwidth, more SMs or a higher peak never make a product slower") {
  const GpuHost base = load_host("a100_lut_4x");
  for (const Unit unit : {Unit::kFp16, Unit::kLut})
    for (const std::int64_t m : {1, 256, 2048}) {
      const GemmShape shape = product(m, 8640, 3200, unit);
      const auto change = [&](auto&& set) {
        GpuHost host = base;
        set(host);
        return cycles(host, shape) / host.clock_hz();
      };
      const double before = cycles(base, shape) / base.clock_hz();
      CHECK(change([](GpuHost& h) { h.hbm.gb_s *= 2; }) <= before);
      CHECK(change([](GpuHost& h) { h.l2.bytes_per_cycle *= 2; }) <= before);
      CHECK(change([](GpuHost& h) { h.tensor.fp16_tops *= 2, h.tensor.lut_plane_tops *= 2; }) <= before);
      CHECK(change([](GpuHost& h) { h.sm.register_kib *= 2; }) <= before);
      // Twice the SMs with the same peak for each.
      CHECK(change([](GpuHost& h) { h.sm.count *= 2, h.tensor.fp16_tops *= 2, h.tensor.lut_plane_tops *= 2; }) <= before);
    }
}

TEST_CASE("no product is faster than the roofline") {
  for (const char* name : {"a100", "a100_lut_4x", "a100_lut_8x", "h100_lut_8x", "rtx4090"}) {
    const GpuHost host = load_host(name);
    for (const std::int64_t m : {1, 16, 100, 1024, 5000}) {
      Kernel kernel;
      kernel.kind = KernelKind::kProduct;
      kernel.gemm = product(m, 4096, 11008, host.has_lut() ? Unit::kLut : Unit::kFp16);
      CHECK(cycles(host, kernel.gemm) / host.clock_hz() >= roofline_seconds(host, kernel));
    }
  }
}

TEST_CASE("a unit that the host does not have is refused by name") {
  CHECK(test::message_of([] { plan_gemm(load_host("a100"), product(1, 1, 1, Unit::kFp8)); }) == "the host a100 has no FP8 tensor cores");
  CHECK(test::message_of([] { plan_gemm(load_host("a100"), product(1, 1, 1, Unit::kLut)); }) == "the host a100 has no lookup-table units");
}
