// How codes become the lines that kernels read (pictures in docs/kernels.md).
#pragma once

#include "kernels/plan.h"

namespace lutra::kernels {

/// Bits of one field of u in a byte.
constexpr int field_bits(ChunkKind kind) {
  switch (kind) {
    case ChunkKind::kField2:
      return 2;
    case ChunkKind::kField4:
      return 4;
    case ChunkKind::kCode:
      return 8;
    default:
      return 1;
  }
}
/// k that the smallest whole number of a chunk's lines covers, and the bytes of those lines.
int chunk_depth(const Chunk& chunk);
std::size_t chunk_bytes(const Chunk& chunk);

/// Sets family and layout of the plan from its options and type; kAuto by the measured crossover. Throws Error for what does not go
/// together.
void choose_family(PlanData& plan);
/// The planes of a lookup plan, or the one stream of codes of a scalar one.
std::vector<Chunk> lookup_chunks(const PlanData& plan);
/// Fills plan.weights, whose layout is decided.
void pack_weights(PlanData& plan, const WeightMatrix& weights, int threads);

}  // namespace lutra::kernels
