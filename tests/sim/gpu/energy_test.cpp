// Energy of GPU hosts: the table of costs, events of kernels, and powers that boards have.
#include "sim/gpu/energy.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "sim/gpu/calibrate.h"
#include "tests/isa/message_of.h"
#include "tests/sim/gpu/trace_of_model.h"

using namespace lutra;
using namespace lutra::gpu;
using lutra::test::message_of;
using lutra::test::trace_of_model;
using workloads::Phase;

namespace {

std::string table_without(const std::string& event, const std::string& instead = "") {
  std::string csv = "event,energy_pj,provenance\n";
  const EnergyCosts costs = EnergyCosts::load("");
  for (const EnergyCost& row : costs.rows()) csv += row.event == event ? instead : row.event + ",1,made up\n";
  return csv;
}

std::string complaint(const std::string& csv) {
  return message_of([&] { EnergyCosts::parse(csv, "c.csv"); });
}

KernelResult product(const GpuHost& host, const GemmShape& shape) {
  Kernel kernel;
  kernel.kind = KernelKind::kProduct;
  kernel.gemm = shape;
  kernel.macs = static_cast<double>(shape.batch * shape.m * shape.n * shape.k);
  return run_kernel(host, kernel, Mode::kFast);
}

GemmShape shape(Unit unit, std::int64_t m, std::int64_t n, std::int64_t k) {
  GemmShape s;
  s.unit = unit;
  s.m = m;
  s.n = n;
  s.k = k;
  return s;
}

GpuEnergy pass(const GpuHost& host, const Result& result) {
  GpuEnergy sum;
  for (const KernelResult& k : result.kernels) sum.add(kernel_energy(host, EnergyCosts::load(""), k));
  return sum;
}

double power(const char* host_name, const workloads::Trace& trace, Precision precision) {
  const GpuHost host = load_host(host_name);
  const Result result = simulate(host, trace, precision, Mode::kFast);
  return pass(host, result).total() / result.seconds;
}

}  // namespace

TEST_CASE("every event of the built-in table has a cost and says where it comes from") {
  const EnergyCosts costs = EnergyCosts::load("");
  for (const EnergyCost& row : costs.rows()) {
    CHECK(row.pj > 0);
    CHECK(row.provenance.size() > 20);
  }
}

TEST_CASE("a table of costs with a wrong line is refused with the line and what is allowed") {
  CHECK(complaint("event,pj\n").find("c.csv:1:1: the first line is 'event,pj', allowed is event,energy_pj,provenance") == 0);
  CHECK(complaint(table_without("l2_byte")).find("c.csv: l2_byte is missing") == 0);
  CHECK(complaint(table_without("fp16_mac", "fp16_mac,-1,x\n")).find("c.csv:2:1: energy_pj: given '-1', allowed a number 0..") == 0);
  CHECK(complaint(table_without("fp16_mac", "fp16_mac,1x,x\n")).find("c.csv:2:1: energy_pj: given '1x'") == 0);
  CHECK(complaint(table_without("fp16_mac", "fp16_macs,1,x\n")).find("unknown event fp16_macs; did you mean fp16_mac?") !=
        std::string::npos);
  CHECK(complaint(table_without("fp16_mac", "fp16_mac,1,\n")).find("a line has three fields") != std::string::npos);
  CHECK(complaint(table_without("fp16_mac", "fp16_mac,1,x\nfp16_mac,1,x\n")).find("c.csv:3:1: fp16_mac: given twice") == 0);
}

TEST_CASE("a product's events are those of its tiles") {
  GpuHost host = load_host("a100");
  const KernelResult result = product(host, shape(Unit::kFp16, 4096, 4096, 4096));
  const TilePlan& p = *result.plan;
  REQUIRE(4096 % p.rows == 0);
  REQUIRE(4096 % p.columns == 0);
  const double macs = 4096.0 * 4096 * 4096;
  const GpuEvents n = count_events(host, result);
  CHECK(n.fp16_mac == macs);
  CHECK(n.l2_byte == Approx(macs * (2.0 / p.columns + 2.0 / p.rows) + 4096.0 * 4096 * 2));
  CHECK(n.hbm_byte == p.hbm_bytes);
  // m16n8k16: 512 + 256 bytes of operands and 512 of accumulators there and back for 2048 multiply-accumulates.
  CHECK(n.register_byte == Approx(macs * 1792 / 2048));
  CHECK(n.int8_mac + n.fp8_mac + n.lut_plane_mac + n.table_addition + n.vector.simple == 0);
}

