// Gathers the operators of a trace into groups.
#include "cli/operator_groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/error.h"

namespace lutra::cli {
namespace {

using workloads::Operator;

/// Products are known by their last name, everything else by its kind.
std::string group_name(const Operator& op) { return op.kind == "gemm" ? op.name.substr(op.name.rfind('.') + 1) : op.kind; }

std::string group_shape(const Operator& op) { return op.kind == "gemm" ? fmt::format("{} × {} × {}", op.m, op.n, op.k) : ""; }

std::string group_types(const Operator& op) {
  return op.weights ? fmt::format("{} × {} → {}", workloads::to_string(*op.weights), op.activations, op.results)
                    : fmt::format("{} → {}", op.activations, op.results);
}

}  // namespace

double moved_bytes(const Operator& op) {
  return static_cast<double>(op.weight_bytes + op.activation_bytes + op.kv_bytes + op.written_bytes);
}

std::vector<OperatorGroup> group_operators(const workloads::Trace& trace, const std::map<std::string, CoreCost>& core,
                                           const ArchConfig& config) {
  std::vector<OperatorGroup> groups;
  for (const Operator& op : trace.operators) {
    const std::string name = group_name(op), shape = group_shape(op), types = group_types(op);
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const OperatorGroup& g) { return g.name == name && g.shape == shape && g.types == types; });
    if (group == groups.end()) {
      OperatorGroup fresh;
      fresh.name = name;
      fresh.shape = shape;
      fresh.types = types;
      fresh.on_core = op.on_core;
      fresh.planes = op.weights ? workloads::storage_bits(*op.weights) : 0;
      group = groups.insert(groups.end(), fresh);
    }
    ++group->calls;
    group->elements += op.elements;
    group->macs += static_cast<double>(op.macs);
    if (op.on_core) {
      const auto cost = core.find(op.name);
      if (cost == core.end()) throw Error(fmt::format("operator '{}' has no simulated time", op.name), {}, Error::Kind::kCheckFailed);
      group->cycles += cost->second.cycles;
      group->bytes += cost->second.bytes_read + cost->second.bytes_written;
      group->seconds += cost->second.cycles / (config.clock_mhz * 1e6);
    } else {
      group->bytes += moved_bytes(op);
      group->seconds += moved_bytes(op) / (config.memory.bandwidth_gb_s * 1e9);
    }
  }
  for (OperatorGroup& g : groups)
    if (g.shape.empty()) g.shape = fmt::format("{} elements", g.elements);
  return groups;
}

double total_seconds(const std::vector<OperatorGroup>& groups, bool core_only) {
  double total = 0;
  for (const OperatorGroup& g : groups) total += g.on_core || !core_only ? g.seconds : 0;
  return total;
}

}  // namespace lutra::cli
