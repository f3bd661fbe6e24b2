// What a table builder finds out about a group of activations before it builds their tables.
#pragma once

#include <string>

#include "isa/float_format.h"
#include "isa/geometry.h"

namespace lutra::gen {

/// The format of floating-point activations.
const FloatFormat& activation_format(const ArchConfig& config);
/// Largest sum of magnitudes of a table's integer activations.
long long largest_sum(const ArchConfig& config, const Geometry& geometry);
/// Bits of what a look finds: the largest sum of magnitudes, or exponent and whether something is not a number.
int look_bits(const ArchConfig& config, const Geometry& geometry);
/// Verilog that looks at the words of a group and keeps the largest for each row in `most`.
std::string group_look(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
