// Searches tile shapes (docs/gpu.md, Products).
#include "sim/gpu/tile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "isa/error.h"

namespace lutra::gpu {
namespace {

constexpr int kStages = 3;                   // k-slabs in flight in shared memory
constexpr int kSlabBytes = 128;              // of a row of activations: one cache line
constexpr int kMaxResidents = 8;             // thread blocks
constexpr int kFewTokens = 32;               // products of so few rows may share k between the warps of a block
constexpr double kContextBytes = 128 << 10;  // accumulators of a full 256 KiB register file, half of which holds operands and addresses
constexpr std::array<int, 5> kRows{16, 32, 64, 128, 256};
constexpr std::array<int, 5> kColumns{32, 64, 128, 256, 512};
constexpr std::array<int, 4> kSlices{1, 2, 4, 8};

std::int64_t blocks(std::int64_t size, int tile) { return (size + tile - 1) / tile; }
Cycle whole(double cycles) { return static_cast<Cycle>(std::ceil(cycles - 1e-9)); }

/// Bytes from and to memory of one product. A tile order sweeps one operand and keeps the other: it re-reads what it sweeps once for
/// each block of the kept one that half of the L2 holds. Activations and results that fit in L2 together never leave it.
double memory_bytes(const GpuHost& host, const GemmShape& s, int rows, int columns) {
  const double half = host.l2_bytes() / 2;
  const double a = static_cast<double>(s.m) * static_cast<double>(s.k) * s.a_bytes;
  const double w = static_cast<double>(s.n) * static_cast<double>(s.k) * s.w_bytes;
  const double out = static_cast<double>(s.m) * static_cast<double>(s.n) * s.out_bytes;
  const auto batch = static_cast<double>(s.batch);
  const bool resident = batch * (a + out) <= host.l2_bytes();
  const auto passes = [half](double swept, std::int64_t kept_blocks, double kept_block_bytes) {
    if (swept <= half) return 1.0;
    const double held = std::max(1.0, std::floor(half / kept_block_bytes));
    return std::ceil(static_cast<double>(kept_blocks) / held);
  };
  const auto depth = static_cast<double>(s.k);
  const double w_passes = passes(w, blocks(s.m, rows), rows * depth * s.a_bytes);
  const double a_passes = passes(a, blocks(s.n, columns), columns * depth * s.w_bytes);
  const double w_once = s.w_total_bytes >= 0 ? s.w_total_bytes : batch * w;
  const double moved_a = resident ? 0 : batch * a, moved_out = resident ? 0 : batch * out;
  return std::min(w_once * w_passes + moved_a, w_once + moved_a * a_passes) + moved_out;
}

class Search {
 public:
  Search(const GpuHost& host, const GemmShape& shape) : host_(host), s_(shape), rate_(unit_rate(host, shape.unit, shape.planes)) {}

  TilePlan run() {
    for (const int rows : kRows)
      for (const int columns : kColumns)
        for (const int slices : kSlices)
          if (slices == 1 || s_.m <= kFewTokens) shape(rows, columns, slices);
    if (!best_)
      throw Error(fmt::format("no tile of {} x {} x {} fits {} KiB of registers and {} KiB of shared memory", s_.m, s_.n, s_.k,
                              host_.sm.register_kib, host_.sm.shared_kib));
    return *best_;
  }

 private:
  void shape(int rows, int columns, int slices) {
    const double accumulators = 4.0 * rows * columns * slices;
    const double slab = std::floor(kSlabBytes / s_.a_bytes);
    const double stage = (rows * s_.a_bytes + columns * s_.w_shared_bytes) * slab;
    TilePlan plan;
    plan.rows = rows;
    plan.columns = columns;
    plan.slices = slices;
    plan.tiles = s_.batch * blocks(s_.m, rows) * blocks(s_.n, columns);
    plan.active_sms = std::min<std::int64_t>(plan.tiles, host_.sm.count);
    plan.tiles_per_sm = (plan.tiles + host_.sm.count - 1) / host_.sm.count;
    plan.hbm_bytes = memory_bytes(host_, s_, rows, columns);
    for (int residents = 1; residents <= kMaxResidents; ++residents) {
      const bool fits =
          residents * accumulators * 2 <= host_.sm.register_kib * 1024.0 && residents * kStages * stage <= host_.sm.shared_kib * 1024.0;
      if (!fits) break;
      plan.residents = residents;
      time(plan, accumulators);
      if (!best_ || plan.cycles < best_->cycles) best_ = plan;
    }
  }

