// Runs the kernels of a trace on a GPU host: by formula, or with a SystemC process for each SM.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/gpu/kernels.h"

namespace lutra::gpu {

enum class Mode : std::uint8_t { kFast, kExact };

struct KernelResult {
  Kernel kernel;
  std::optional<TilePlan> plan;  // of a product
  Cycle cycles = 0;              // without the launch
  std::string bound;             // "tensor", "l2", "hbm", "tables", "exponentials"
};

struct Result {
  std::vector<KernelResult> kernels;
  Cycle kernel_cycles = 0;  // all kernels
  double seconds = 0;       // with launches
  double launch_seconds = 0;
  std::map<std::string, double> group_seconds;  // launches included
  /// Kernels' time by what bounds them (KernelResult::bound), and "launches".
  std::map<std::string, double> bound_seconds;
  /// "decode is bound by memory: 63 % of the time". There has to be a kernel.
  [[nodiscard]] std::string bottleneck(const std::string& what) const;
};

/// Whether bytes that a kernel of no product moves are found and left in L2.
bool fits_l2(const GpuHost& host, double bytes);
/// Time of one kernel with its launch.
double kernel_seconds(const GpuHost& host, const KernelResult& result);

/// Cycles of one kernel. In the fast mode by formula, else by simulating its thread blocks; both give the same.
KernelResult run_kernel(const GpuHost& host, const Kernel& kernel, Mode mode);

/// All kernels one after the other. Equal kernels are planned once; in the exact mode each runs.
/// `progress` gets the fraction done.
Result simulate(const GpuHost& host, const workloads::Trace& trace, Precision precision, Mode mode,
                const std::function<void(double)>& progress = {});

/// The least time that any schedule could take: work over peak, compulsory bytes over peak bandwidth (of L2 where they fit); seconds.
double roofline_seconds(const GpuHost& host, const Kernel& kernel);

}  // namespace lutra::gpu
