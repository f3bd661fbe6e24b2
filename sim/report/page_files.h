// The report's template and style sheet, embedded at build time.
#pragma once

#include <string_view>
#include <vector>

namespace lutra::report {

/// Text of "page.html" or "page.css"; empty for any other name.
std::string_view page_file(std::string_view name);
std::vector<std::string_view> page_file_names();

}  // namespace lutra::report
