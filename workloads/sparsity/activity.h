// Which neurons of a model's feed-forward blocks work for a token: what predictors say and what is true.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workloads/model.h"

namespace lutra::workloads {

/// The part of a model that sparsity traces speak of. A dense model has one expert.
struct SparsityShape {
  std::string model;
  int layers = 0;
  int experts = 1;
  int active_experts = 1;  // a token goes through
  int neurons = 0;         // of one expert
  bool operator==(const SparsityShape&) const = default;
  [[nodiscard]] std::int64_t total_neurons() const { return std::int64_t{layers} * experts * neurons; }
};

SparsityShape sparsity_shape(const ModelConfig& model);

/// A neuron of a slice: id and two flags in one word. A neuron that is neither active nor predicted is not listed.
struct Neuron {
  std::uint32_t packed = 0;
  Neuron() = default;
  Neuron(std::uint32_t id, bool active, bool predicted) : packed(id << 2 | (active ? 2U : 0U) | (predicted ? 1U : 0U)) {}
  [[nodiscard]] std::uint32_t id() const { return packed >> 2; }
  [[nodiscard]] bool active() const { return (packed & 2U) != 0; }
  [[nodiscard]] bool predicted() const { return (packed & 1U) != 0; }
  bool operator==(const Neuron&) const = default;
};

/// Neurons of one expert of one layer: indices into TokenActivity::neurons.
struct ActivitySlice {
  int layer = 0;
  int expert = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const ActivitySlice&) const = default;
};

/// One token: active_experts slices a layer, layers ascending, experts ascending inside a layer, ids ascending inside a slice.
struct TokenActivity {
  std::vector<ActivitySlice> slices;
  std::vector<Neuron> neurons;
  void clear() {
    slices.clear();
    neurons.clear();
  }
  bool operator==(const TokenActivity&) const = default;
};

/// Tokens in order.
class ActivitySource {
 public:
  virtual ~ActivitySource() = default;
  [[nodiscard]] virtual const SparsityShape& shape() const = 0;
  /// The next token; false at the end.
  virtual bool next(TokenActivity& token) = 0;
};

/// What is wrong with a token of this shape, or "": missing, extra or unordered slices, ids that are unsorted, given twice or out of range.
std::string activity_problem(const SparsityShape& shape, const TokenActivity& token);

}  // namespace lutra::workloads
