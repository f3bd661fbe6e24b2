// Emits the command processor (lutra_control) from the instruction table.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// Verilog of lutra_control: program fetch, decoder, field checks, registers, loops, command queues' push side, traps.
std::string emit_control(const ArchConfig& config, const Geometry& geometry);

/// Bits of a unit's packed command (docs/microarchitecture.md, "Packed commands").
int load_command_bits(const ArchConfig& config);
int store_command_bits(const ArchConfig& config);
int build_command_bits(const ArchConfig& config);
int array_command_bits(const ArchConfig& config);

}  // namespace lutra::gen
