// Contiguous parts, one a thread: neighbouring blocks of weights stay one stream.
#include "kernels/parallel.h"

#include <algorithm>
#include <cstdint>

#ifndef LUTRA_KERNELS_SERIAL
#include <tbb/parallel_for.h>
#endif

namespace lutra::kernels {

void parallel_parts(int threads, int count, const std::function<void(int begin, int end)>& run) {
  const int parts = std::max(1, std::min(threads, count));
  const auto run_part = [&](int part) {
    const auto border = [&](int p) { return static_cast<int>(std::int64_t{count} * p / parts); };
    run(border(part), border(part + 1));
  };
  if (parts == 1) return run_part(0);
#ifdef LUTRA_KERNELS_SERIAL
  for (int part = 0; part < parts; ++part) run_part(part);
#else
  tbb::parallel_for(0, parts, run_part, tbb::static_partitioner());  // no more tasks than parts: no more threads either
#endif
}

}  // namespace lutra::kernels
