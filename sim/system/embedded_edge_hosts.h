// The named hosts of configs/edge/, embedded at build time.
#pragma once

#include <string_view>
#include <vector>

namespace lutra::system {

/// YAML of a host by file name ("phone.yaml"); empty for one that is not there.
std::string_view embedded_edge_host(std::string_view name);
std::vector<std::string_view> embedded_edge_host_names();

}  // namespace lutra::system
