// Emits the core's top level: the blocks and the wires between them.
#pragma once

#include <string>
#include <vector>

#include "gen/verilog.h"

namespace lutra::gen {

/// Verilog of lutra_core. `blocks` are the emitted files of its blocks and the hand-written ones of rtl/; the wiring follows from
/// their port lists. Ports: clock, reset, m_axi_* (AXI4 master), s_axil_* (AXI4-Lite slave), irq_o, and trace_* outputs, which
/// show what simulation compares and may be left open.
std::string emit_core(const ArchConfig& config, const Geometry& geometry, const std::vector<EmittedFile>& blocks);

}  // namespace lutra::gen
