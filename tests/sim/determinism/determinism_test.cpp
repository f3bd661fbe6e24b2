// What lutra makes from fixed inputs has the bytes that golden.txt knows, with any number of threads. The builds with GCC and with Clang,
// optimised and under sanitizers, run this same test. A change that is meant to change them: LUTRA_UPDATE_GOLDEN=1 rewrites the file.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <sstream>

#include "isa/file.h"
#include "sim/trust/fingerprints.h"
#include "tests/shipped_config.h"
#include "tests/source_dir.h"

namespace lutra::test {
namespace {

const std::string kGolden = test::source_dir() + "/tests/sim/determinism/golden.txt";

std::string lines_of(int threads) {
  std::vector<ArchConfig> configs;
  for (const char* name : {"tiny", "tiny_float", "tiny_ternary", "tiny_fp16", "edge_w2a8"}) configs.push_back(test::shipped_config(name));
  std::string text;
  for (const auto& [name, digest] : trust::fingerprints(configs, threads)) text += digest + "  " + name + "\n";
  return text;
}

}  // namespace

TEST_CASE("equal inputs give the golden bytes, at any number of threads") {
  const std::string one = lines_of(1);
  if (std::getenv("LUTRA_UPDATE_GOLDEN") != nullptr) write_file_atomically(kGolden, one);
  CHECK(one == read_file(kGolden));
  CHECK(lines_of(3) == one);
}

}  // namespace lutra::test
