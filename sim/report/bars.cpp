// Bar charts of the report.
#include <fmt/format.h>

#include <algorithm>

#include "sim/report/charts.h"
#include "sim/report/format.h"

namespace lutra::report {

std::string bar_chart(std::vector<Bar> bars, std::size_t most) {
  std::stable_sort(bars.begin(), bars.end(), [](const Bar& a, const Bar& b) { return a.value > b.value; });
  double total = 0;
  for (const Bar& bar : bars) total += bar.value;
  if (bars.size() > most && most > 0) {
    Bar others{fmt::format("{} others", bars.size() - most + 1), 0, "", bars[most - 1].series};
    for (std::size_t i = most - 1; i < bars.size(); ++i) others.value += bars[i].value;
    bars.resize(most - 1);
    bars.push_back(others);
  }
  double longest = 0;
  std::size_t characters = 0;
  for (const Bar& bar : bars) {
    longest = std::max(longest, bar.value);
    characters = std::max(characters, bar.text.size() + 6);
  }
  std::string out = fmt::format("<div class=\"bars\" style=\"--value:{}ch\">\n", characters);
  for (const Bar& bar : bars) {
    const double width = longest > 0 ? 100 * bar.value / longest : 0;
    out += fmt::format(
        "<div class=\"bar\" title=\"{0}: {1}{2}\"><span class=\"label\">{0}</span><span class=\"track\"><span class=\"fill {3}\" "
        "style=\"width:{4:.2f}%\"></span></span><span class=\"value\">{1}{2}</span></div>\n",
        escape(bar.label), bar.text.empty() ? "" : escape(bar.text) + " · ", percent(bar.value, total), bar.series, width);
  }
  return out + "</div>\n";
}

}  // namespace lutra::report
