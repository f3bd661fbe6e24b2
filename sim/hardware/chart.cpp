// Bars of every design's density and energy efficiency.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/hardware/campaign.h"

namespace lutra::hardware {
namespace {

using nlohmann::json;

constexpr int kRow = 16, kLabel = 250, kBar = 250, kGap = 90, kHead = 64, kTitle = 34;

const char* colour(const std::string& family) {
  if (family == "lut" || family == "ternary") return "#1f6fb2";
  if (family == "lut_published" || family == "unpu") return "#8a8f98";
  return "#d9822b";
}

std::string bar(int x, int y, double value, double most, const char* fill) {
  const double width = most > 0 ? std::max(1.0, kBar * value / most) : 0;
  return fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/><text x=\"{:.1f}\" y=\"{}\">{:.4g}</text>\n", x,
                     y, width, kRow - 4, fill, x + width + 4, y + kRow - 6, value);
}

std::string panel(const std::string& title, std::vector<json> designs, int& y) {
  const auto number = [](const json& d, const char* key) { return d.at(key).get<double>(); };
  std::stable_sort(designs.begin(), designs.end(),
                   [&](const json& a, const json& b) { return number(a, "tops_per_mm2") > number(b, "tops_per_mm2"); });
  double dense = 0, frugal = 0;
  for (const json& d : designs) dense = std::max(dense, number(d, "tops_per_mm2")), frugal = std::max(frugal, number(d, "tops_per_w"));
  std::string text = fmt::format(
      "<text x=\"10\" y=\"{0}\" class=\"title\">{1}</text><text x=\"{2}\" y=\"{0}\">TOPS/mm2</text>"
      "<text x=\"{3}\" y=\"{0}\">TOPS/W</text>\n",
      y + 22, title, kLabel, kLabel + kBar + kGap);
  y += kTitle;
  for (const json& d : designs) {
    const char* fill = colour(d.at("family").get<std::string>());
    text +=
        fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", kLabel - 8, y + kRow - 6, d.at("design").get<std::string>());
    text += bar(kLabel, y, number(d, "tops_per_mm2"), dense, fill) + bar(kLabel + kBar + kGap, y, number(d, "tops_per_w"), frugal, fill);
    y += kRow;
  }
  y += 12;
  return text;
}

}  // namespace

std::string bar_chart(const json& result) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<json>> groups;
  for (const json& d : result.at("designs")) {
    if (!d.at("full_adder_cells").get<bool>() || d.at("worst_slack_ps").get<double>() < 0) continue;
    const std::string activation = d.at("activation_type").get<std::string>();
    const std::string title = fmt::format("{} x {}, {}", d.at("weight_type").get<std::string>(),
                                          activation.rfind("FP16", 0) == 0 ? "FP16" : activation, d.at("boundary").get<std::string>());
    if (groups.count(title) == 0) order.push_back(title);
    groups[title].push_back(d);
  }
  int y = kHead;
  std::string panels;
  for (const std::string& title : order) panels += panel(title, groups.at(title), y);
  const int width = kLabel + 2 * kBar + 2 * kGap;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" "
      "font-size=\"11\">\n<style>.title{{font-weight:bold;font-size:13px}}</style>\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n"
      "<text x=\"10\" y=\"24\" font-size=\"15\" font-weight=\"bold\">{2}, {3:g} MHz, cell area, measured activity, full-adder cells in all "
      "designs</text>\n<text x=\"10\" y=\"46\"><tspan fill=\"#1f6fb2\">■</tspan> lookup tables of lutra  <tspan fill=\"#8a8f98\">■</tspan> "
      "designs of the paper  <tspan fill=\"#d9822b\">■</tspan> adders and multipliers</text>\n{4}</svg>\n",
      width, y, result.at("library").get<std::string>(), result.at("clock_mhz").get<double>(), panels);
}

}  // namespace lutra::hardware
