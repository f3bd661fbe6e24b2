// Candidate cuts of a GEMM and the rules they obey.
#include "workloads/gemm_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>

#include "isa/error.h"

namespace lutra::workloads {
namespace {

constexpr int kMaxSemaphore = 255;  // a counter's largest value
constexpr int kMaxBeats = 65535;    // of a load's row, and k-steps of a command
constexpr int kMaxChunks = 64;      // more chunks a tile than this never pay
constexpr int kOutputMax = INT32_MAX;

int limited(long long slots) { return static_cast<int>(std::min<long long>(slots, kMaxSemaphore)); }

/// Largest magnitude that a k-step adds to an accumulator for a weight of magnitude 1.
long long max_step(const ArchConfig& arch) {
  const Geometry g(arch);
  return g.quantised ? 128LL * g.tables : (1LL << (g.operand_bits - 1)) * g.kstep;
}

void check_outputs(const ArchConfig& arch, const GemmShape& shape) {
  if (Geometry(arch).floating) return;
  // A float scale unit holds the integers of one segment only.
  const bool scaled = arch.scale.unit == "float";
  const long long kstep = Geometry(arch).kstep, depth = scaled ? segment_ksteps(arch, shape) * kstep : shape.depth;
  const long long step = max_step(arch) * max_magnitude(shape.format), bound = ceil_div(depth * step, kstep);
  if (bound > kOutputMax) {
    throw Error(fmt::format("outputs over k = {} of {} weights may reach {}, which INT32 does not hold; allowed is k up to {}", depth,
                            to_string(shape.format), bound, kOutputMax * kstep / step));
  }
}

/// Chunk sizes: k cut into 1, 2, 3, ... equal parts, and small sizes, where these respect segments.
std::set<int> chunk_sizes(const ArchConfig& arch, const GemmLayout& whole) {
  std::set<int> sizes;
  const int safe = safe_ksteps(arch, whole.shape), segment = whole.segment_ksteps;
  const auto offer = [&sizes, &whole, safe, segment](int size) {
    const bool fits_segment = segment == 0 || size % segment == 0 || (segment % size == 0 && !whole.geometry.scaled);
    const int summed = segment == 0 ? size : std::min(size, segment);
    if (size >= 1 && size <= whole.ksteps && fits_segment && summed <= safe) sizes.insert(size);
  };
  for (int parts = 1; parts <= std::min(whole.ksteps, kMaxChunks); ++parts) {
    const auto size = static_cast<int>(ceil_div(whole.ksteps, parts));
    offer(size);
    if (segment > 0) offer(static_cast<int>(ceil_div(size, segment)) * segment);
  }
  for (int size = 1; size <= safe && size <= whole.ksteps; size *= 2) offer(size);
  if (segment > 0) {
    for (int size = 1; size <= segment; ++size) offer(size);
  }
  return sizes;
}

/// k-steps of which pieces of activations are multiples: whole beats, and whole groups of tables with a scale.
int piece_unit(const GemmLayout& layout) {
  const Geometry& g = layout.geometry;
  return std::lcm(g.memory ? 1 : g.activation.words_per_line, std::max(1, g.group_ksteps));
}

/// Cuts k into blocks when not even one tile row's tables fit. Blocks start at a chunk and at a beat of activations.
void cut_k(const ArchConfig& arch, const GemmLayout& layout, GemmPlan& plan) {
  plan.block_ksteps = layout.ksteps;
  if (layout.ksteps <= arch.buffer.table_words) return;
  const int unit = std::lcm(plan.chunk_ksteps, piece_unit(layout));
  const int units = static_cast<int>(ceil_div(layout.ksteps, unit));
  const int blocks = static_cast<int>(ceil_div(units, std::max(1, arch.buffer.table_words / unit)));
  plan.block_ksteps = static_cast<int>(ceil_div(units, blocks)) * unit;
}

class Collector {
 public:
  Collector(const ArchConfig& arch, const GemmLayout& layout) : arch_(arch), layout_(layout) {}
  void offer(GemmPlan plan) {
    const std::string reason = fit(arch_, layout_, plan);
    if (reason.empty()) {
      plans.push_back(plan);
    } else {
      why_not = reason;
    }
  }
  std::vector<GemmPlan> plans;
  std::string why_not;

