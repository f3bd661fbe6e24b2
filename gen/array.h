// The array block: command queue, step sequencer, segments' tokens to the scale unit, around lutra_array_datapath.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// lutra_array (docs/microarchitecture.md, Array). Needs lutra_array_datapath, lutra_array_column, lutra_array_lane, lutra_unit_queue.
std::string emit_array(const ArchConfig& config, const Geometry& geometry);

/// Packed widths of what passes between array and scale unit.
struct SegmentInfoLayout {
  explicit SegmentInfoLayout(const ArchConfig& config, const Geometry& geometry);
  int tile_bits;       // accumulator tile, wrapped
  int parameter_bits;  // parameter word, wrapped
  int row_bits;        // rows to drain; 0: nothing to drain, the token only retires
  int bits;            // {tile, parameter, rows, zmode 2, zero 10, add, retire, signal 8}, tile in the low bits
};

}  // namespace lutra::gen
