// Activations as a machine takes them: what is loaded, and the numbers and scales that its tables are made of.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/compile.h"

namespace lutra::workloads {

/// Rows of activations, tokens x depth; groups are those of tables with scales, ceil(depth / table.group) a row.
struct MachineRows {
  std::vector<std::int16_t> loaded;    // INT8 or INT16 codes, or the bits of floating-point numbers
  std::vector<std::int32_t> integers;  // whose sums are the entries of tables, before these are quantised
  std::vector<float> values;           // in their place where tables are FP32 sums
  std::vector<float> aligned_scales;   // tokens x groups where tables are aligned, else none
  std::vector<float> token_scales;     // s_a; 1 where activations are floating-point numbers
};

/// Takes a job's tokens from a source: its codes, or its values rounded to the machine's floating-point format.
MachineRows machine_rows(const PlacedJob& job, const ActivationSource& source);

/// Packs the activations, or the tables that follow from them where tables are loaded; `out` holds activation_bytes.
void pack_rows(const PlacedJob& job, const MachineRows& rows, std::span<std::uint8_t> out);

}  // namespace lutra::workloads
