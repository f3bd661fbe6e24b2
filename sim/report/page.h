// Turns a report document into one self-contained HTML page.
#pragma once

#include <string>

#include "sim/report/document.h"

namespace lutra::report {

/// The whole page: no script, no request to anywhere, light and dark, readable on a phone and on paper.
std::string render_page(const Document& document);

}  // namespace lutra::report
