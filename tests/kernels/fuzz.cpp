// libFuzzer target: any bytes make a GEMM, on which every kernel has to agree with the reference.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "kernels/bench/differential.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string difference = lutra::kernels::differential_case({data, data + size});
  if (difference.empty()) return 0;
  std::fprintf(stderr, "%s\n", difference.c_str());
  std::abort();
}
