// Operands in, outputs out.
#include "workloads/operands.h"

#include <algorithm>

#include "kernels/half.h"
#include "kernels/mpgemm.h"
#include "kernels/scaled_golden.h"
#include "workloads/machine_rows.h"

namespace lutra::workloads {
namespace {

std::vector<std::int8_t> codes_of(const PlacedJob& job, const ActivationSource& source, std::vector<float>* scales = nullptr) {
  const GemmShape& s = job.layout.shape;
  std::vector<std::int8_t> codes(static_cast<std::size_t>(s.tokens * s.depth));
  if (scales != nullptr) scales->resize(static_cast<std::size_t>(s.tokens));
  source.codes(job.activations, s.depth, 0, s.tokens, codes.data(), scales != nullptr ? scales->data() : nullptr);
  return codes;
}

/// Weights [begin, end) of a job for a float scale unit, parameters segment after segment: segments x outputs.
struct ScaledWeights {
  int outputs = 0, depth = 0, segment = 0;
  std::vector<std::uint8_t> codes;
  std::vector<float> scales, real_zeros;
  std::vector<std::int16_t> zeros;
};

ScaledWeights scaled_weights(const PlacedJob& job, const WeightSource& source, long long begin, long long end) {
  const GemmShape& s = job.layout.shape;
  const long long count = end - begin, groups = group_count(job.weights);
  const long long segment = std::int64_t{job.layout.segment_ksteps} * job.layout.geometry.kstep, segments = ceil_div(s.depth, segment);
  const bool has_zeros = plane_type(s.format).zero_mode == kernels::ZeroMode::kPerColumn;
  std::vector<float> scales(static_cast<std::size_t>(count * groups)), offsets(scales.size()), products;
  std::vector<std::int16_t> zeros(has_zeros ? scales.size() : 0);
  ScaledWeights w{static_cast<int>(count), static_cast<int>(s.depth), static_cast<int>(segment), {}, {}, {}, {}};
  w.codes.resize(static_cast<std::size_t>(count * s.depth));
  source.codes(job.weights, begin, end, w.codes.data());
  source.scales(job.weights, begin, end, scales.data());
  if (has_zeros) source.zeros(job.weights, begin, end, zeros.data());
  if (job.layout.geometry.real_zeros && job.layout.type.zero_mode == kernels::ZeroMode::kPerColumn) {
    source.offsets(job.weights, begin, end, offsets.data());
    products = real_zeros(job.layout, scales, zeros, offsets);
    zeros.clear();
  }
  for (long long g = 0; g < segments; ++g) {
    const long long group = groups == 1 ? 0 : g * segment / s.format.group;
    for (long long n = 0; n < count; ++n) {
      const auto from = static_cast<std::size_t>(n * groups + group);
      w.scales.push_back(scales[from]);
      if (!zeros.empty()) w.zeros.push_back(zeros[from]);
      if (!products.empty()) w.real_zeros.push_back(products[from]);
    }
  }
  return w;
}

/// What a float scale unit leaves, by the kernels: planes of bits, integer zero points, exact or quantised tables of INT8 activations.
template <typename Narrow>
std::vector<std::int32_t> kernel_outputs(const PlacedJob& job, const ScaledWeights& w, const ActivationSource& activations,
                                         kernels::ValueType type) {
  std::vector<float> token_scales;
  const std::vector<std::int8_t> tokens = codes_of(job, activations, &token_scales);
  const kernels::WeightMatrix matrix{w.outputs, w.depth, plane_type(job.layout.shape.format), w.segment, w.codes, w.scales, w.zeros, {}};
  const kernels::Plan plan = kernels::make_plan(matrix, job.tables);
  std::vector<Narrow> values(token_scales.size() * static_cast<std::size_t>(w.outputs));
  kernels::mpgemm(plan, {kernels::ValueType::kInt8, tokens.data(), static_cast<int>(token_scales.size()), 0, token_scales},
                  {type, values.data(), 0});
  return {values.begin(), values.end()};
}

/// The same for everything else.
std::vector<float> golden_outputs(const PlacedJob& job, const ScaledWeights& w, const ActivationSource& activations) {
  const Geometry& g = job.layout.geometry;
  const MachineRows rows = machine_rows(job, activations);
  kernels::ScaledGemm gemm;
  gemm.tokens = static_cast<int>(job.layout.shape.tokens);
  gemm.outputs = w.outputs;
  gemm.depth = w.depth;
  gemm.type = job.layout.type;
  gemm.trits = job.layout.native_trits;
  gemm.table_inputs = job.layout.table_inputs;
  gemm.table_group = g.group_ksteps * g.kstep;
  gemm.quantised = g.quantised;
  gemm.power_of_two = job.tables.pow2;
  gemm.activations = rows.integers;
  gemm.values = rows.values;
  gemm.table_scales = rows.aligned_scales;
  gemm.token_scales = rows.token_scales;
  gemm.codes = w.codes;
  gemm.segment = w.segment;
  // A trit is half of what two planes make of it.
  std::vector<float> scales = w.scales;
  if (gemm.trits)
    for (float& scale : scales) scale *= 2;
  gemm.scales = scales;
  gemm.zeros = w.zeros;
  gemm.real_zeros = w.real_zeros;
  return kernels::golden_scaled_gemm(gemm);
}

std::vector<std::int32_t> scaled_outputs(const PlacedJob& job, const WeightSource& weights, const ActivationSource& activations,
                                         long long begin, long long end) {
  const Geometry& g = job.layout.geometry;
  const ScaledWeights w = scaled_weights(job, weights, begin, end);
  if (g.aligned || g.floating || (g.quantised && job.layout.native_trits) || !w.real_zeros.empty()) {
    std::vector<std::int32_t> outputs;
    for (const float value : golden_outputs(job, w, activations))
      outputs.push_back(static_cast<std::int32_t>(kernels::output_bits(job.output, value)));
    return outputs;
  }
  if (job.output == "fp16") return kernel_outputs<std::uint16_t>(job, w, activations, kernels::ValueType::kFp16);
  if (job.output == "bf16") return kernel_outputs<std::uint16_t>(job, w, activations, kernels::ValueType::kBf16);
  if (job.output == "int8") return kernel_outputs<std::uint8_t>(job, w, activations, kernels::ValueType::kInt8);
  return kernel_outputs<std::int32_t>(job, w, activations, kernels::ValueType::kFp32);
}

}  // namespace

void place_operands(const PlacedJob& job, const WeightSource& weights, const ActivationSource& activations, const MemoryWriter& write) {
  const auto at = [&write](std::uint64_t base) {
    return
        [&write, base](long long offset, std::span<const std::uint8_t> bytes) { write(base + static_cast<std::uint64_t>(offset), bytes); };
  };
  pack_weights(job.layout, job.weights, weights, at(job.weight_base));
  pack_parameters(job.layout, job.weights, weights, at(job.parameter_base));
  std::vector<std::uint8_t> packed(static_cast<std::size_t>(job.layout.activation_bytes));
  const MachineRows rows = machine_rows(job, activations);
  pack_rows(job, rows, packed);
  write(job.activation_base, packed);
  if (job.layout.token_scale_bytes == 0) return;
  std::vector<std::uint8_t> packed_scales(static_cast<std::size_t>(job.layout.token_scale_bytes));
  pack_token_scales(job.layout, rows.token_scales, packed_scales);
  write(job.token_scale_base, packed_scales);
}

std::vector<std::int32_t> expected_outputs(const PlacedJob& job, const WeightSource& weights, const ActivationSource& activations) {
  return expected_outputs(job, weights, activations, 0, job.layout.shape.outputs);
}

std::vector<std::int32_t> expected_outputs(const PlacedJob& job, const WeightSource& weights, const ActivationSource& activations,
                                           long long begin, long long end) {
  if (job.layout.geometry.scaled) return scaled_outputs(job, weights, activations, begin, end);
  const GemmShape& s = job.layout.shape;
  const long long count = end - begin, groups = group_count(job.weights);
  const std::vector<std::int8_t> tokens = codes_of(job, activations);
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(count * s.depth));
  weights.codes(job.weights, begin, end, codes.data());
  kernels::GemmOperands operands{static_cast<int>(s.tokens),
                                 static_cast<int>(count),
                                 static_cast<int>(s.depth),
                                 plane_type(s.format),
                                 tokens,
                                 codes,
                                 s.format.group,
                                 {}};
  std::vector<std::int16_t> zeros;
  if (operands.type.zero_mode == kernels::ZeroMode::kPerColumn) {
    std::vector<std::int16_t> by_row(static_cast<std::size_t>(count * groups));
    weights.zeros(job.weights, begin, end, by_row.data());
    zeros.resize(by_row.size());
    for (long long n = 0; n < count; ++n) {
      for (long long g = 0; g < groups; ++g)
        zeros[static_cast<std::size_t>(g * count + n)] = by_row[static_cast<std::size_t>(n * groups + g)];
    }
    operands.zeros = zeros;
  }
  std::vector<std::int32_t> outputs = kernels::mpgemm_unplanned(operands);
  // As planes a ternary weight is twice its trit.
  if (job.layout.native_trits)
    for (std::int32_t& output : outputs) output /= 2;
  return outputs;
}

std::vector<std::int32_t> read_outputs(const PlacedJob& job, const MemoryReader& read) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(job.layout.output_bytes));
  read(job.output_base, bytes);
  return unpack_outputs(job.layout, bytes);
}

}  // namespace lutra::workloads