TEST_CASE("lookup-table units do a one-bit product for every plane and two additions for every activation that enters a tile") {
  const GpuHost host = load_host("a100_lut_4x");
  GemmShape s = shape(Unit::kLut, 2048, 8192, 4096);
  s.a_bytes = 1;
  s.w_bytes = s.w_shared_bytes = 0.25;
  s.planes = 2;
  const KernelResult result = product(host, s);
  const GpuEvents n = count_events(host, result);
  CHECK(n.lut_plane_mac == 2 * result.plan->macs(s));
  CHECK(n.table_addition == static_cast<double>(result.plan->tiles) * result.plan->rows * 4096 * 2);
  CHECK(n.fp16_mac == 0);
}

TEST_CASE("tables that a kernel makes cost the same additions however often products read them") {
  GpuHost host = load_host("a100_lut_4x");
  const workloads::Trace trace = trace_of_model("bitnet_b158_3b", {Phase::kPrefill, 1, 256, 0}, 1);
  const auto additions = [&](const char* tables) {
    host.tensor.tables = tables;
    double sum = 0;
    for (const KernelResult& k : simulate(host, trace, Precision::kModel, Mode::kFast).kernels) sum += count_events(host, k).table_addition;
    return sum;
  };
  CHECK(additions("producer") > 0);
  CHECK(additions("producer") == additions("kernel"));
  CHECK(additions("sm") > 4 * additions("producer"));
}

TEST_CASE("what stays in L2 does not pay for memory") {
  const GpuHost host = load_host("a100");
  Kernel kernel;
  kernel.bytes = host.l2_bytes() / 2;
  CHECK(count_events(host, run_kernel(host, kernel, Mode::kFast)).hbm_byte == 0);
  kernel.bytes *= 4;
  CHECK(count_events(host, run_kernel(host, kernel, Mode::kFast)).hbm_byte == kernel.bytes);
}

TEST_CASE("the energy of a pass is that of its components, and no less than the board at rest") {
  const GpuHost host = load_host("a100_lut_8x");
  const Result result = simulate(host, trace_of_model("bitnet_b158_3b", {Phase::kPrefill, 1, 2048, 0}), Precision::kModel, Mode::kFast);
  const GpuEnergy sum = pass(host, result);
  double components = 0;
  for (const EnergyComponent& c : energy_components()) {
    CAPTURE(c.name);
    CHECK(sum.*c.joules > 0);  // attention is in FP16, projections on the lookup-table units
    components += sum.*c.joules;
  }
  CHECK(sum.total() == Approx(components));
  CHECK(sum.idle == Approx(host.power.idle_w * result.seconds));
}

TEST_CASE("an A100 draws more than at rest and less than its limit, most in prefill") {
  const workloads::Trace prefill = trace_of_model("llama2_7b", {Phase::kPrefill, 1, 2048, 0});
  const workloads::Trace decode = trace_of_model("llama2_7b", {Phase::kDecode, 1, 1, 2048});
  const double busy = power("a100", prefill, Precision::kFp16), memory_bound = power("a100", decode, Precision::kFp16);
  CHECK(busy > 150);
  CHECK(busy < 400);
  CHECK(memory_bound > 100);
  CHECK(memory_bound < busy);
}

TEST_CASE("hosts that are built stay below their limits in prefill and decode, and no host below its rest") {
  for (const std::string& name : host_names()) {
    const GpuHost host = load_host(name);
    for (const workloads::TraceRequest& request : {workloads::TraceRequest{Phase::kPrefill, 1, 2048, 0}, {Phase::kDecode, 1024, 1, 0}}) {
      const double watts = power(name.c_str(), trace_of_model("bitnet_b158_3b", request), Precision::kModel);
      CAPTURE(name, watts);
      CHECK(watts > host.power.idle_w);
      if (!host.has_lut()) CHECK(watts < host.power.limit_w);
    }
  }
}
