// A trace as a graph of operators in which low-bit products are split into table building and table look-up, and what fusing costs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workloads/trace.h"

namespace lutra::workloads {

/// An operator that a device runs at once. What was fused into it is listed; it reads what its inputs wrote.
struct GraphNode {
  std::string name;
  std::string kind;                // of the trace; "table_build", "lut_gemm"
  std::vector<std::string> fused;  // names of operators that became a part of it
  std::vector<int> inputs;         // indices of nodes before it
  double bytes = 0;                // moved
  double vector_operations = 0;    // additions of table building
  double tensor_operations = 0;    // two for each multiply-accumulate on the array
  double activations = 0;          // INT8 values that a table build reads
};

struct Graph {
  std::string model;
  std::vector<GraphNode> nodes;  // in the order of execution
};

/// How tables lie in memory: of `inputs` activations, 2^(inputs - 1) entries of `entry_bytes`.
struct TableShape {
  int inputs = 4;
  int entry_bytes = 1;
  [[nodiscard]] double bytes_per_activation() const { return static_cast<double>((1 << (inputs - 1)) * entry_bytes) / inputs; }
  /// In Gray code every entry but the first is one addition from its neighbour.
  [[nodiscard]] double additions_per_activation() const { return static_cast<double>((1 << (inputs - 1)) - 1 + inputs - 1) / inputs; }
};

/// Operators and what they read: a product on the core reads the element-wise operator that makes its INT8 activations.
Graph build_graph(const Trace& trace);
/// Every product on the core becomes a table build, which reads INT8 activations and writes tables, and a look-up that reads these.
Graph split_tables(const Graph& graph, const Trace& trace, const TableShape& tables);
/// One build serves all products that read the same activations (q, k, v; gate, up).
Graph share_tables(const Graph& graph);
/// A build becomes a part of the element-wise operator before it, which then writes tables instead of activations.
Graph fuse_tables(const Graph& graph);

/// A device of three roofs and a price for starting an operator.
struct GraphDevice {
  double bandwidth_gb_s = 1555;
  double tensor_tops = 1248;
  double vector_tops = 78;
  double launch_us = 3;
};

/// Seconds of a node: the longest of its roofs, and its launch.
double node_seconds(const GraphNode& node, const GraphDevice& device);
double graph_seconds(const Graph& graph, const GraphDevice& device);

/// What table building costs in a pass: seconds of its operators without tables, with a build for each product, with shared builds, and
/// with these made a part of the operators before them.
struct TableCosts {
  double base = 0, unfused = 0, shared = 0, fused = 0;
  std::size_t operators = 0, unfused_operators = 0, fused_operators = 0;
  /// Cost in percent of the pass without tables.
  [[nodiscard]] double percent(double seconds) const { return 100 * (seconds / base - 1); }
};
TableCosts table_costs(const Trace& trace, const TableShape& tables, const GraphDevice& device);

}  // namespace lutra::workloads
