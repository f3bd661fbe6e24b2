#include "tests/source_dir.h"

namespace lutra::test {

std::string source_dir() { return LUTRA_SOURCE_DIR; }

}  // namespace lutra::test
