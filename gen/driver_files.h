// The C driver of gen/driver/, embedded at build time.
#pragma once

#include <string_view>
#include <vector>

namespace lutra::gen {

/// The text of a file of gen/driver/ by its name, empty where there is none.
std::string_view driver_file(std::string_view name);
/// Their names, in order.
std::vector<std::string_view> driver_file_names();

}  // namespace lutra::gen
