// The report's template and style sheet, embedded at build time.
#pragma once

#include <string_view>

namespace lutra::report {

/// Text of "page.html" or "page.css"; empty for any other name.
std::string_view page_file(std::string_view name);

}  // namespace lutra::report
