// Emits the AXI4-Lite register block (lutra_csr) from the register table.
#pragma once

#include <string>

#include "isa/geometry.h"

namespace lutra::gen {

/// Verilog of lutra_csr: every register of isa/register_map.h, the counters, the interrupt.
std::string emit_csr(const ArchConfig& config, const Geometry& geometry);

/// Bits of an instruction index that may also be one past the last instruction.
int pc_bits(const ArchConfig& config);

/// Value of the ID register: "LUTR".
inline constexpr std::uint32_t kIdWord = 0x4C555452;
/// Value of the VERSION register: major << 16 | minor << 8 | patch.
std::uint32_t version_word();
/// Value of the PROGRAM_HASH register.
std::uint32_t program_hash_word(const ArchConfig& config);

/// Bits of a general register, and of the address that a trap reports.
inline constexpr int kRegisterBits = 40;

}  // namespace lutra::gen
