// Whole passes on GPU hosts: kernels of a trace, fusion, calibration, Table 1.
#include "sim/gpu/simulate.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "sim/gpu/calibrate.h"
#include "tests/isa/message_of.h"
#include "tests/sim/gpu/trace_of_model.h"

using namespace lutra;
using namespace lutra::gpu;
using lutra::test::trace_of_model;
using workloads::Phase;

namespace {

std::size_t kernel_count(const GpuHost& host, const workloads::Trace& trace, Precision precision = Precision::kModel) {
  return lower(host, trace, precision).size();
}

}  // namespace

TEST_CASE("both modes give the same cycles for whole passes of every family") {
  for (const char* model : {"bitnet_b158_2b4t", "llama2_70b", "opt_6.7b", "bloom_176b", "mixtral_8x7b"})
    for (const workloads::TraceRequest& request :
         {workloads::TraceRequest{Phase::kPrefill, 1, 300, 0}, {Phase::kDecode, 8, 1, 2000}, {Phase::kMixed, 4, 100, 500}})
      for (const char* name : {"a100", "h100_lut_4x"}) {
        const GpuHost host = load_host(name);
        const workloads::Trace trace = trace_of_model(model, request, 1);
        CHECK(simulate(host, trace, Precision::kModel, Mode::kFast).kernel_cycles ==
              simulate(host, trace, Precision::kModel, Mode::kExact).kernel_cycles);
      }
}

TEST_CASE("element-wise operators in a row are one kernel, or each its own") {
  GpuHost host = load_host("a100");
  const workloads::Trace trace = trace_of_model("bitnet_b158_3b", {Phase::kPrefill, 1, 64, 0});
  const std::size_t fused = kernel_count(host, trace);
  host.kernel.fusion = "none";
  CHECK(kernel_count(host, trace) > fused + 10);
}

TEST_CASE("products in FP16 have nothing to quantise") {
  const GpuHost host = load_host("a100");
  for (const Kernel& k : lower(host, trace_of_model("open_llama_3b", {Phase::kDecode, 4, 1, 9}), Precision::kFp16)) {
    CHECK(k.name.find("quantise") == std::string::npos);
    if (k.kind == KernelKind::kProduct) CHECK(k.gemm.unit == Unit::kFp16);
  }
}

TEST_CASE("fused attention keeps the scores out of memory") {
  GpuHost host = load_host("a100");
  const workloads::Trace trace = trace_of_model("open_llama_3b", {Phase::kPrefill, 1, 2048, 0});
  const double separate = simulate(host, trace, Precision::kFp16, Mode::kFast).group_seconds.at("attention");
  host.kernel.attention = "fused";
  CHECK(simulate(host, trace, Precision::kFp16, Mode::kFast).group_seconds.at("attention") < separate / 3);
}

TEST_CASE("decode reads the whole KV cache once") {
  const GpuHost host = load_host("a100");
  double bytes = 0;
  for (const Kernel& k : lower(host, trace_of_model("llama2_70b", {Phase::kDecode, 16, 1, 4095}, 1), Precision::kFp16))
    if (k.group == "attention" && k.name.find("softmax") == std::string::npos) bytes += k.bytes;
  const double cache = 2.0 * 16 * 4096 * 8 * 128 * 2;
  CHECK(bytes > cache);
  CHECK(bytes < 1.3 * cache);
}

TEST_CASE("drafted tokens and continuous batches meet the keys that their sequences have") {
  const auto scores = [](const workloads::TraceRequest& request) {
    std::vector<GemmShape> shapes;
    for (const Kernel& k : lower(load_host("a100"), trace_of_model("llama2_7b", request, 1), Precision::kFp16))
      if (k.kind == KernelKind::kProduct && k.name.find("score") != std::string::npos) shapes.push_back(k.gemm);
    return shapes;
  };
  workloads::TraceRequest draft{Phase::kDecode, 3, 1, 100};
  draft.draft = 4;
  REQUIRE(scores(draft).size() == 1);
  CHECK(scores(draft)[0].batch == 3 * 32);
  CHECK(scores(draft)[0].m == 5);
  CHECK(scores(draft)[0].n == 105);

  workloads::TraceRequest batch;
  batch.phase = Phase::kMixed;
  batch.groups = {{2, 1, 700}, {1, 64, 0}, {1, 32, 64}};
  REQUIRE(scores(batch).size() == 2);  // one query a sequence streams the cache
  CHECK(scores(batch)[0].m == 64);
  CHECK(scores(batch)[1].m == 32);
  CHECK(scores(batch)[1].n == 96);
}

TEST_CASE("a cache that fits no L2 has the memory's roofline") {
  const GpuHost host = load_host("a100");
  for (const Kernel& k : lower(host, trace_of_model("llama2_7b", {Phase::kDecode, 64, 1, 4096}, 1), Precision::kFp16))
    if (k.kind == KernelKind::kElementwise && !fits_l2(host, k.bytes))
      CHECK(roofline_seconds(host, k) == Approx(k.bytes / (host.hbm.gb_s * 1e9)));
}

