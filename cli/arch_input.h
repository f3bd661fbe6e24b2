// Which architecture is meant by a name or a file: the commands and the Python module ask here.
#pragma once

#include <string>

#include "isa/arch_config.h"

namespace lutra::cli {

inline constexpr const char* kDefaultArch = "edge_w2a8";

/// Reads the configuration: an existing file, or the name of an embedded one. Throws Error.
ArchConfig load_arch(const std::string& name_or_file);

}  // namespace lutra::cli
