// Passes over the graph: split, share, fuse.
#include "workloads/graph/graph.h"

#include <algorithm>
#include <map>

namespace lutra::workloads {
namespace {

constexpr const char* kBuild = "table_build";
constexpr const char* kLookUp = "lut_gemm";

double bytes_of(const Operator& op) { return static_cast<double>(op.weight_bytes + op.activation_bytes + op.kv_bytes + op.written_bytes); }

/// A graph without the nodes marked in `gone`; whoever read one of those reads `instead` of it.
Graph without(const Graph& graph, const std::vector<bool>& gone, const std::vector<int>& instead) {
  Graph out{graph.model, {}};
  std::vector<int> place(graph.nodes.size(), -1);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (gone[i]) continue;
    place[i] = static_cast<int>(out.nodes.size());
    GraphNode node = graph.nodes[i];
    for (int& input : node.inputs) {
      while (gone[static_cast<std::size_t>(input)]) input = instead[static_cast<std::size_t>(input)];
      input = place[static_cast<std::size_t>(input)];
    }
    out.nodes.push_back(std::move(node));
  }
  return out;
}

}  // namespace

Graph build_graph(const Trace& trace) {
  Graph graph{trace.model, {}};
  int activations = -1;  // the last operator that made INT8 activations
  for (const Operator& op : trace.operators) {
    GraphNode node{op.name, op.kind, {}, {}, bytes_of(op), 0, 0, 0};
    const int previous = static_cast<int>(graph.nodes.size()) - 1;
    if (op.on_core) {
      node.tensor_operations = 2 * static_cast<double>(op.macs);
      if (activations >= 0) node.inputs.push_back(activations);
    } else if (previous >= 0) {
      node.inputs.push_back(previous);
    }
    if (op.kind == "quantise") activations = previous + 1;
    graph.nodes.push_back(std::move(node));
  }
  return graph;
}

Graph split_tables(const Graph& graph, const Trace& trace, const TableShape& tables) {
  std::map<std::string, const Operator*> operators;
  for (const Operator& op : trace.operators) operators[op.name] = &op;
  Graph out{graph.model, {}};
  std::vector<int> place;
  for (const GraphNode& original : graph.nodes) {
    GraphNode node = original;
    for (int& input : node.inputs) input = place[static_cast<std::size_t>(input)];
    const Operator& op = *operators.at(node.name);
    if (op.on_core) {
      const double activations = static_cast<double>(op.m) * static_cast<double>(op.k);
      const double table_bytes = activations * tables.bytes_per_activation();
      GraphNode build{node.name + ".tables",
                      kBuild,
                      {},
                      node.inputs,
                      activations + table_bytes,
                      activations * tables.additions_per_activation(),
                      0,
                      activations};
      node.kind = kLookUp;
      node.bytes += table_bytes * op.weights->passes - static_cast<double>(op.activation_bytes);
      node.inputs = {static_cast<int>(out.nodes.size())};
      out.nodes.push_back(std::move(build));
    }
    place.push_back(static_cast<int>(out.nodes.size()));
    out.nodes.push_back(std::move(node));
  }
  return out;
}

Graph share_tables(const Graph& graph) {
  std::vector<bool> gone(graph.nodes.size());
  std::vector<int> instead(graph.nodes.size(), -1);
  // Products of one input that need the same tables: builds of equal size.
  std::map<std::pair<std::vector<int>, double>, int> first;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    if (node.kind != kBuild || node.inputs.empty()) continue;
    const auto [found, fresh] = first.emplace(std::pair(node.inputs, node.bytes), static_cast<int>(i));
    if (fresh) continue;
    gone[i] = true;
    instead[i] = found->second;
  }
  return without(graph, gone, instead);
}

Graph fuse_tables(const Graph& graph) {
  Graph work = graph;
  std::vector<bool> gone(graph.nodes.size());
  std::vector<int> instead(graph.nodes.size(), -1);
  for (std::size_t i = 0; i < work.nodes.size(); ++i) {
    const GraphNode& build = work.nodes[i];
    if (build.kind != kBuild || build.inputs.empty()) continue;
    GraphNode& before = work.nodes[static_cast<std::size_t>(build.inputs.front())];
    // The activations are neither written by one nor read by the other: an INT8 value each, which is what the build read.
    before.bytes += build.bytes - 2 * build.activations;
    before.vector_operations += build.vector_operations;
    before.fused.push_back(build.name);
    gone[i] = true;
    instead[i] = build.inputs.front();
  }
  return without(work, gone, instead);
}

double node_seconds(const GraphNode& node, const GraphDevice& device) {
  const double roof = std::max({node.bytes / (device.bandwidth_gb_s * 1e9), node.tensor_operations / (device.tensor_tops * 1e12),
                                node.vector_operations / (device.vector_tops * 1e12)});
  return roof + device.launch_us * 1e-6;
}

double graph_seconds(const Graph& graph, const GraphDevice& device) {
  double sum = 0;
  for (const GraphNode& node : graph.nodes) sum += node_seconds(node, device);
  return sum;
}

TableCosts table_costs(const Trace& trace, const TableShape& tables, const GraphDevice& device) {
  const Graph graph = build_graph(trace), split = split_tables(graph, trace, tables), shared = share_tables(split),
              fused = fuse_tables(shared);
  const auto seconds = [&device](const Graph& g) { return graph_seconds(g, device); };
  return {seconds(graph), seconds(split), seconds(shared), seconds(fused), graph.nodes.size(), split.nodes.size(), fused.nodes.size()};
}

}  // namespace lutra::workloads
