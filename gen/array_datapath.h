// The arithmetic of the LUT array with its operands at ports: columns, sums of activations, result registers.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// lutra_array_datapath: N columns of M lanes, the rows' S, pipeline registers and result registers; no addresses, no commands.
std::string emit_array_datapath(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
