// The table builder: activations in, lookup tables and their all-plus sums out.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// lutra_table: the stored entries of one table from K activations; combinational, but for FP32 sums.
std::string emit_table(const ArchConfig& config, const Geometry& geometry);
/// lutra_table_builder (docs/microarchitecture.md). Needs lutra_table where it builds tables, and lutra_unit_queue. Where tables are
/// loaded, a module of the same name that never takes a command.
std::string emit_table_builder(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
