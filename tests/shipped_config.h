// The configurations that come with lutra.
#pragma once

#include "isa/arch_config.h"
#include "tests/source_dir.h"

namespace lutra::test {

/// configs/NAME.yaml.
inline ArchConfig shipped_config(const std::string& name) { return load_arch_config(source_dir() + "/configs/" + name + ".yaml"); }

}  // namespace lutra::test
