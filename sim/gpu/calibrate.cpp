// Calibrates on the FP16 and INT8 rows; predicts the others.
#include "sim/gpu/calibrate.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace lutra::gpu {
namespace {

constexpr std::int64_t kPrefillTokens = 2048, kDecodeBatch = 1024;

constexpr std::array<PublishedTime, 8> kTable1{{
    {"A100, FP16 tensor core", "a100", "open_llama_3b", Precision::kFp16, "prefill", 106.71, true},
    {"A100, FP16 tensor core", "a100", "open_llama_3b", Precision::kFp16, "decode", 41.15, true},
    {"A100, INT8 tensor core", "a100", "bitnet_b158_3b", Precision::kModel, "prefill", 67.06, true},
    {"A100, INT8 tensor core", "a100", "bitnet_b158_3b", Precision::kModel, "decode", 21.70, true},
    {"A100-LUT-4X", "a100_lut_4x", "bitnet_b158_3b", Precision::kModel, "prefill", 42.49, false},
    {"A100-LUT-4X", "a100_lut_4x", "bitnet_b158_3b", Precision::kModel, "decode", 11.41, false},
    {"A100-LUT-8X", "a100_lut_8x", "bitnet_b158_3b", Precision::kModel, "prefill", 38.02, false},
    {"A100-LUT-8X", "a100_lut_8x", "bitnet_b158_3b", Precision::kModel, "decode", 7.47, false},
}};

double row_ms(const PublishedTime& row, const workloads::Trace& trace, const Calibration& calibration, Mode mode) {
  GpuHost host = load_host(row.host);
  host.calibration = calibration;
  return simulate(host, trace, row.precision, mode).seconds * 1e3;
}

/// Sum of squared relative errors of the calibrating rows.
class Misfit {
 public:
  Misfit() {
    for (const PublishedTime& row : kTable1)
      if (row.calibrates) rows_.emplace_back(&row, trace_of(row));
  }
  [[nodiscard]] double operator()(const Calibration& c) const {
    double sum = 0;
    for (const auto& [row, trace] : rows_) {
      const double error = row_ms(*row, trace, c, Mode::kFast) / row->paper_ms - 1;
      sum += error * error;
    }
    return sum;
  }

 private:
  std::vector<std::pair<const PublishedTime*, workloads::Trace>> rows_;
};

}  // namespace

std::span<const PublishedTime> table1() { return kTable1; }

workloads::Trace trace_of(const PublishedTime& row) {
  workloads::ModelConfig model = workloads::load_model(row.model);
  model.lm_head = model.weights;
  if (workloads::parse_phase(row.phase) == workloads::Phase::kPrefill)
    return workloads::trace_model(model, {workloads::Phase::kPrefill, 1, kPrefillTokens, 0});
  return workloads::trace_model(model, {workloads::Phase::kDecode, kDecodeBatch, 1, 0});
}

double our_ms(const PublishedTime& row, const Calibration& calibration, Mode mode) { return row_ms(row, trace_of(row), calibration, mode); }

Calibration calibrate() {
  constexpr double kLeast = 0.05, kMost = 0.99, kFirstStep = 0.08, kLastStep = 0.0004;
  const Misfit misfit;
  Calibration best{0.6, 0.8};
  double least = misfit(best);
  for (double step = kFirstStep; step > kLastStep; step /= 2) {
    for (bool better = true; better;) {
      better = false;
      for (const auto& [issue, hbm] : {std::pair{step, 0.0}, {-step, 0.0}, {0.0, step}, {0.0, -step}}) {
        const Calibration next{std::clamp(best.mma_issue + issue, kLeast, kMost), std::clamp(best.hbm_fraction + hbm, kLeast, kMost)};
        const double error = misfit(next);
        if (error >= least) continue;
        least = error;
        best = next;
        better = true;
      }
    }
  }
  return best;
}

std::vector<Table1Entry> compare_table1(const Calibration& calibration, Mode mode) {
  std::vector<Table1Entry> entries;
  for (const PublishedTime& row : kTable1) {
    const double ours = our_ms(row, calibration, mode);
    entries.push_back({row, ours, (ours / row.paper_ms - 1) * 100});
  }
  return entries;
}

}  // namespace lutra::gpu
