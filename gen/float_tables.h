// Float tables: FP32 sums of floating-point activations, and what adds their entries up in FP32.
#pragma once

#include <string>
#include <vector>

#include "gen/float/unit.h"
#include "isa/geometry.h"

namespace lutra::gen {

/// lutra_table of FP32 sums: activations become FP32 in one register, then one adder after the other, left to right, takes
/// `scale.registers` more each.
std::string emit_float_table(const ArchConfig& config, const Geometry& geometry);
/// Verilog of a table builder that delays what belongs to a slot until its sums are there.
std::string float_builder_text(const ArchConfig& config);
/// lutra_table_weight: an entry times the weight of a plane, 2^shift, in FP32; combinational.
std::string emit_table_weight();
/// lutra_float_accumulator: adds FP32 numbers one after the other; the sum arrives `scale.registers` edges after its number.
std::string emit_float_accumulator(const ArchConfig& config);
/// The floating-point units they are made of.
std::vector<FloatUnit> float_table_units(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
