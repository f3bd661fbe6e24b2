// How one GEMM is cut to fit a core's buffers, and which cuts are possible.
#pragma once

#include <string>
#include <vector>

#include "workloads/layout.h"

namespace lutra::workloads {

/// The cut of a GEMM. Loops from outside in: m-blocks, n-groups, k-blocks, n-tiles of the group, k-chunks, tile rows of the block.
/// Tables of an m-block's k-block are built once and serve all n-tiles of the group. Without k-blocking the group is all n-tiles.
struct GemmPlan {
  int chunk_ksteps = 1;    // k-steps of weights that are loaded, used by all tile rows of the block, and given back
  int block_tiles = 1;     // tile rows of an m-block: their tables are in the buffer together
  bool pipelined = false;  // tables of the next m-block are built beside the present one's products
  int block_ksteps = 1;    // k-steps whose tables are in the buffer together, a multiple of chunk_ksteps unless it is all
  int group_tiles = 1;     // n-tiles whose accumulators are held through all k-blocks; used when there is more than one k-block
  bool chained = false;    // k-chunks of a tile share the array's accumulators and drain once

  // Derived by fit().
  int activation_ksteps = 1;  // k-steps of a tile row that are loaded and built with one command
  int activation_slots = 0;   // such pieces in the activation buffer
  int weight_slots = 0;       // chunks in the weight buffer (and their z' in the parameter buffer)
  int table_slots = 0;        // tile-row pieces (activation_ksteps) in the table buffer
  int accumulator_slots = 0;  // tiles
  bool operator==(const GemmPlan&) const = default;
};

/// Longest run of k-steps whose sums the array's accumulators hold for sure.
int safe_ksteps(const ArchConfig& arch, const GemmShape& shape);

/// k-blocks of a plan.
int k_blocks(const GemmLayout& layout, const GemmPlan& plan);

/// Fills in the derived fields. Returns "" when the plan can run, else the buffer that is too small and by how much.
std::string fit(const ArchConfig& arch, const GemmLayout& layout, GemmPlan& plan);

/// All plans worth pricing. Throws Error when none fits, with the reason of the smallest one, or when an output may leave INT32.
std::vector<GemmPlan> candidate_plans(const ArchConfig& arch, const GemmShape& shape);

}  // namespace lutra::workloads
