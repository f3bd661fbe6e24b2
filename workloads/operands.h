// Puts a job's operands into memory and says what its outputs must be.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "workloads/compile.h"

namespace lutra::workloads {

using MemoryWriter = std::function<void(std::uint64_t address, std::span<const std::uint8_t> bytes)>;
using MemoryReader = std::function<void(std::uint64_t address, std::span<std::uint8_t> bytes)>;

/// Packs and writes weights, zero points and activations of a job.
void place_operands(const PlacedJob& job, const WeightSource& weights, const ActivationSource& activations, const MemoryWriter& write);

/// The golden outputs, tokens x outputs.
std::vector<std::int32_t> expected_outputs(const PlacedJob& job, const WeightSource& weights, const ActivationSource& activations);
/// Golden outputs of columns [begin, end) only, tokens x (end - begin).
std::vector<std::int32_t> expected_outputs(const PlacedJob& job, const WeightSource& weights, const ActivationSource& activations,
                                           long long begin, long long end);

/// The outputs that are in memory, tokens x outputs.
std::vector<std::int32_t> read_outputs(const PlacedJob& job, const MemoryReader& read);

}  // namespace lutra::workloads
