// The table builder: activations in, lookup tables and their all-plus sums out.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// lutra_table: the stored entries of one table from K activations, combinational.
std::string emit_table(const ArchConfig& config, const Geometry& geometry);
/// lutra_table_builder (docs/microarchitecture.md). Needs lutra_table, lutra_unit_queue.
std::string emit_table_builder(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
