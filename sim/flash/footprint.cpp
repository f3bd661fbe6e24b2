// Sizes of a model's parts.
#include "sim/flash/footprint.h"

#include <algorithm>

namespace lutra::flash {

Footprint footprint(const workloads::ModelConfig& model, const WeightStorage& storage) {
  const double hidden = static_cast<double>(model.hidden), vocabulary = static_cast<double>(model.vocabulary);
  const double group = storage.scale_group > 0 ? storage.scale_group : hidden;
  const double scale_bytes = storage.bits < 16 ? 2 : 0;
  const auto bytes = [&](double weights) { return weights * storage.bits / 8 + weights / group * scale_bytes; };
  const double q = static_cast<double>(model.heads) * model.head_dim, kv = static_cast<double>(model.kv_heads) * model.head_dim;
  const int experts = std::max(1, model.experts);
  Footprint f;
  f.attention = bytes(hidden * (2 * q + 2 * kv)) + (model.experts > 0 ? hidden * experts * 2 : 0);  // the router is FP16
  f.head = bytes(hidden * vocabulary);
  f.embedding = bytes(hidden * vocabulary);
  f.predictor = storage.predictor_bytes / (static_cast<double>(model.layers) * experts);
  f.runtime = storage.runtime_bytes;
  f.matrices = model.gated ? 3 : 2;
  const double weights = hidden * storage.bits / 8, scales = hidden / group * scale_bytes;
  f.row = weights + (storage.scales_in_dram ? 0 : scales);
  f.row_read = weights + scales;
  f.neuron = f.matrices * f.row;
  f.neuron_read = f.matrices * f.row_read;
  f.macs = f.matrices * hidden;
  const double neurons = static_cast<double>(model.layers) * experts * static_cast<double>(model.ffn);
  f.resident_scales = storage.scales_in_dram ? neurons * f.matrices * scales : 0;
  f.fixed = f.attention * model.layers + f.head + f.embedding + storage.predictor_bytes + f.runtime + f.resident_scales;
  f.model = f.attention * model.layers + f.head + f.embedding + storage.predictor_bytes + neurons * f.neuron_read;
  return f;
}

}  // namespace lutra::flash
