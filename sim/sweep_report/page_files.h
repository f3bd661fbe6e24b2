// The sweep page's template, scripts, style sheet and chart library, embedded at build time.
#pragma once

#include <string_view>
#include <vector>

namespace lutra::sweep_report {

/// Text of a file of this folder, of "d3.min.js" or of d3's "copyright"; empty for any other name.
std::string_view page_file(std::string_view name);
std::vector<std::string_view> page_file_names();

}  // namespace lutra::sweep_report
