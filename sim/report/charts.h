// The report's charts, drawn from data as HTML and SVG that need no script.
#pragma once

#include <string>
#include <vector>

#include "sim/report/document.h"

namespace lutra::report {

/// A horizontal bar: its label, its length, what is printed behind it, and its series (a CSS class: "core", "host", "area").
struct Bar {
  std::string label;
  double value = 0;
  std::string text;
  std::string series;
};

/// Horizontal bars, longest first; bars beyond `most` are added into one, "others".
std::string bar_chart(std::vector<Bar> bars, std::size_t most);
/// Log-log roofline: attainable GOP/s over operations per byte, with each operator as a numbered point and its key beside it.
std::string roofline_chart(const Roofline& roofline);

}  // namespace lutra::report
