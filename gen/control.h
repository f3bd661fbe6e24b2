// Emits the command processor (lutra_control) from the instruction table.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// Verilog of lutra_control: program fetch, decoder, field checks, registers, loops, command queues' push side, traps.
std::string emit_control(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::gen
