// Prices a plan without simulating it: cycles from counts of beats, array steps, build steps and instructions.
#pragma once

#include "workloads/gemm_plan.h"
#include "workloads/kernel_builder.h"

namespace lutra::workloads {

/// Where the cycles of a kernel go; all are cycles of the whole kernel. The longest of memory, array, control and ring bounds the
/// steady state, the others come on top.
struct Estimate {
  double memory = 0;   // AXI beats at the memory's bandwidth
  double array = 0;    // steps, or drains where those are longer
  double control = 0;  // two a instruction
  double ring = 0;     // memory latency that the weight buffer is too small to hide
  double start = 0;    // until the first product: fetch, activations, first tables
  double exposed = 0;  // table building that nothing else hides
  double tail = 0;     // after the last weight has come
  [[nodiscard]] double total() const;
};

/// `kernel` is emit_gemm(layout, plan).
Estimate estimate(const ArchConfig& arch, const GemmLayout& layout, const GemmPlan& plan, const KernelBuilder& kernel);

}  // namespace lutra::workloads
