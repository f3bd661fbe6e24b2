// One lane of the LUT array (a row of a column) and the column that decodes weights once for all its lanes.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// lutra_array_lane: G table entries a plane selected by one-hot lines, negated where told, added, shifted, accumulated.
std::string emit_array_lane(const ArchConfig& config, const Geometry& geometry);
/// lutra_array_column: decodes the weight bits of one column to one-hot selects and signs, M lanes.
std::string emit_array_column(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
