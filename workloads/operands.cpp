// Operands in, outputs out.
#include "workloads/operands.h"

#include "kernels/mpgemm.h"

namespace lutra::workloads {
namespace {

std::vector<std::int8_t> activations_of(const PlacedJob& job, const ActivationSource& source) {
  const GemmShape& s = job.layout.shape;
  std::vector<std::int8_t> codes(static_cast<std::size_t>(s.tokens * s.depth));
  source.codes(job.activations, s.depth, 0, s.tokens, codes.data(), nullptr);
  return codes;
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
  pack_activations(job.layout, activations_of(job, activations), packed);
  write(job.activation_base, packed);
}

std::vector<std::int32_t> expected_outputs(const PlacedJob& job, const WeightSource& weights, const ActivationSource& activations) {
  return expected_outputs(job, weights, activations, 0, job.layout.shape.outputs);
}

std::vector<std::int32_t> expected_outputs(const PlacedJob& job, const WeightSource& weights, const ActivationSource& activations,
                                           long long begin, long long end) {
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
