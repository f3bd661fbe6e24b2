// Splits a range between threads: the only place that knows about TBB.
#pragma once

#include <functional>

namespace lutra::kernels {

/// Calls run(begin, end) for `threads` contiguous parts of [0, count), in parallel where more than one thread is asked for and available.
/// Built with LUTRA_KERNELS_SERIAL, parts run one after the other and TBB is not needed.
void parallel_parts(int threads, int count, const std::function<void(int begin, int end)>& run);

}  // namespace lutra::kernels
