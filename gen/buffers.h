// Emits lutra_buffers: the six on-chip buffers, each with one write and one read port.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// Widths of a beat address on the port `bwr_beat`: {line, beat in the line}, one format for all buffers that loads can name.
struct BeatAddress {
  explicit BeatAddress(const Geometry& geometry);
  [[nodiscard]] int bits() const { return line_bits + part_bits; }

  int line_bits;  // of the deepest buffer
  int part_bits;  // of the buffer with the most beats a line
};

/// Text of lutra_buffers.v; needs lutra_sram. Ports: docs/microarchitecture.md, "Signals between blocks".
std::string emit_buffers(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
