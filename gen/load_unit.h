// Emits lutra_load_unit: the AXI read side of the core.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// Bits of a packed load command.
int load_command_bits(const ArchConfig& config);
/// Text of lutra_load_unit.v; needs lutra_unit_queue and lutra_fifo. Ports: docs/microarchitecture.md, "Signals between blocks",
/// and m_axi_ar*, m_axi_r* and rd_beats_o, which is high in the cycle after each read beat.
std::string emit_load_unit(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
