// One lane of the LUT array (a row of a column) and the column that decodes weights once for all its lanes.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// lutra_array_lane: G table entries a plane selected (by one-hot lines or by its own decoder), negated where told, added, weighed,
/// accumulated.
std::string emit_array_lane(const ArchConfig& config, const Geometry& geometry);
/// lutra_array_parity: the correction of one row whose tables store halves and parities.
std::string emit_array_parity(const ArchConfig& config, const Geometry& geometry);
/// lutra_array_column: M lanes, and the decoder of the column's weight bits where the lanes share one.
std::string emit_array_column(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
