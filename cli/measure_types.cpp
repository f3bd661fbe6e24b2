// Compiles every built-in model and prices table building.
#include "cli/measure_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "cli/measure_row.h"
#include "cli/progress.h"
#include "workloads/compile.h"
#include "workloads/graph/graph.h"
#include "workloads/trace.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;
using namespace workloads;

constexpr int kMemoryGib = 4096;
constexpr double kInstructionBytes = 16;
constexpr const char* kLargest = "llama2_70b";
constexpr const char* kWeights = "int2";
constexpr double kPublishedFusedPercent = 2.6;

Program compiled(const ArchConfig& arch, const std::string& model) {
  return compile(arch, trace_model(load_model(model, parse_weight_format(kWeights)), {Phase::kDecode, 1, 1, 2048}));
}

double compile_seconds(const ArchConfig& arch) {
  const auto start = std::chrono::steady_clock::now();
  static_cast<void>(compiled(arch, kLargest));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Bytes of the kernels that the layer with the most of them needs.
double largest_layer(const Program& program) {
  std::map<int, std::set<int>> kernels;
  for (const Job& job : program.jobs) kernels[job.layer].insert(job.kernel);
  double largest = 0;
  for (const auto& [layer, own] : kernels) {
    double bytes = 0;
    for (const int kernel : own)
      bytes += kInstructionBytes * static_cast<double>(program.kernels[static_cast<std::size_t>(kernel)].code.size());
    largest = std::max(largest, bytes);
  }
  return largest;
}

void add_tables(Json& rows) {
  for (const char* model : {"llama2_70b", "opt_175b", "bloom_176b"}) {
    for (const TraceRequest& request : {TraceRequest{Phase::kPrefill, 1, 2048, 0}, TraceRequest{Phase::kDecode, 1024, 1, 0}}) {
      const TableCosts costs = table_costs(trace_model(load_model(model, parse_weight_format(kWeights)), request), {}, {});
      const std::string name = fmt::format("table building, {}, {}", model, to_string(request.phase)),
                        command = fmt::format("lutra graph --model {}", model);
      rows.push_back(measured(name + ", unfused", costs.percent(costs.unfused), "%", command));
      rows.push_back(at_most(measured(name + ", shared and fused", costs.percent(costs.fused), "%", command), kPublishedFusedPercent));
    }
  }
}

}  // namespace

Json measure_types(ArchConfig arch) {
  arch.memory.size_gib = kMemoryGib;
  Progress progress("measure types");
  const std::string command = "scripts/measure types";
  Json rows = Json::array();
  rows.push_back(at_most(measured(fmt::format("{} decode step traced and compiled", kLargest), compile_seconds(arch), "s", command), 10));
  double largest = 0, done = 0;
  const std::vector<std::string> models = embedded_model_names();
  for (const std::string& model : models) {
    largest = std::max(largest, largest_layer(compiled(arch, model)));
    progress.update(++done / static_cast<double>(models.size()));
  }
  rows.push_back(at_most(measured(fmt::format("largest program of a layer, {} models", models.size()), largest, "bytes", command), 65535));
  add_tables(rows);
  return {{"rows", rows}, {"weights", kWeights}};
}

}  // namespace lutra::cli
