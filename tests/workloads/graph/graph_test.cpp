// Passes over the graph keep its work and save what they promise.
#include "workloads/graph/graph.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace lutra::workloads;

namespace {

Trace small_trace() { return trace_model(load_model("llama2_7b", parse_weight_format("int2")), {Phase::kPrefill, 1, 16, 0}); }

long long count(const Graph& graph, const std::string& kind) {
  return std::count_if(graph.nodes.begin(), graph.nodes.end(), [&kind](const GraphNode& n) { return n.kind == kind; });
}

}  // namespace

TEST_CASE("every product gets a build, q k v and gate up share theirs, and fused builds are nobody's own") {
  const Trace trace = small_trace();
  const Graph graph = build_graph(trace), split = split_tables(graph, trace, {}), shared = share_tables(split), fused = fuse_tables(shared);
  const long long layers = 32;
  CHECK(count(split, "table_build") == 7 * layers + 1);
  CHECK(count(split, "lut_gemm") == 7 * layers + 1);
  CHECK(count(shared, "table_build") == 4 * layers + 1);
  CHECK(count(fused, "table_build") == 0);
  CHECK(count(fused, "lut_gemm") == 7 * layers + 1);
  CHECK(fused.nodes.size() == graph.nodes.size());
  for (const GraphNode& node : fused.nodes) {
    CHECK(node.fused.size() == (node.kind == "quantise" ? 1U : 0U));
    for (const int input : node.inputs) CHECK(&fused.nodes[static_cast<std::size_t>(input)] < &node);
  }
}

TEST_CASE("a look-up reads what built its tables") {
  const Trace trace = small_trace();
  const Graph shared = share_tables(split_tables(build_graph(trace), trace, {}));
  const auto input_of = [&shared](const std::string& name) {
    for (const GraphNode& node : shared.nodes)
      if (node.name == name) return shared.nodes[static_cast<std::size_t>(node.inputs.at(0))].name;
    return std::string();
  };
  CHECK(input_of("layers.3.self_attn.k_proj") == "layers.3.self_attn.q_proj.tables");
  CHECK(input_of("layers.3.mlp.up_proj") == "layers.3.mlp.gate_proj.tables");
  CHECK(input_of("layers.3.mlp.down_proj") == "layers.3.mlp.down_proj.tables");
  CHECK(input_of("layers.3.self_attn.q_proj.tables") == "layers.3.self_attn.quantise");
}

TEST_CASE("splitting costs the tables' bytes, fusing saves the activations' round trip") {
  const Trace trace = small_trace();
  const Graph graph = build_graph(trace), split = split_tables(graph, trace, {}), fused = fuse_tables(share_tables(split));
  const auto bytes = [](const Graph& g) {
    double sum = 0;
    for (const GraphNode& node : g.nodes) sum += node.bytes;
    return sum;
  };
  double read = 0, distinct = 0;
  for (const Operator& op : trace.operators) {
    if (op.on_core) read += static_cast<double>(op.m * op.k);
    if (op.kind == "quantise") distinct += static_cast<double>(op.elements);
  }
  CHECK(bytes(split) - bytes(graph) == Approx(read * (1 + 2 + 2 - 1)));
  CHECK(bytes(fused) - bytes(graph) == Approx(read * (2 - 1) + distinct * (2 - 1)));
  const GraphDevice device;
  CHECK(graph_seconds(graph, device) < graph_seconds(fused, device));
  CHECK(graph_seconds(fused, device) < graph_seconds(split, device));
}

TEST_CASE("a node takes the longest of its roofs and a launch") {
  const GraphDevice device{1000, 100, 10, 2};
  CHECK(node_seconds({"", "", {}, {}, 1e9, 0, 0, 0}, device) == Approx(1e-3 + 2e-6));
  CHECK(node_seconds({"", "", {}, {}, 0, 0, 1e11, 0}, device) == Approx(1e-3 + 2e-6));
  CHECK(node_seconds({"", "", {}, {}, 0, 1e10, 0, 0}, device) == Approx(1e-3 + 2e-6));
}
