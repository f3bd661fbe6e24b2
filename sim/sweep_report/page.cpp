// Puts data, scripts, style and chart library into the page's template.
#include "sim/sweep_report/page.h"

#include <fmt/format.h>

#include "sim/report/format.h"
#include "sim/report/page_files.h"
#include "sim/sweep_report/page_files.h"

namespace lutra::sweep_report {
namespace {

/// Inside a script element only "</" can end it; JSON strings may write it as "<\/".
std::string inside_script(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    out += json[i];
    if (json[i] == '<' && i + 1 < json.size() && json[i + 1] == '/') out += '\\';
  }
  return out;
}

std::string scripts() {
  std::string text;
  for (const char* name : {"columns.js", "scatter.js", "parallel.js", "detail.js", "filters.js", "main.js"}) text.append(page_file(name));
  return text;
}

}  // namespace

std::string render_page(const SweepDocument& document) {
  return report::fill(page_file("sweep.html"), {
                                                   {"style", std::string(report::page_file("page.css")).append(page_file("sweep.css"))},
                                                   {"data", inside_script(columns_json(document))},
                                                   {"d3", std::string(page_file("d3.min.js"))},
                                                   {"scripts", scripts()},
                                                   {"licence", report::escape(page_file("copyright"))},
                                                   {"version", report::escape(document.sweep.value("lutra_version", ""))},
                                               });
}

}  // namespace lutra::sweep_report
