// Where the tests find configurations and golden files.
#pragma once

#include <string>

namespace lutra::test {

/// The root of lutra's sources. A function, not a macro, so that the path is compiled into one file and a compiled test serves every clone.
std::string source_dir();

}  // namespace lutra::test