  void time(TilePlan& plan, double accumulators) const {
    const auto active = static_cast<double>(plan.active_sms);
    const double port = std::min<double>(host_.l2.sm_bytes_per_cycle, host_.l2_bytes_per_cycle() / active);
    const auto depth = static_cast<double>(s_.k);
    const double products = static_cast<double>(plan.rows) * plan.columns * depth / rate_;
    // Tiles at the border load and write what is inside the matrix, but multiply in full.
    const double rows = plan.inner_rows(s_), columns = plan.inner_columns(s_);
    const double loads = (rows * s_.a_bytes + columns * s_.w_bytes) * depth / port;
    const double memory = plan.hbm_bytes / static_cast<double>(plan.tiles) / (host_.hbm_bytes_per_cycle() / active);
    // A 32-bit lane does two additions of 16 bits.
    const double tables = builds_tables(host_, s_.unit) ? kTableAdditions / 2 * plan.rows * depth / host_.sm.integer_lanes : 0;
    const double others = std::max({loads, memory, tables});
    const auto product = [&](std::int64_t there) {
      // While one context waits for operands another may multiply: the pipe idles when all of them wait.
      const double contexts = static_cast<double>(there) * accumulators / kContextBytes;
      const double busy = 1 - std::pow(1 - host_.calibration.mma_issue, contexts);
      return std::max(products / busy, others);
    };
    const std::int64_t tail = plan.tiles_per_sm % plan.residents;
    const double full = product(plan.residents);
    plan.product = whole(full);
    plan.tail_product = tail > 0 ? whole(product(tail)) : plan.product;
    plan.bound = full > others ? Bound::kTensor : others == memory ? Bound::kHbm : others == loads ? Bound::kL2 : Bound::kTables;
    plan.prologue = host_.l2.latency_cycles;
    plan.epilogue = whole(host_.l2.latency_cycles / 2.0 + rows * columns * s_.out_bytes / port +
                          (plan.slices - 1) * 4.0 * plan.rows * plan.columns / kSlabBytes);
    plan.cycles = sm_cycles(plan);
  }

  const GpuHost& host_;
  const GemmShape& s_;
  double rate_;
  std::optional<TilePlan> best_;
};

}  // namespace

const char* to_string(Bound bound) {
  static constexpr const char* kNames[] = {"tensor", "l2", "hbm", "tables"};
  return kNames[static_cast<int>(bound)];
}

double unit_rate(const GpuHost& host, Unit unit, int planes) {
  struct Row {
    double tops;
    const char* name;
  };
  const TensorConfig& t = host.tensor;
  const Row rows[] = {{t.fp16_tops, "FP16 tensor cores"},
                      {t.fp8_tops, "FP8 tensor cores"},
                      {t.int8_tops, "INT8 tensor cores"},
                      {t.lut_plane_tops / planes, "lookup-table units"}};
  const Row& row = rows[static_cast<int>(unit)];
  if (!(row.tops > 0)) throw Error(fmt::format("the host {} has no {}", host.name, row.name));
  return host.macs_per_sm_cycle(row.tops);
}

bool builds_tables(const GpuHost& host, Unit unit) { return unit == Unit::kLut && host.tensor.tables == "sm"; }

Cycle sm_cycles(const TilePlan& plan) {
  const std::int64_t residents = plan.residents, full = plan.full_tiles();
  const Cycle around = plan.prologue + plan.epilogue;  // of a resident, outside the tensor pipe
  // Where the other residents' products cover that, tiles follow each other without a gap; else a group starts when the one before
  // it has been written. `start + (i+1) product` is the end of tile i of the group.
  const bool covered = around <= (residents - 1) * plan.product;
  const auto product_end = [&](std::int64_t tile) {
    if (covered) return plan.prologue + (tile + 1) * plan.product;
    return tile / residents * (around + plan.product) + plan.prologue + (tile % residents + 1) * plan.product;
  };
  Cycle end = full > 0 ? product_end(full - 1) : 0;
  for (std::int64_t i = full; i < plan.tiles_per_sm; ++i) {
    const Cycle loaded = i >= residents ? product_end(i - residents) + around : plan.prologue;
    end = std::max(end, loaded) + plan.tail_product;
  }
  return end + plan.epilogue;
}

TilePlan plan_gemm(const GpuHost& host, const GemmShape& shape) {
  if (shape.batch < 1 || shape.m < 1 || shape.n < 1 || shape.k < 1)
    throw Error(fmt::format("a product of {} x {} x {} x {} has no work", shape.batch, shape.m, shape.n, shape.k));
  return Search(host, shape).run();
}

}  // namespace lutra::gpu
