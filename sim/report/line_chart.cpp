// Drawing of line charts.
#include "sim/report/line_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/report/format.h"

namespace lutra::report {
namespace {

constexpr double kWidth = 760, kHeight = 380, kLeft = 64, kRight = 210, kTop = 40, kBottom = 52;

struct Scale {
  double low, high;
  bool logarithmic;
  [[nodiscard]] double share(double value) const {
    return logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  }
};

/// Round steps: 1, 2 or 5 times a power of ten; on a logarithmic axis these very numbers.
std::vector<double> ticks(const Scale& scale) {
  std::vector<double> result;
  if (scale.logarithmic) {
    for (double decade = std::pow(10, std::floor(std::log10(scale.low))); decade <= scale.high; decade *= 10)
      for (const double factor : {1.0, 2.0, 5.0})
        if (decade * factor >= scale.low * 0.999 && decade * factor <= scale.high * 1.001) result.push_back(decade * factor);
    return result;
  }
  const double raw = (scale.high - scale.low) / 5, power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (raw <= factor * power) step = factor * power;
  for (double t = std::ceil(scale.low / step) * step; t <= scale.high * 1.0001; t += step) result.push_back(t);
  return result;
}

Scale y_scale(const LineChart& chart) {
  double low = 1e300, high = 0;
  for (const Line& line : chart.lines)
    for (const auto& [x, y] : line.points) {
      low = std::min(low, y);
      high = std::max(high, y);
    }
  if (high <= 0) return {0, 1, false};
  return chart.log_y ? Scale{low * 0.8, high * 1.2, true} : Scale{0, high * 1.08, false};
}

}  // namespace

std::string line_chart_svg(const LineChart& chart) {
  const Scale xs{chart.x_ticks.front(), chart.x_ticks.back(), false}, ys = y_scale(chart);
  const double inner_width = kWidth - kLeft - kRight, inner_height = kHeight - kTop - kBottom;
  const auto px = [&](double x) { return kLeft + xs.share(x) * inner_width; };
  const auto py = [&](double y) { return kTop + (1 - ys.share(y)) * inner_height; };
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n<text x=\"{2}\" y=\"22\" font-size=\"15\" font-weight=\"bold\">{3}</text>\n",
      kWidth, kHeight, kLeft, escape(chart.title));
  for (const double t : ticks(ys))
    svg += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#ddd\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5:g}</text>\n",
        kLeft, kLeft + inner_width, py(t), kLeft - 6, py(t) + 4, t);
  for (const double t : chart.x_ticks)
    svg += fmt::format(
        "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\" stroke=\"#888\"/><text x=\"{0:.1f}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4:g}</text>\n",
        px(t), kTop + inner_height, kTop + inner_height + 5, kTop + inner_height + 19, t);
  svg += fmt::format(
      "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\" stroke=\"#444\"/>\n<text x=\"{3}\" y=\"{4}\" text-anchor=\"middle\">{5}</text>\n",
      kLeft, kLeft + inner_width, kTop + inner_height, kLeft + inner_width / 2, kHeight - 12, escape(chart.x_title));
  svg += fmt::format("<text transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n", kTop + inner_height / 2,
                     escape(chart.y_title));
  double legend = kTop + 8;
  for (const Line& line : chart.lines) {
    if (line.points.empty()) continue;
    std::string path;
    for (const auto& [x, y] : line.points) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : " L", px(x), py(y));
    const char* dash = line.dashed ? " stroke-dasharray=\"6 4\"" : "";
    svg += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n", path, line.color, dash);
    for (const auto& [x, y] : line.points)
      svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.6\" fill=\"{}\"/>\n", px(x), py(y), line.color);
    const double at = kLeft + inner_width + 14;
    svg += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\" stroke=\"{3}\" stroke-width=\"2\"{4}/><text x=\"{5}\" y=\"{6}\">{7}</text>\n",
        at, at + 26, legend, line.color, dash, at + 32, legend + 4, escape(line.label));
    legend += 19;
  }
  return svg + "</svg>\n";
}

}  // namespace lutra::report
