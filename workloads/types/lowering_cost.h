// What a lowering costs on a machine: its steps with the bytes they take and give, the cycles of a multiplication.
#pragma once

#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "workloads/types/lowering.h"

namespace lutra::workloads {

struct StepCost {
  std::string kind;  // "slice", "convert", "map", "pad"; "load" and "multiply" where the core works
  std::string text;
  long long bytes_in = 0, bytes_out = 0;  // of the whole tensor
  bool invertible = true;
  double cycles = 0;  // on the core; steps before the load are done once, when a model is compiled
};

struct LoweringCost {
  std::vector<StepCost> steps;
  long long stored_bytes = 0;  // packed tiles, or codes and FP32 scales beside them
  long long core_bytes = 0;    // of planes and zero points that a multiplication reads
  double cycles = 0;           // of one token times the tensor, by the compiler's estimate
};

/// One token times `outputs` x `depth` weights. Throws Error when the machine cannot run it.
LoweringCost lowering_cost(const Lowering& lowering, const ArchConfig& arch, long long outputs, long long depth);

}  // namespace lutra::workloads