TEST_CASE("building a layer's tables costs least in the SM, where they move no bytes, and most in a kernel of its own") {
  GpuHost host = load_host("a100_lut_4x");
  workloads::Trace trace = trace_of_model("bitnet_b158_3b", {Phase::kDecode, 1024, 1, 0});
  auto& operators = trace.operators;
  operators.erase(std::remove_if(operators.begin(), operators.end(), [](const workloads::Operator& op) { return op.layer < 0; }),
                  operators.end());
  std::vector<double> seconds, bytes;
  for (const char* tables : {"sm", "producer", "kernel"}) {
    host.tensor.tables = tables;
    seconds.push_back(simulate(host, trace, Precision::kModel, Mode::kFast).seconds);
    bytes.push_back(0);
    for (const Kernel& k : lower(host, trace, Precision::kModel)) bytes.back() += k.bytes;
  }
  CHECK(seconds[0] < seconds[1]);
  CHECK(seconds[1] < seconds[2]);
  CHECK(bytes[0] < bytes[1]);
  CHECK(bytes[1] < bytes[2]);
}

TEST_CASE("weights of eight planes take a lookup-table unit four times as long as two") {
  const GpuHost host = load_host("a100_lut_4x");
  CHECK(unit_rate(host, Unit::kLut, 2) == Approx(4 * unit_rate(host, Unit::kLut, 8)));
}

TEST_CASE("longer sequences, larger batches and more layers take longer") {
  const GpuHost host = load_host("a100");
  const auto seconds = [&](const workloads::TraceRequest& request, int layers = 2) {
    return simulate(host, trace_of_model("llama2_7b", request, layers), Precision::kFp16, Mode::kFast).seconds;
  };
  CHECK(seconds({Phase::kPrefill, 1, 4096, 0}) > 2 * seconds({Phase::kPrefill, 1, 2048, 0}));
  CHECK(seconds({Phase::kDecode, 64, 1, 4096}) > seconds({Phase::kDecode, 32, 1, 4096}));
  CHECK(seconds({Phase::kDecode, 1, 1, 0}, 4) > 1.5 * seconds({Phase::kDecode, 1, 1, 0}, 2));
}

TEST_CASE("the time of a pass is divided among what bounds its kernels, and the largest part is named") {
  const GpuHost host = load_host("a100");
  const Result prefill = simulate(host, trace_of_model("llama2_7b", {Phase::kPrefill, 1, 2048, 0}), Precision::kFp16, Mode::kFast);
  const Result decode = simulate(host, trace_of_model("llama2_7b", {Phase::kDecode, 1, 1, 2048}), Precision::kFp16, Mode::kFast);
  double sum = 0;
  for (const auto& [bound, seconds] : prefill.bound_seconds) sum += seconds;
  CHECK(sum == Approx(prefill.seconds));
  CHECK(prefill.bottleneck("prefill").find("prefill is bound by the tensor units: ") == 0);
  CHECK(decode.bottleneck("decode").find("decode is bound by memory: ") == 0);
  for (const KernelResult& k : prefill.kernels)
    CHECK(static_cast<double>(k.cycles) / host.clock_hz() >= roofline_seconds(host, k.kernel) * 0.999);
}

TEST_CASE("an H100-like host is faster than an A100 on every large model's layer") {
  for (const char* model : {"opt_175b", "bloom_176b", "llama2_70b"})
    for (const workloads::TraceRequest& request : {workloads::TraceRequest{Phase::kPrefill, 1, 2048, 0}, {Phase::kDecode, 1024, 1, 0}}) {
      const workloads::Trace trace = trace_of_model(model, request, 1);
      CHECK(simulate(load_host("h100"), trace, Precision::kFp16, Mode::kFast).seconds <
            simulate(load_host("a100"), trace, Precision::kFp16, Mode::kFast).seconds);
    }
}

TEST_CASE("calibrating again finds the stored calibration") {
  const Calibration found = calibrate();
  CHECK(found.mma_issue == Approx(stored_calibration().mma_issue).epsilon(1e-9));
  CHECK(found.hbm_fraction == Approx(stored_calibration().hbm_fraction).epsilon(1e-9));
}

TEST_CASE("the rows of Table 1 that did not calibrate are predicted within ten percent, five in the mean") {
  double sum = 0;
  int count = 0;
  for (const Table1Entry& entry : compare_table1(stored_calibration())) {
    if (entry.published.calibrates) continue;
    CAPTURE(entry.published.row, entry.published.phase, entry.ours_ms);
    CHECK(std::abs(entry.error_pct) <= 10);
    sum += std::abs(entry.error_pct);
    ++count;
  }
  CHECK(count == 4);
  CHECK(sum / count <= 5);
}

TEST_CASE("only the FP16 and INT8 rows calibrate") {
  for (const PublishedTime& row : table1()) CHECK(row.calibrates == (std::string(row.host) == "a100"));
}
