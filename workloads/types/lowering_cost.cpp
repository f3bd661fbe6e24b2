// Walks a lowering step by step and counts.
#include "workloads/types/lowering_cost.h"

#include <fmt/format.h>

#include <cmath>

#include "isa/geometry.h"
#include "isa/timing/compute_timing.h"
#include "workloads/compile.h"
#include "workloads/types/packed_weights.h"

namespace lutra::workloads {
namespace {

long long bytes_of(long long weights, double bits) { return static_cast<long long>(std::ceil(static_cast<double>(weights) * bits / 8)); }

/// Steps on the host, from packed tiles to plane words in k order; `weights` of whole tiles.
void add_host_steps(const Lowering& l, long long weights, std::vector<StepCost>& steps) {
  const auto add = [&steps, weights](const Transformation& step, double bits_in, double bits_out) {
    steps.push_back({to_string(step.kind()), step.text(), bytes_of(weights, bits_in), bytes_of(weights, bits_out), step.invertible(), 0});
  };
  double bits = l.type.bits_per_weight();
  const Chain unpack = unpacking(l.type);
  for (const auto& step : unpack.steps()) {
    double after = bits;
    if (step->kind() == Transformation::Kind::kSlice) {
      double word_bits = 0;
      for (const WordRun& run : l.type.code)
        for (const BitPiece& piece : run.pieces) word_bits += piece.bits * run.count;
      after = word_bits / l.type.weights;
    } else if (step->kind() == Transformation::Kind::kConvert) {
      after = l.type.code_bits;
    }
    add(*step, bits, after);
    bits = after;
  }
  const Chain convert = conversion(l);
  for (const auto& step : convert.steps()) add(*step, bits, l.planes());
  for (const LoweringPass& pass : l.passes) {
    if (l.passes.size() == 1) break;
    steps.push_back({"slice",
                     fmt::format("planes {} to {} for a pass of its own", pass.first_plane, pass.first_plane + pass.format.bits - 1),
                     bytes_of(weights, l.planes()), bytes_of(weights, pass.format.bits), true, 0});
  }
}

}  // namespace

LoweringCost lowering_cost(const Lowering& l, const ArchConfig& arch, long long outputs, long long depth) {
  LoweringCost cost;
  const long long weights = outputs * depth;
  add_host_steps(l, outputs * ceil_div(depth, l.type.weights) * l.type.weights, cost.steps);
  const WeightFormat whole = format_of(l);
  cost.stored_bytes = outputs * packed_row_bytes(l.type, depth);
  if (l.type.scales_beside()) cost.stored_bytes += scale_count(whole, outputs, depth) * 4;
  for (int pass = 0; pass < static_cast<int>(l.passes.size()); ++pass) {
    const CompiledGemm gemm = compile_gemm(arch, {1, outputs, depth, format_of(l, pass)});
    const GemmLayout& layout = gemm.layout;
    const long long planes = bytes_of(weights, layout.type.planes);
    const long long padded = bytes_of(layout.n_tiles * layout.columns * layout.ksteps * layout.geometry.kstep, layout.type.planes);
    cost.steps.push_back({"pad",
                          fmt::format("{} x {} to {} x {} weights", outputs, depth, layout.n_tiles * layout.columns,
                                      std::int64_t{layout.ksteps} * layout.geometry.kstep),
                          planes, padded, true, 0});
    cost.steps.push_back(
        {"map", fmt::format("bits to the array's words, {} planes of {} columns, signs folded", layout.type.planes, layout.columns), padded,
         layout.weight_bytes + layout.parameter_bytes, true, 0});
    const double beats = static_cast<double>(layout.weight_bytes + layout.parameter_bytes) / layout.geometry.bus_bytes;
    cost.steps.push_back({"load", "planes to the weight buffer", layout.weight_bytes + layout.parameter_bytes,
                          layout.weight_bytes + layout.parameter_bytes, true, beats});
    cost.steps.push_back({"multiply", "table look-ups of the array", 0, layout.output_bytes, true,
                          static_cast<double>(timing::array_steps(arch.array, layout.ksteps, layout.type.planes) *
                                              timing::step_interval(arch) * layout.n_tiles)});
    cost.core_bytes += layout.weight_bytes + layout.parameter_bytes;
    cost.cycles += gemm.estimate.total();
  }
  return cost;
}

}  // namespace lutra::workloads
