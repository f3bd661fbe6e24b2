// Line charts draw what they are given.
#include "sim/report/line_chart.h"

#include <catch2/catch.hpp>

using namespace lutra::report;

TEST_CASE("a line chart has a path for every line with points, its legend, and no unescaped text") {
  LineChart chart;
  chart.title = "a < b";
  chart.x_title = "GB";
  chart.y_title = "tokens/s";
  chart.x_ticks = {2, 4, 8};
  chart.log_y = true;
  chart.lines = {{"first", "red", false, {{2, 1}, {8, 10}}}, {"second", "blue", true, {{4, 5}}}, {"nothing", "black", false, {}}};
  const std::string svg = line_chart_svg(chart);
  std::size_t paths = 0;
  for (std::size_t at = svg.find("<path"); at != std::string::npos; at = svg.find("<path", at + 1)) ++paths;
  CHECK(paths == 2);
  CHECK_THAT(svg,
             Catch::Contains("a &lt; b") && Catch::Contains("first") && Catch::Contains("second") && Catch::Contains("stroke-dasharray"));
  CHECK_THAT(svg, !Catch::Contains("nothing"));
}
