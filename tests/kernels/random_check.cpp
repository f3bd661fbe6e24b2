// Random GEMMs against the reference without a test framework: small enough to be built and emulated for another CPU on every change.
//   random_check CASES
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "isa/error.h"
#include "kernels/bench/differential.h"
#include "kernels/mpgemm.h"

namespace {

/// Differences found in `cases` problems.
int check(int cases) {
  std::mt19937 random(1);
  int differences = 0;
  for (int i = 0; i < cases; ++i) {
    std::vector<std::uint8_t> bytes(128);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const std::string difference = lutra::kernels::differential_case(bytes);
    if (difference.empty()) continue;
    std::fprintf(stderr, "case %d: %s\n", i, difference.c_str());
    ++differences;
  }
  return differences;
}

}  // namespace

int main(int argc, char** argv) {
  const int cases = argc == 2 ? std::atoi(argv[1]) : 0;
  if (cases < 1) {
    std::fprintf(stderr, "random_check CASES\n");
    return 2;
  }
  try {
    const int differences = check(cases);
    std::string targets;
    for (const lutra::kernels::Target target : lutra::kernels::available_targets()) targets += " " + std::string(to_string(target));
    std::printf("%d random problems, %d differences; targets:%s\n", cases, differences, targets.c_str());
    return differences == 0 ? 0 : 1;
  } catch (const lutra::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
