// Turns a trace into an LMMA program: one kernel for each distinct GEMM, one job for each operator on the core, a memory map.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "isa/program.h"
#include "kernels/mpgemm.h"
#include "workloads/estimate.h"
#include "workloads/trace.h"

namespace lutra::workloads {

struct CompileOptions {
  /// Activations and outputs of the same operator in different layers share memory; off: every job has its own.
  bool share_layers = true;
};

/// The chosen cut of a GEMM, its code and its price.
struct CompiledGemm {
  GemmLayout layout;
  GemmPlan plan;
  std::vector<Instruction> code;
  Estimate estimate;
  long long bytes_read = 0;     // by a run, its code included
  long long bytes_written = 0;  // by a run
};

/// Chooses the cheapest plan that fits the buffers, the instruction buffer and the loop levels of `arch`. `plan` overrides the
/// choice (tests). Throws Error when the configuration is too small for a tile.
CompiledGemm compile_gemm(const ArchConfig& arch, const GemmShape& shape, const std::optional<GemmPlan>& plan = {});

/// Where the tensors of one job lie.
struct PlacedJob {
  GemmLayout layout;
  Tensor weights;           // named after the operator
  std::string activations;  // name of the activations
  std::uint64_t weight_base = 0, activation_base = 0, output_base = 0, parameter_base = 0, token_scale_base = 0;
  kernels::PlanOptions tables{};         // with a float scale unit: the machine's tables, as the kernels have them
  std::string output = "full";           // scale.output
  std::string activation_type = "int8";  // array.activations
};

/// Compiles every operator on the core. Throws Error, with the operator's name, when something does not fit; a model that is larger
/// than memory.size_gib is refused.
Program compile(const ArchConfig& arch, const Trace& trace, const CompileOptions& options = {});

/// The job's layout and places, from the program's metadata. Throws Error when the metadata is not that of compile().
PlacedJob placed_job(const ArchConfig& arch, const Program& program, std::size_t job);

}  // namespace lutra::workloads
