// Operands in, outputs out.
#include "workloads/operands.h"

#include <algorithm>

#include "kernels/mpgemm.h"

namespace lutra::workloads {
namespace {

std::vector<std::int8_t> activations_of(const PlacedJob& job, const ActivationSource& source, std::vector<float>* scales = nullptr) {
  const GemmShape& s = job.layout.shape;
  std::vector<std::int8_t> codes(static_cast<std::size_t>(s.tokens * s.depth));
  if (scales != nullptr) scales->resize(static_cast<std::size_t>(s.tokens));
  source.codes(job.activations, s.depth, 0, s.tokens, codes.data(), scales != nullptr ? scales->data() : nullptr);
  return codes;
}

/// What a float scale unit leaves of outputs [begin, end): the kernels' bits, with segments where the layout has them.
std::vector<std::int32_t> scaled_outputs(const PlacedJob& job, const WeightSource& weights, const ActivationSource& activations,
                                         long long begin, long long end) {
  const GemmShape& s = job.layout.shape;
  const long long count = end - begin, groups = group_count(job.weights);
  const auto segment = static_cast<long long>(job.layout.segment_ksteps) * job.layout.geometry.kstep;
  const long long segments = ceil_div(s.depth, segment);
  std::vector<float> token_scales;
  const std::vector<std::int8_t> tokens = activations_of(job, activations, &token_scales);
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(count * s.depth));
  weights.codes(job.weights, begin, end, codes.data());
  const kernels::PlaneType type = plane_type(s.format);
  const bool has_zeros = type.zero_mode == kernels::ZeroMode::kPerColumn;
  std::vector<float> by_row(static_cast<std::size_t>(count * groups)), scales(static_cast<std::size_t>(count * segments));
  std::vector<std::int16_t> zeros_by_row(has_zeros ? by_row.size() : 0), zeros(has_zeros ? scales.size() : 0);
  weights.scales(job.weights, begin, end, by_row.data());
  if (has_zeros) weights.zeros(job.weights, begin, end, zeros_by_row.data());
  for (long long g = 0; g < segments; ++g) {
    const long long group = groups == 1 ? 0 : g * segment / s.format.group;
    for (long long n = 0; n < count; ++n) {
      const auto to = static_cast<std::size_t>(g * count + n), from = static_cast<std::size_t>(n * groups + group);
      scales[to] = by_row[from];
      if (has_zeros) zeros[to] = zeros_by_row[from];
    }
  }
  const kernels::WeightMatrix matrix{
      static_cast<int>(count), static_cast<int>(s.depth), type, static_cast<int>(segment), codes, scales, zeros, {}};
  const kernels::Plan plan = kernels::make_plan(matrix, job.tables);
  std::vector<std::int32_t> outputs(static_cast<std::size_t>(s.tokens * count));
  const auto run = [&](kernels::ValueType value_type, auto narrow) {
    std::vector<decltype(narrow)> values(outputs.size());
    kernels::mpgemm(plan, {kernels::ValueType::kInt8, tokens.data(), static_cast<int>(s.tokens), 0, token_scales},
                    {value_type, values.data(), 0});
    std::copy(values.begin(), values.end(), outputs.begin());
  };
  if (job.output == "full") run(kernels::ValueType::kFp32, std::int32_t{});
  if (job.output == "fp16") run(kernels::ValueType::kFp16, std::uint16_t{});
  if (job.output == "bf16") run(kernels::ValueType::kBf16, std::uint16_t{});
  if (job.output == "int8") run(kernels::ValueType::kInt8, std::uint8_t{});
  return outputs;
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
  std::vector<float> scales;
  pack_activations(job.layout, activations_of(job, activations, &scales), packed);
  write(job.activation_base, packed);
  if (job.layout.token_scale_bytes == 0) return;
  std::vector<std::uint8_t> packed_scales(static_cast<std::size_t>(job.layout.token_scale_bytes));
  pack_token_scales(job.layout, scales, packed_scales);
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
  const std::vector<std::int8_t> tokens = activations_of(job, activations);
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
