// From what a look at a group found to the scale of its tables and to their entries.
#pragma once

#include <string>
#include <vector>

#include "gen/float/unit.h"
#include "isa/geometry.h"

namespace lutra::gen {

/// Whether scales are quotients, and not powers of two.
bool divides(const ArchConfig& config);
/// Verilog that makes wires `tables` and `table_scale` of a slot from `most` and `activations`.
std::string table_scales(const ArchConfig& config, const Geometry& geometry);
/// The floating-point units it is made of.
std::vector<FloatUnit> table_scale_units(const ArchConfig& config, const Geometry& geometry);
/// Of quantised tables with power-of-two scales, combinational. lutra_table_shift: the largest sum of a group to its shift, from scale 2^-6
/// on. lutra_quantise: an exact entry and the shift to INT8.
std::string emit_table_shift(const ArchConfig& config, const Geometry& geometry);
std::string emit_quantise(const Geometry& geometry);
/// lutra_align: one floating-point activation as an integer of operand_bits, aligned to its group's largest exponent; combinational.
std::string emit_align(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
