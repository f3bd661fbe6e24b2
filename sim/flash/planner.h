// Decides how many neurons are hot: pinned in DRAM and computed without asking the predictor.
#pragma once

#include <cstdint>

#include "sim/flash/policy.h"
#include "sim/flash/profile.h"
#include "sim/flash/unit_cost.h"
#include "sim/storage/flash_device.h"

namespace lutra::flash {

struct PlannerInput {
  const Profile* profile = nullptr;
  const Footprint* footprint = nullptr;
  const ReadPlan* plan = nullptr;
  int granule = 1;            // neurons computed and read together
  std::int64_t granules = 0;  // of an expert that fit in DRAM, hot and cold
  std::int64_t per_expert = 0;
  bool cold_cached = true;  // what is not hot and fits is a cache of the least recently used, else nothing
  bool dense_hot = false;   // hot neurons are computed densely, beside the cold ones
  double dense_ns_per_neuron = 0;
  double sparse_ns_per_neuron = 0;
  double read_ns = 0;  // of a granule
};

struct HotPlan {
  std::int64_t hot = 0;    // granules of an expert
  double expected_ns = 0;  // feed-forward time of a layer
};

/// Tries hot sets in steps of 1/32 of an expert and takes the fastest. Misses of the cache of cold granules follow from Che's
/// approximation of a least-recently-used cache; ties go to the smaller hot set.
HotPlan plan_hot(const PlannerInput& input);

}  // namespace lutra::flash
