// The roofline chart of the report.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/report/charts.h"
#include "sim/report/format.h"

namespace lutra::report {
namespace {

constexpr double kLeft = 62, kRight = 700, kTop = 16, kBottom = 320;
constexpr double kMergeX = 56, kMergeY = 20;  // markers nearer than this would have overlapping numbers

/// Decimal logarithms of the corners, and the mapping from values to the drawing.
struct Axes {
  double x_low, x_high, y_low, y_high;
  [[nodiscard]] double x(double v) const { return kLeft + (std::log10(v) - x_low) / (x_high - x_low) * (kRight - kLeft); }
  [[nodiscard]] double y(double v) const { return kBottom - (std::log10(v) - y_low) / (y_high - y_low) * (kBottom - kTop); }
};

Axes fit(const Roofline& r) {
  double x_min = 1e300, x_max = 0, y_min = 1e300, y_max = 0;
  for (const RooflinePoint& p : r.points) {
    x_min = std::min(x_min, p.ops_per_byte);
    x_max = std::max(x_max, p.ops_per_byte);
    y_min = std::min(y_min, p.gops);
  }
  for (const RooflinePeak& p : r.peaks) {
    y_max = std::max(y_max, p.gops);
    x_max = std::max(x_max, 2 * p.gops / r.bandwidth_gb_s);  // the ridge has to be in the picture
  }
  constexpr double kMargin = 0.3;
  return {std::log10(x_min) - kMargin, std::log10(x_max) + kMargin, std::log10(y_min) - kMargin, std::log10(y_max) + kMargin};
}

std::string tick_text(double value) { return value >= 1 ? grouped(std::llround(value)) : fmt::format("{:g}", value); }

/// 1, 2 and 5 times powers of ten between two logarithms.
std::vector<double> ticks(double low, double high) {
  std::vector<double> values;
  for (int e = static_cast<int>(std::floor(low)); e <= high; ++e) {
    for (const int digit : {1, 2, 5}) {
      const double value = digit * std::pow(10, e);
      if (std::log10(value) >= low && std::log10(value) <= high) values.push_back(value);
    }
  }
  return values;
}

std::string grid(const Axes& axes) {
  std::string out;
  for (const double v : ticks(axes.x_low, axes.x_high)) {
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\"/><text x=\"{0:.1f}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4}</text>\n",
        axes.x(v), kTop, kBottom, kBottom + 18, tick_text(v));
  }
  for (const double v : ticks(axes.y_low, axes.y_high)) {
    out += fmt::format(
        "<line class=\"grid\" x1=\"{1}\" y1=\"{0:.1f}\" x2=\"{2}\" y2=\"{0:.1f}\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5}</text>\n",
        axes.y(v), kLeft, kRight, kLeft - 6, axes.y(v) + 4, tick_text(v));
  }
  out += fmt::format("<path class=\"grid\" fill=\"none\" d=\"M{0} {1}V{2}H{3}\"/>\n", kLeft, kTop, kBottom, kRight);
  out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">operations per byte of memory traffic</text>\n", (kLeft + kRight) / 2,
                     kBottom + 38);
  out += fmt::format("<text transform=\"translate(14,{}) rotate(-90)\" text-anchor=\"middle\">GOP/s</text>\n", (kTop + kBottom) / 2);
  return out;
}

std::string roofs(const Roofline& r, const Axes& axes) {
  const double x0 = std::pow(10, axes.x_low), x1 = std::pow(10, axes.x_high), y0 = std::pow(10, axes.y_low);
  double highest = 0;
  for (const RooflinePeak& p : r.peaks) highest = std::max(highest, p.gops);
  const double start = std::max(x0, y0 / r.bandwidth_gb_s);
  std::string out = fmt::format("<path class=\"roof\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>\n", axes.x(start),
                                axes.y(start * r.bandwidth_gb_s), axes.x(highest / r.bandwidth_gb_s), axes.y(highest));
  for (const RooflinePeak& p : r.peaks) {
    const double ridge = p.gops / r.bandwidth_gb_s, y = axes.y(p.gops);
    out += fmt::format(
        "<path class=\"roof\" d=\"M{0:.1f} {1:.1f}L{2:.1f} {1:.1f}\"/><text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        axes.x(ridge), y, axes.x(x1), kRight - 4, y + 18, escape(fmt::format("{}: {}", p.name, si(p.gops * 1e9, "OP/s"))));
  }
  const double middle = std::sqrt(start * highest / r.bandwidth_gb_s);
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">memory: {} GB/s</text>\n", axes.x(middle) - 8,
                     axes.y(middle * r.bandwidth_gb_s) - 4, significant(r.bandwidth_gb_s));
  return out;
}

