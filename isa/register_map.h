// The AXI4-Lite registers of a core: one table for RTL, model, host scripts, C header and documentation.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lutra {

/// Who may change a register: the host, the core, or the host by writing ones (pulse).
enum class Access : std::uint8_t { kReadWrite, kReadOnly, kPulse };

struct Register {
  std::string_view name;
  std::uint32_t offset;  // bytes
  Access access;
  std::string_view doc;
  int bits = 32;  // stored bits of a writable register, from bit 0; the others read 0
};

/// All registers in offset order; 32 bits each. Reads of undefined offsets return 0, writes to them are ignored.
std::span<const Register> registers();
/// Offset of a register by name; throws std::out_of_range for an unknown one.
std::uint32_t register_offset(std::string_view name);

}  // namespace lutra
