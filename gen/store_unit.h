// Emits lutra_store_unit: the AXI write side of the core.
#pragma once

#include <string>
#include <vector>

#include "gen/float/unit.h"
#include "isa/geometry.h"

namespace lutra::gen {

/// Bits of a packed store command.
int store_command_bits(const ArchConfig& config);
/// The combinational unit that rounds outputs, if they are rounded.
std::vector<FloatUnit> store_units(const ArchConfig& config);
/// Text of lutra_store_unit.v; needs lutra_unit_queue and lutra_fifo. Ports: docs/microarchitecture.md, "Signals between blocks",
/// and m_axi_aw*, m_axi_w*, m_axi_b* and wr_beats_o, which is high in the cycle after each write beat.
std::string emit_store_unit(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
