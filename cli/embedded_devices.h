// The named phones and storage devices of configs/, embedded at build time.
#pragma once

#include <string_view>
#include <vector>

namespace lutra::cli {

/// YAML by file name ("oneplus12.yaml"); empty for one that is not there.
std::string_view embedded_phone(std::string_view name);
std::vector<std::string_view> embedded_phone_names();
std::string_view embedded_storage(std::string_view name);
std::vector<std::string_view> embedded_storage_names();

}  // namespace lutra::cli