/// Points that would be drawn over each other share one marker.
struct Marker {
  double x, y;
  std::vector<std::size_t> points;
};

std::string marker_name(const std::vector<std::size_t>& points) {
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::size_t last = i;
    while (last + 1 < points.size() && points[last + 1] == points[last] + 1) ++last;
    out += fmt::format("{}{}", out.empty() ? "" : ", ", points[i] + 1);
    if (last > i) out += fmt::format("{}{}", last == i + 1 ? ", " : "–", points[last] + 1);
    i = last;
  }
  return out;
}

std::string markers(const Roofline& r, const Axes& axes) {
  std::vector<Marker> groups;
  for (std::size_t i = 0; i < r.points.size(); ++i) {
    const double x = axes.x(r.points[i].ops_per_byte), y = axes.y(r.points[i].gops);
    const auto near = [&](const Marker& m) {
      return r.points[m.points.front()].phase == r.points[i].phase && std::fabs(m.x - x) < kMergeX && std::fabs(m.y - y) < kMergeY;
    };
    const auto group = std::find_if(groups.begin(), groups.end(), near);
    if (group == groups.end()) {
      groups.push_back({x, y, {i}});
    } else {
      group->points.push_back(i);
    }
  }
  std::string out;
  for (const Marker& m : groups) {
    std::string tip;
    for (const std::size_t i : m.points) tip += fmt::format("{}{} {}", tip.empty() ? "" : ", ", r.points[i].phase, r.points[i].name);
    // Decode's numbers stand to the right of its points, prefill's to the left, so that shared points keep both.
    const bool left = r.points[m.points.front()].phase != "decode";
    out += fmt::format(
        "<g><title>{}</title><circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"6\"/><text class=\"number\" x=\"{:.1f}\" "
        "y=\"{:.1f}\" text-anchor=\"{}\">{}</text></g>\n",
        escape(tip), escape(r.points[m.points.front()].phase), m.x, m.y, left ? m.x - 8 : m.x + 10, left ? m.y - 8 : m.y + 17,
        left ? "end" : "start", marker_name(m.points));
  }
  return out;
}

}  // namespace

std::string roofline_chart(const Roofline& r) {
  Roofline shown = r;
  const auto unusable = [](const RooflinePoint& p) { return p.ops_per_byte <= 0 || p.gops <= 0; };
  shown.points.erase(std::remove_if(shown.points.begin(), shown.points.end(), unusable), shown.points.end());
  if (shown.points.empty() || shown.peaks.empty() || shown.bandwidth_gb_s <= 0) return "<p>No operator ran on the core.</p>\n";
  const Axes axes = fit(shown);
  std::string out =
      fmt::format("<div class=\"roofline\"><div class=\"scroll\"><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"roofline\">\n",
                  kRight + 16, kBottom + 48);
  out += grid(axes) + roofs(shown, axes) + markers(shown, axes) + "</svg></div>\n<ol class=\"key\">\n";
  for (const RooflinePoint& p : shown.points) {
    out += fmt::format("<li><span class=\"dot {0}\"></span>{1} {0}: {2}, {3} op/byte</li>\n", escape(p.phase), escape(p.name),
                       si(p.gops * 1e9, "OP/s"), significant(p.ops_per_byte));
  }
  return out + "</ol></div>\n";
}

}  // namespace lutra::report
