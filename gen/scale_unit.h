// The scale unit: drains finished segments, subtracts zero points, writes or adds to accumulator tiles, retires array commands.
#pragma once

#include <string>
#include <vector>

#include "gen/float/unit.h"
#include "isa/geometry.h"

namespace lutra::gen {

/// lutra_zero_point: one output's acc - z' S, combinational.
std::string emit_zero_point(const ArchConfig& config, const Geometry& geometry);
/// The floating-point units it is made of.
std::vector<FloatUnit> scale_units(const ArchConfig& config, const Geometry& geometry);
/// lutra_scale_unit (docs/microarchitecture.md, Scale unit). Needs lutra_zero_point.
std::string emit_scale_unit(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
