// A banked DRAM behind a core's AXI port.
#pragma once

#include <memory>

#include "sim/memory/dram_device.h"
#include "sim/memory/memory.h"

namespace lutra::memory {

/// The built-in device that memory.kind names.
std::unique_ptr<MemoryTiming> make_dram_timing(const ArchConfig& config);
/// Any device.
///
/// A read burst is one request to the DRAM at the edge of its acceptance; its beats come one a cycle, as soon as the last one will be
/// there in time. Writes are buffered and answered when their last beat is in; they reach the DRAM before the next read that is
/// accepted at a later edge. The buffer takes beats at the device's rate less refresh, and kWriteBufferBytes ahead of it.
std::unique_ptr<MemoryTiming> make_dram_timing(const ArchConfig& config, const DramDevice& device);

}  // namespace lutra::memory
