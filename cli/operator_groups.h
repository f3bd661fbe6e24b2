// Operators of a trace gathered by what they are, with the time of each group: what summary and report are made of.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "workloads/trace.h"

namespace lutra::cli {

/// What one operator cost on the core, all its jobs together.
struct CoreCost {
  double cycles = 0;
  double bytes_read = 0;
  double bytes_written = 0;
};

/// Equal operators of all layers.
struct OperatorGroup {
  std::string name;   // "gate_proj", "softmax"
  std::string shape;  // "1 × 6912 × 2560"; beside the core the elements written by all calls
  std::string types;
  bool on_core = false;
  long long calls = 0;
  long long elements = 0;  // written by all calls
  int planes = 0;          // weight planes of a product on the core
  double macs = 0;
  double bytes = 0;    // moved: on the core as counted, beside it as traced
  double cycles = 0;   // on the core
  double seconds = 0;  // on the core cycles / clock; beside it bytes / bandwidth
};

/// Groups in order of first appearance. `core` has the cost of each operator on the core, by name; one that is missing throws Error.
std::vector<OperatorGroup> group_operators(const workloads::Trace& trace, const std::map<std::string, CoreCost>& core,
                                           const ArchConfig& config);

/// Bytes that an operator moves, as traced.
double moved_bytes(const workloads::Operator& op);

/// Seconds of all groups, or only of those on the core.
double total_seconds(const std::vector<OperatorGroup>& groups, bool core_only);

}  // namespace lutra::cli
