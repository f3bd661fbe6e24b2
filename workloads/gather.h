// Sparse products on the core: kernels that load only chosen clusters of a packed weight tensor and use tables built once.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "isa/program.h"
#include "workloads/layout.h"
#include "workloads/operands.h"

namespace lutra::workloads {

/// Which dimension of W [outputs x depth] the neurons lie along.
enum class NeuronAxis {
  kOutputs,  // up and gate: a neuron is an output; chosen outputs are computed, side by side in the result
  kDepth,    // down: a neuron is an input; the activations hold the chosen ones side by side
};

/// A product with one token over chosen clusters. A cluster is `cluster` neurons in a row, as many as the core's tiles can skip: a
/// multiple of the array's columns along outputs, along depth of the activations of the fewest k-steps whose weights are whole beats.
struct GatherRequest {
  std::string name;  // of the weight tensor
  GemmShape shape;   // of the whole product, one token, no zero points a column
  NeuronAxis axis = NeuronAxis::kOutputs;
  int cluster = 32;
  std::vector<int> clusters;  // ascending
};

/// A program of one or more jobs: the instruction buffer bounds how many clusters a kernel can name.
struct GatheredProduct {
  Program program;
  GatherRequest request;
  GemmLayout layout;  // of the whole tensor in memory
  std::uint64_t weight_base = 0;
  struct Part {
    std::size_t first = 0, count = 0;  // of request.clusters
    std::uint64_t activation_base = 0, output_base = 0;
    long long activation_bytes = 0, output_bytes = 0;
  };
  std::vector<Part> parts;  // one a job
};

/// Throws Error for clusters that are unsorted, doubled, out of range or no multiple of what the core can skip, and for cores too small.
GatheredProduct compile_gather(const ArchConfig& arch, const GatherRequest& request);

/// Writes the whole weight tensor and each part's activations.
void place_gather(const GatheredProduct& product, const WeightSource& weights, std::span<const std::int8_t> activations,
                  const MemoryWriter& write);
/// The result in memory: the chosen outputs in order (outputs), or all outputs, the parts' sums added (depth).
std::vector<std::int32_t> gathered_outputs(const GatheredProduct& product, const MemoryReader& read);
/// The golden result of the same.
std::vector<std::int32_t> expected_gather(const GatheredProduct& product, const WeightSource& weights,
                                          std::span<const std::int8_t> activations);

}  // namespace lutra::workloads
