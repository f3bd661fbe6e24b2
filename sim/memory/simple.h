// The memory kind `simple`: a latency and a bandwidth.
#pragma once

#include <memory>

#include "sim/memory/memory.h"

namespace lutra::memory {

/// Latency and bandwidth of ArchConfig::memory in cycles of clock_mhz; see memory.h for the rules.
std::unique_ptr<MemoryTiming> make_simple_timing(const ArchConfig& config);

}  // namespace lutra::memory