 private:
  const ArchConfig& arch_;
  const GemmLayout& layout_;
};

/// Every cut of m (or, under k-blocking, of n) for one chunk size.
void collect(const ArchConfig& arch, const GemmLayout& layout, Collector& out) {
  GemmPlan plan;
  plan.chunk_ksteps = layout.chunk_ksteps;
  cut_k(arch, layout, plan);
  if (k_blocks(layout, plan) > 1) {
    const auto most = static_cast<int>(std::min<long long>(layout.n_tiles, std::max(1, arch.buffer.accumulator_tiles)));
    for (int group = most; group >= 1; --group) {
      plan.group_tiles = group;
      out.offer(plan);
    }
    return;
  }
  const int can_chain = layout.ksteps <= safe_ksteps(arch, layout.shape) && layout.segment_ksteps == 0 ? 1 : 0;
  const long long table_rows = arch.buffer.table_words / layout.ksteps;
  const long long most = std::min({layout.m_tiles, table_rows, static_cast<long long>(arch.buffer.accumulator_tiles)});
  plan.group_tiles = 1;
  for (int tiles = static_cast<int>(most); tiles >= 1; --tiles) {
    plan.block_tiles = tiles;
    // Planes outermost: a run passes over its k-steps once a plane, so every chunk is drained.
    plan.chained = tiles == 1 && can_chain == 1 && !layout.geometry.horner;
    for (const bool pipelined : {false, true}) {
      if (pipelined && layout.m_tiles <= tiles) continue;
      plan.pipelined = pipelined;
      out.offer(plan);
    }
  }
}

}  // namespace

int safe_ksteps(const ArchConfig& arch, const GemmShape& shape) {
  if (Geometry(arch).floating) return kMaxBeats;  // FP32 has no bound to keep
  const long long largest = (1LL << (arch.array.accumulator_bits - 1)) - 1;
  const long long of_a_step = max_step(arch) * kernels::max_plane_value(plane_type(shape.format));
  return static_cast<int>(std::min<long long>(largest / of_a_step, kMaxBeats));
}

int k_blocks(const GemmLayout& layout, const GemmPlan& plan) { return static_cast<int>(ceil_div(layout.ksteps, plan.block_ksteps)); }

namespace {

std::string fit_tables(const ArchConfig& arch, const GemmLayout& layout, GemmPlan& plan) {
  // Tables: a slot is one command's k-steps; all commands of a block, twice when the next block is built beside it.
  const long long commands = ceil_div(plan.block_ksteps, plan.activation_ksteps);
  const long long table_rows = arch.buffer.table_words / plan.block_ksteps;
  const long long wanted_rows = plan.block_tiles * (plan.pipelined ? 2 : 1);
  if (table_rows < wanted_rows)
    return fmt::format("buffer.table_words is {}, {} tile rows of {} k-steps need {}", arch.buffer.table_words, wanted_rows,
                       plan.block_ksteps, wanted_rows * plan.block_ksteps);
  plan.table_slots = static_cast<int>(std::min(table_rows, kMaxSemaphore / commands) * commands);
  if (plan.table_slots < wanted_rows * commands)
    return fmt::format("{} tile rows in {} pieces each are too many for a semaphore", wanted_rows, commands);
  const int tiles = plan.block_tiles * (k_blocks(layout, plan) > 1 ? plan.group_tiles : 1);
  plan.accumulator_slots = limited(arch.buffer.accumulator_tiles);
  if (plan.accumulator_slots < tiles)
    return fmt::format("buffer.accumulator_tiles is {}, the plan needs {}", arch.buffer.accumulator_tiles, tiles);
  return "";
}

}  // namespace

std::string fit(const ArchConfig& arch, const GemmLayout& layout, GemmPlan& plan) {
  const Geometry& g = layout.geometry;
  const int chunk = std::min(plan.chunk_ksteps, layout.ksteps);
  const long long chunk_words = layout.padded_weight_words(chunk);
  plan.weight_slots = limited(g.weight.words / chunk_words);
  if (plan.weight_slots < 1) return fmt::format("buffer.weight_words is {}, a k-chunk needs {}", g.weight.words, chunk_words);
  if (chunk_words / g.weight.words_per_line * g.weight.beats_per_line > kMaxBeats)
    return fmt::format("a k-chunk of {} words is too long for one load", chunk_words);
  if (layout.has_parameters()) {
    const long long words = layout.chunk_parameter_bytes / g.parameter.stride_bytes;
    plan.weight_slots = limited(std::min<long long>(plan.weight_slots, g.parameter.words / words));
    if (plan.weight_slots < 1)
      return fmt::format("buffer.parameter_words is {}, the zero points and scales of a k-chunk need {}", g.parameter.words, words);
  }
  if (g.memory) {
    // Tables come in whole blocks, as far as a load reaches.
    const long long beats = g.table.stride_bytes / g.bus_bytes;
    plan.activation_ksteps = static_cast<int>(std::min<long long>(plan.block_ksteps, kMaxBeats / beats));
    plan.activation_slots = 1;
    return fit_tables(arch, layout, plan);
  }
  // Activations: a whole tile row if two of them fit, else pieces.
  const long long per_line = g.activation.words_per_line, unit = piece_unit(layout);
  const auto slot_words = [&](long long ksteps) { return layout.tile_rows * ceil_div(ksteps, per_line) * per_line; };
  long long pieces = 1;
  while (pieces < plan.block_ksteps &&
         slot_words(ceil_div(plan.block_ksteps, pieces)) * (pieces == 1 && plan.block_tiles == 1 ? 1 : 2) > g.activation.words)
    ++pieces;
  plan.activation_ksteps =
      static_cast<int>(std::min<long long>(plan.block_ksteps, ceil_div(ceil_div(plan.block_ksteps, pieces), unit) * unit));
  plan.activation_slots = limited(g.activation.words / slot_words(plan.activation_ksteps));
  if (plan.activation_slots < 1)
    return fmt::format("buffer.activation_words is {}, a k-step of {} rows needs {}", g.activation.words, layout.tile_rows, slot_words(1));
  return fit_tables(arch, layout, plan);
}

std::vector<GemmPlan> candidate_plans(const ArchConfig& arch, const GemmShape& shape) {
  check_outputs(arch, shape);
  const GemmLayout whole(arch, shape, std::max(1, segment_ksteps(arch, shape)));
  std::vector<GemmPlan> plans;
  std::string why_not = fmt::format("array.accumulator_bits is {}, one k-step of {} weights may overflow it", arch.array.accumulator_bits,
                                    to_string(shape.format));
  for (const int chunk : chunk_sizes(arch, whole)) {
    const GemmLayout layout(arch, shape, chunk);
    Collector found(arch, layout);
    collect(arch, layout, found);
    plans.insert(plans.end(), found.plans.begin(), found.plans.end());
    if (!found.why_not.empty()) why_not = found.why_not;
  }
  if (plans.empty()) throw Error("the configuration is too small for a tile: " + why_not);
  return plans;
}

}  // namespace lutra::workloads
