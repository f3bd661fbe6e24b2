// Measures a storage device by reading from it under SystemC, without SystemC's headers.
#pragma once

#include <cstdint>

#include "sim/storage/flash_device.h"

namespace lutra::storage {

struct BenchRequest {
  Pattern pattern = Pattern::kRandom;
  std::uint32_t block_bytes = 4096;
  std::uint64_t range_bytes = 0;
  int in_flight = 32;
  std::uint64_t reads = 1000;
};

/// GB/s of `reads` reads on a device that has not been used yet, as a SystemC simulation. Any number of benches may follow each other in
/// a process that runs no other SystemC design; not to be called from several threads.
double bench(FlashDevice& device, const BenchRequest& request);

}  // namespace lutra::storage
