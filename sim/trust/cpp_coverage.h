// Lines of lutra's own C++ that its tests run, from gcov.
#pragma once

#include <map>
#include <string>

#include "sim/trust/share.h"

namespace lutra::trust {

struct CppCoverage {
  std::map<std::string, Share> files;    // by path in the source tree: stages above tests/, headers among them
  std::map<std::string, Share> folders;  // the same by the folder they lie in
  [[nodiscard]] Share all() const { return sum(files); }
};

/// Reads the counts that an instrumented build (LUTRA_COVERAGE) has left in `build`, of sources below `source`. A line that several
/// objects hold counts once. Throws Error (check failed) where there are no counts.
CppCoverage cpp_coverage(const std::string& source, const std::string& build);

}  // namespace lutra::trust
