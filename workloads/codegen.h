// Writes the LMMA kernel of a GEMM after its plan.
#pragma once

#include "workloads/gemm_plan.h"
#include "workloads/kernel_builder.h"

namespace lutra::workloads {

/// Arguments of every GEMM kernel, in order from r8: byte addresses, each a multiple of the bus width.
enum class GemmArgument { kWeights = 0, kActivations = 1, kOutputs = 2, kParameters = 3, kTokenScales = 4 };

/// The kernel. Its commands, taken one after the other in program order, never wait for a later one, so it cannot deadlock.
KernelBuilder emit_gemm(const GemmLayout& layout, const GemmPlan& plan);

}  // namespace lutra::workloads
