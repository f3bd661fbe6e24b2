// A matrix product on a GPU: cut into thread-block tiles, waves over SMs, the time of one tile, and the shape that takes least.
#pragma once

#include <cstdint>

#include "isa/geometry.h"
#include "sim/gpu/host.h"

namespace lutra::gpu {

/// What multiplies: a tensor core for an operand type, or a lookup-table unit.
enum class Unit : std::uint8_t { kFp16, kFp8, kInt8, kLut };

/// Tables of four activations: eight INT8 entries, and the additions that build them, an activation.
inline constexpr double kTableBytes = 2, kTableAdditions = 2;

/// O[m,n] = A[m,k] W[n,k]^T, `batch` times with operands of their own. Bytes are of one element, as it travels from memory.
struct GemmShape {
  Unit unit = Unit::kFp16;
  std::int64_t batch = 1, m = 0, n = 0, k = 0;
  double a_bytes = 2;
  double w_bytes = 2;         // packed: a quarter of a byte for two planes
  double w_shared_bytes = 2;  // as the unit reads it from shared memory
  double out_bytes = 2;
  int planes = 1;             // lookup-table units: cycles a weight takes
  double w_total_bytes = -1;  // of all weights; -1: batch n k w_bytes (fewer where batches share them)
};

/// What limits the product phase of a tile.
enum class Bound : std::uint8_t { kTensor, kL2, kHbm, kTables };
const char* to_string(Bound bound);

/// One way to run a product. Cycles are whole: processes and formula count the same.
struct TilePlan {
  int rows = 0, columns = 0;  // of a thread block's tile
  int slices = 1;             // groups of warps that share its k
  int residents = 1;          // thread blocks an SM holds at a time
  std::int64_t tiles = 0;
  std::int64_t tiles_per_sm = 0;  // of the SM that has most
  std::int64_t active_sms = 0;
  Cycle prologue = 0;      // until a tile's first operands are there
  Cycle product = 0;       // of a tile while all residents are there
  Cycle tail_product = 0;  // of a tile in the last, incomplete group of residents
  Cycle epilogue = 0;      // writing the tile's results
  double hbm_bytes = 0;
  Bound bound = Bound::kTensor;
  Cycle cycles = 0;  // of the whole product, by the formula

  /// Multiply-accumulates of the whole product, those of borders in full.
  [[nodiscard]] double macs(const GemmShape& s) const { return static_cast<double>(tiles) * rows * columns * static_cast<double>(s.k); }
  /// Rows and columns of a tile that are inside the matrix, in the mean: what tiles load and write.
  [[nodiscard]] double inner_rows(const GemmShape& s) const { return inner(s.m, rows); }
  [[nodiscard]] double inner_columns(const GemmShape& s) const { return inner(s.n, columns); }
  /// Tiles of an SM that run with the full number of residents.
  [[nodiscard]] std::int64_t full_tiles() const { return tiles_per_sm - tiles_per_sm % residents; }
  /// Product time of the SM's tile number i.
  [[nodiscard]] Cycle product_of(std::int64_t i) const { return i < full_tiles() ? product : tail_product; }

 private:
  static double inner(std::int64_t size, int tile) {
    const std::int64_t tiles = ceil_div(size, tile);
    return static_cast<double>(size) / static_cast<double>(tiles);
  }
};

/// Peak multiply-accumulates a cycle of one SM; throws Error when the host has no such unit.
double unit_rate(const GpuHost& host, Unit unit, int planes);

/// Whether a product builds its tables itself, in every tile that needs them.
bool builds_tables(const GpuHost& host, Unit unit);

/// When the last epilogue of an SM with `tiles_per_sm` tiles ends: tiles take the tensor pipe in order, a resident's next tile starts
/// loading when its last one is written, and at most `residents` are there. In closed form over full groups.
Cycle sm_cycles(const TilePlan& plan);

/// The plan of least cycles over tile shapes that fit registers and shared memory; throws Error when none fits.
TilePlan plan_gemm(const GpuHost& host, const GemmShape& shape);

}  // namespace lutra::gpu
