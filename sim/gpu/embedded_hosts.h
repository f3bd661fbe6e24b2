// The named hosts of configs/gpu/, embedded at build time.
#pragma once

#include <string_view>
#include <vector>

namespace lutra::gpu {

/// YAML of a host by file name ("a100.yaml"); empty for one that is not there.
std::string_view embedded_host(std::string_view name);
std::vector<std::string_view> embedded_host_names();

}  // namespace lutra::gpu
