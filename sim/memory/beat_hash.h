// The hash by which events carry the payload of an AXI data beat.
#pragma once

#include <cstdint>

namespace lutra::memory {

/// Hash of a read beat's bytes (bus width).
std::uint64_t beat_hash(const std::uint8_t* data, int bytes);
/// Hash of the bytes of a write beat whose strobe bit (LSB first) is set, with their positions.
std::uint64_t beat_hash(const std::uint8_t* data, const std::uint8_t* strobe, int bytes);

/// Event::b of a write beat: hash of the strobes, shortened by one bit, << 1 | last.
std::uint64_t strobe_hash(const std::uint8_t* strobe, int bytes, bool last);

}  // namespace lutra::memory
