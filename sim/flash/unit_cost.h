// What a product costs on a unit of a phone.
#pragma once

#include <functional>
#include <string>

#include "isa/arch_config.h"
#include "sim/flash/phone.h"
#include "workloads/weight_format.h"

namespace lutra::flash {

/// Nanoseconds of a product: fixed + the longer of weight bytes and multiply-accumulates.
struct UnitCost {
  std::string name;
  UnitKind kind = UnitKind::kCpu;
  double fixed_ns = 0;            // a matrix
  double ns_per_byte = 0;         // weights at batch 1
  double ns_per_mac = 0;          // at batch 1; CPU and MAC units are bound by their bytes there
  double prefill_ns_per_mac = 0;  // at large batches
  double watts = 0;
  int gather = 1;  // neurons that are computed together: a cluster

  [[nodiscard]] double ns(double bytes, double macs, double matrices = 1) const;
};

/// Tokens of the batch that the prefill rate of a LUT core is priced at.
inline constexpr long long kPrefillBatch = 128;

/// Costs of a unit for weights of `bits` and matrices around `hidden` x `ffn`. A LUT core's are the compiler's cycles
/// (workloads/estimate.h) of two products of different size at its clock, a line through them; its gather is the larger of a tile's columns
/// and a k-step's activations, the least that up and gate (outputs) and down (reduction) can both skip. `load_arch` finds
/// an architecture by name.
UnitCost unit_cost(const Unit& unit, int bits, long long hidden, const std::function<ArchConfig(const std::string&)>& load_arch);

}  // namespace lutra::flash
