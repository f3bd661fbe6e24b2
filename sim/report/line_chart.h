// A line chart as an SVG file of its own.
#pragma once

#include <string>
#include <vector>

namespace lutra::report {

/// Points in ascending x; `dashed` tells variants of a series apart. `color` is an SVG colour.
struct Line {
  std::string label;
  std::string color;
  bool dashed = false;
  std::vector<std::pair<double, double>> points;
};

struct LineChart {
  std::string title;
  std::string x_title;
  std::string y_title;
  std::vector<double> x_ticks;
  bool log_y = false;
  std::vector<Line> lines;
};

/// SVG with axes, a legend at the right and a white ground. Lines without points are left out.
std::string line_chart_svg(const LineChart& chart);

}  // namespace lutra::report
