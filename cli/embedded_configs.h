// The named architectures of configs/, embedded at build time.
#pragma once

#include <string_view>
#include <vector>

namespace lutra::cli {

/// YAML of a configuration by file name ("edge_w2a8.yaml"); empty for one that is not there.
std::string_view embedded_config(std::string_view name);
std::vector<std::string_view> embedded_config_names();

}  // namespace lutra::cli
