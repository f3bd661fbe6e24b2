// Runs kernels.
#include "sim/gpu/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "sim/gpu/tile_process.h"

namespace lutra::gpu {
namespace {

Cycle whole(double cycles) { return static_cast<Cycle>(std::ceil(cycles - 1e-9)); }

/// Kernels that take equally long.
auto key(const Kernel& k) {
  const GemmShape& g = k.gemm;
  return std::make_tuple(k.kind, g.unit, g.batch, g.m, g.n, g.k, g.a_bytes, g.w_bytes, g.w_shared_bytes, g.planes, g.w_total_bytes, k.bytes,
                         k.exponentials, k.macs);
}

/// Cycles that bytes take: from memory, or from L2 where all of them fit (the kernel before left them there).
double transfer(const GpuHost& host, double bytes) {
  return bytes / (fits_l2(host, bytes) ? host.l2_bytes_per_cycle() : host.hbm_bytes_per_cycle());
}

KernelResult plan_kernel(const GpuHost& host, const Kernel& kernel) {
  KernelResult result{kernel, {}, 0, ""};
  if (kernel.kind == KernelKind::kProduct) {
    result.plan = plan_gemm(host, kernel.gemm);
    result.cycles = result.plan->cycles;
    result.bound = to_string(result.plan->bound);
    return result;
  }
  const double bytes = transfer(host, kernel.bytes);
  double tensor = 0, exponentials = 0;
  if (kernel.kind == KernelKind::kFusedAttention) {
    tensor = kernel.macs / (unit_rate(host, Unit::kFp16, 1) * host.calibration.mma_issue * host.sm.count);
    exponentials = kernel.exponentials / (1.0 * host.sm.special_lanes * host.sm.count);
  }
  const double longest = std::max({bytes, tensor, exponentials});
  result.cycles = whole(longest);
  result.bound = longest == bytes ? (fits_l2(host, kernel.bytes) ? "l2" : "hbm") : longest == tensor ? "tensor" : "exponentials";
  return result;
}

Cycle exact_cycles(const GpuHost& host, const KernelResult& planned) {
  if (planned.plan) return run_tiles(*planned.plan, host.sm.count);
  // One block a SM, all with the same share of bytes and work.
  TilePlan blocks;
  blocks.residents = 1;
  blocks.tiles = blocks.active_sms = host.sm.count;
  blocks.tiles_per_sm = 1;
  blocks.product = blocks.tail_product = planned.cycles;
  return run_tiles(blocks, host.sm.count);
}

}  // namespace

bool fits_l2(const GpuHost& host, double bytes) { return bytes <= host.l2_bytes(); }

double kernel_seconds(const GpuHost& host, const KernelResult& result) {
  return static_cast<double>(result.cycles) / host.clock_hz() + host.kernel.launch_us * 1e-6;
}

KernelResult run_kernel(const GpuHost& host, const Kernel& kernel, Mode mode) {
  KernelResult result = plan_kernel(host, kernel);
  if (mode == Mode::kExact) result.cycles = exact_cycles(host, result);
  return result;
}

Result simulate(const GpuHost& host, const workloads::Trace& trace, Precision precision, Mode mode,
                const std::function<void(double)>& progress) {
  Result total;
  const std::vector<Kernel> kernels = lower(host, trace, precision);
  std::map<decltype(key(kernels.front())), KernelResult> known;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const Kernel& kernel = kernels[i];
    const auto [place, fresh] = known.try_emplace(key(kernel));
    if (fresh) place->second = plan_kernel(host, kernel);
    KernelResult result = place->second;
    result.kernel = kernel;
    if (mode == Mode::kExact) result.cycles = exact_cycles(host, result);
    const double launch = host.kernel.launch_us * 1e-6;
    const double seconds = kernel_seconds(host, result);
    total.kernel_cycles += result.cycles;
    total.launch_seconds += launch;
    total.seconds += seconds;
    total.group_seconds[kernel.group] += seconds;
    total.bound_seconds[result.bound] += seconds - launch;
    total.bound_seconds["launches"] += launch;
    total.kernels.push_back(std::move(result));
    if (progress) progress(static_cast<double>(i + 1) / static_cast<double>(kernels.size()));
  }
  return total;
}

std::string Result::bottleneck(const std::string& what) const {
  static const std::map<std::string, const char*> kWords = {
      {"tensor", "the tensor units"}, {"l2", "L2"}, {"hbm", "memory"}, {"tables", "table building"}, {"exponentials", "exponentials"}};
  const auto longest =
      std::max_element(bound_seconds.begin(), bound_seconds.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto word = kWords.find(longest->first);
  return fmt::format("{} is bound by {}: {:.0f} % of the time", what, word == kWords.end() ? longest->first : word->second,
                     100 * longest->second / seconds);
}

double roofline_seconds(const GpuHost& host, const Kernel& kernel) {
  const double hbm = host.hbm.gb_s * 1e9, l2 = host.l2.bytes_per_cycle * host.clock_hz();
  if (kernel.kind != KernelKind::kProduct) {
    const double bytes = kernel.bytes / (fits_l2(host, kernel.bytes) ? l2 : hbm);
    if (kernel.kind != KernelKind::kFusedAttention) return bytes;
    const double sms = host.sm.count * host.clock_hz();
    return std::max({bytes, kernel.macs / (unit_rate(host, Unit::kFp16, 1) * sms), kernel.exponentials / (host.sm.special_lanes * sms)});
  }
  const GemmShape& g = kernel.gemm;
  const double macs = static_cast<double>(g.batch) * static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
  const double weights = g.w_total_bytes >= 0 ? g.w_total_bytes : macs / static_cast<double>(g.m) * g.w_bytes;
  return std::max(macs / (unit_rate(host, g.unit, g.planes) * host.sm.count * host.clock_hz()), weights / hbm);
}

}  // namespace lutra::gpu
