// Comparison with LUT Tensor Core (ISCA'25).
#include "cli/measure_paper.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include "cli/measure_row.h"
#include "sim/gpu/calibrate.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;
using workloads::Phase;

constexpr const char* kCommand = "scripts/measure paper";

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Json bounded(const std::string& name, double value, const char* unit, double limit, const std::string& command = kCommand) {
  return at_most(measured(name, value, unit, command), limit);
}

Json table1_json(const std::vector<gpu::Table1Entry>& entries) {
  Json table = Json::array();
  for (const gpu::Table1Entry& e : entries)
    table.push_back({{"row", e.published.row},
                     {"phase", e.published.phase},
                     {"paper_ms", e.published.paper_ms},
                     {"ours_ms", e.ours_ms},
                     {"error_pct", e.error_pct},
                     {"used_for_calibration", e.published.calibrates}});
  return table;
}

/// Mean and largest magnitude of the errors of the rows that were, or were not, used for calibration.
std::pair<double, double> errors(const std::vector<gpu::Table1Entry>& entries, bool calibrating) {
  double sum = 0, worst = 0, count = 0;
  for (const gpu::Table1Entry& e : entries) {
    if (e.published.calibrates != calibrating) continue;
    sum += std::abs(e.error_pct);
    worst = std::max(worst, std::abs(e.error_pct));
    ++count;
  }
  return {sum / count, worst};
}

gpu::Result layer(const gpu::GpuHost& host, const std::string& name, const workloads::TraceRequest& request, gpu::Precision precision) {
  workloads::ModelConfig model = workloads::load_model(name);
  model.layers = 1;
  workloads::Trace trace = workloads::trace_model(model, request);
  std::erase_if(trace.operators, [](const workloads::Operator& op) { return op.layer < 0; });
  return gpu::simulate(host, trace, precision, gpu::Mode::kFast);
}

/// One layer of large models with FP16 products.
Json layers_json() {
  Json rows = Json::array();
  const std::pair<workloads::TraceRequest, const char*> passes[] = {{{Phase::kPrefill, 1, 2048, 0}, "batch 1, 2048 tokens"},
                                                                    {{Phase::kPrefill, 1, 4096, 0}, "batch 1, 4096 tokens"},
                                                                    {{Phase::kDecode, 1024, 1, 0}, "batch 1024, 1 token"}};
  for (const char* host : {"a100", "h100"})
    for (const char* model : {"opt_175b", "bloom_176b", "llama2_70b"})
      for (const auto& [request, text] : passes)
        rows.push_back({{"host", host},
                        {"model", model},
                        {"pass", text},
                        {"ms", layer(gpu::load_host(host), model, request, gpu::Precision::kFp16).seconds * 1e3}});
  return rows;
}

/// What building tables costs, against tables that appear from nowhere (built in the SM, where they hide behind the products).
Json precompute_json() {
  Json rows = Json::array();
  for (const auto& [phase, request] : {std::pair{"prefill", workloads::TraceRequest{Phase::kPrefill, 1, 2048, 0}},
                                       {"decode", workloads::TraceRequest{Phase::kDecode, 1024, 1, 0}}}) {
    gpu::GpuHost host = gpu::load_host("a100_lut_4x");
    const auto with = [&, asked = request](const char* tables) {
      host.tensor.tables = tables;
      return layer(host, "bitnet_b158_3b", asked, gpu::Precision::kModel).seconds;
    };
    const double in_sm = with("sm");
    for (const char* tables : {"producer", "kernel"})
      rows.push_back({{"phase", phase}, {"tables", tables}, {"cost_pct", (with(tables) / in_sm - 1) * 100}});
  }
  return rows;
}

void add_speed(Json& rows) {
  workloads::ModelConfig model = workloads::load_model("llama2_70b", workloads::parse_weight_format("int2"));
  const gpu::GpuHost host = gpu::load_host("a100_lut_8x");
  const double prefill = seconds_of([&] {
    const workloads::Trace trace = workloads::trace_model(model, {Phase::kPrefill, 1, 4096, 0});
    gpu::simulate(host, trace, gpu::Precision::kModel, gpu::Mode::kExact);
  });
  rows.push_back(bounded("LLAMA2 70B, prefill 4096, A100-LUT-8X, every tile simulated", prefill, "s", 10,
                         "lutra gpu --host a100_lut_8x --model llama2_70b --weights int2 --phase prefill --seq 4096 --mode exact"));
  gpu::Kernel kernel;
  kernel.kind = gpu::KernelKind::kProduct;
  kernel.gemm = {gpu::Unit::kLut, 1, 2048, 27648, 2560, 1, 0.25, 0.25, 2, 2};
  const double gemm = seconds_of([&] { gpu::run_kernel(gpu::load_host("a100_lut_4x"), kernel, gpu::Mode::kExact); });
  const Json row = bounded("2048 x 27648 x 2560 W2 product on A100-LUT-4X, every tile simulated", gemm, "s", 0.5,
                           "lutra gpu --host a100_lut_4x --gemm 2048x27648x2560 --weights int2 --mode exact");
  rows.push_back(beside(row, "Accel-Sim, as LUT Tensor Core's authors ran it", 3168, "LUT Tensor Core (ISCA'25)"));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  rows.push_back(bounded("memory of this measurement", static_cast<double>(usage.ru_maxrss) / (1024 * 1024), "GiB", 1));
}

}  // namespace

Json measure_paper() {
  gpu::Calibration found;
  std::vector<gpu::Table1Entry> fast, exact;
  const double calibration_s = seconds_of([&] { found = gpu::calibrate(); });
  fast = gpu::compare_table1(found);
  const double table_s = seconds_of([&] { exact = gpu::compare_table1(found, gpu::Mode::kExact); });
  double apart = 0;
  for (std::size_t i = 0; i < fast.size(); ++i) apart += fast[i].ours_ms == exact[i].ours_ms ? 0 : 1;
  const auto [mean, worst] = errors(fast, false);
  const gpu::Calibration stored = gpu::stored_calibration();

  Json rows = Json::array();
  rows.push_back(bounded("Table 1, predicted rows, mean error", mean, "%", 5));
  rows.push_back(bounded("Table 1, predicted rows, worst error", worst, "%", 10));
  rows.push_back(bounded("free parameters of the calibration", 2, "", 3));
  rows.push_back(measured("Table 1, calibrating rows, worst error", errors(fast, true).second, "%", kCommand));
  rows.push_back(bounded("stored calibration against the one found, largest difference",
                         std::max(std::abs(stored.mma_issue - found.mma_issue), std::abs(stored.hbm_fraction - found.hbm_fraction)), "",
                         1e-9, "lutra gpu --calibrate calibration.yaml"));
  rows.push_back(bounded("Table 1 rows whose formula and simulation differ", apart, "rows", 0));
  rows.push_back(bounded("Table 1, all rows, every tile simulated", table_s, "s", 10));
  rows.push_back(measured("calibration", calibration_s, "s", "lutra gpu --calibrate calibration.yaml"));
  add_speed(rows);
  return {{"rows", rows},
          {"table1", table1_json(fast)},
          {"calibration", {{"mma_issue", found.mma_issue}, {"hbm_fraction", found.hbm_fraction}}},
          {"layers", layers_json()},
          {"precompute", precompute_json()}};
}

}  // namespace lutra::cli
