// The type tables of this folder, embedded at build time.
#pragma once

#include <string_view>
#include <vector>

namespace lutra::workloads {

/// Text of a type table by file name ("builtin.yaml"); empty for one that is not there.
std::string_view embedded_types(std::string_view name);
std::vector<std::string_view> embedded_types_names();

}  // namespace lutra::workloads
