// Inside of a table builder whose tables have scales: a group of activations is looked at first, then its tables are built.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// Body of lutra_table_builder (docs/microarchitecture.md, Table builder) up to the tables of a slot and their scale: wires `tables`,
/// `table_scale`, `activations` (as given, of the group in wire group2) and what belongs to the slot as row_e, group_e, dst_e, final_e,
/// signal_e and valid_e.
std::string grouped_builder_body(const ArchConfig& config, const Geometry& geometry, const std::string& activations);
/// Verilog that is high where something of the builder is under way behind its sequencer.
std::string grouped_builder_busy();

}  // namespace lutra::gen
