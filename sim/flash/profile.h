// How often each neuron is used: what a planner knows before a model runs, and the order in which it lays neurons out.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "workloads/sparsity/activity.h"

namespace lutra::flash {

/// Neurons of every expert in descending order of use: slot 0 is the busiest.
struct Profile {
  workloads::SparsityShape shape;
  std::vector<std::uint16_t> slot_of_id;  // by (layer x experts + expert) x neurons + id
  std::vector<double> probability;        // by slot, of being predicted while its expert is used; mean of all experts

  [[nodiscard]] std::uint16_t slot(std::size_t expert, std::uint32_t id) const {
    return slot_of_id[expert * static_cast<std::size_t>(shape.neurons) + id];
  }
};

/// From known probabilities.
Profile make_profile(const workloads::SparsityShape& shape,
                     const std::function<double(int layer, int expert, std::uint32_t neuron)>& probability);
/// From a trace, which is read to its end.
Profile measure_profile(workloads::ActivitySource& source);

}  // namespace lutra::flash
