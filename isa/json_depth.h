// How deeply JSON may nest: checked before it is parsed, for copying, comparing and printing a document recurse.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lutra {

/// Where `json` opens one object or list too many inside others; npos where it never does.
std::size_t too_deep_json(std::string_view json);
/// What is said of it.
std::string too_deep_json_message();

}  // namespace lutra
