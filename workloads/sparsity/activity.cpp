// Shapes and the rules of a token.
#include "workloads/sparsity/activity.h"

#include <fmt/format.h>

namespace lutra::workloads {
namespace {

std::string slice_problem(const SparsityShape& shape, const TokenActivity& token, const ActivitySlice& slice) {
  const std::string where =
      shape.experts > 1 ? fmt::format("layer {} expert {}", slice.layer, slice.expert) : fmt::format("layer {}", slice.layer);
  std::int64_t before = -1;
  for (std::uint32_t i = slice.begin; i < slice.end; ++i) {
    const std::int64_t id = token.neurons[i].id();
    if (id >= shape.neurons) return fmt::format("{}: neuron {}, allowed 0 to {}", where, id, shape.neurons - 1);
    if (id == before) return fmt::format("{}: neuron {} is listed twice", where, id);
    if (id < before) return fmt::format("{}: neuron {} comes after {}, ids must ascend", where, id, before);
    before = id;
  }
  return "";
}

}  // namespace

SparsityShape sparsity_shape(const ModelConfig& model) {
  SparsityShape shape;
  shape.model = model.name;
  shape.layers = model.layers;
  shape.experts = std::max(1, model.experts);
  shape.active_experts = std::max(1, model.active_experts);
  shape.neurons = static_cast<int>(model.ffn);
  return shape;
}

std::string activity_problem(const SparsityShape& shape, const TokenActivity& token) {
  const std::size_t wanted = static_cast<std::size_t>(shape.layers) * static_cast<std::size_t>(shape.active_experts);
  if (token.slices.size() != wanted) return fmt::format("{} lists of neurons, the model has {} a token", token.slices.size(), wanted);
  for (std::size_t i = 0; i < wanted; ++i) {
    const ActivitySlice& slice = token.slices[i];
    const int layer = static_cast<int>(i) / shape.active_experts;
    if (slice.layer != layer) return fmt::format("layer {} where layer {} is due", slice.layer, layer);
    if (slice.expert < 0 || slice.expert >= shape.experts)
      return fmt::format("layer {}: expert {}, allowed 0 to {}", layer, slice.expert, shape.experts - 1);
    if (i % static_cast<std::size_t>(shape.active_experts) != 0 && slice.expert <= token.slices[i - 1].expert)
      return fmt::format("layer {}: expert {} after expert {}, experts must ascend", layer, slice.expert, token.slices[i - 1].expert);
    if (const std::string problem = slice_problem(shape, token, slice); !problem.empty()) return problem;
  }
  return "";
}

}  // namespace lutra::workloads
