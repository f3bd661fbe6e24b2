// One library's part of the page: targets, and a table for each pair of types.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/hardware/campaign.h"

namespace lutra::hardware {
namespace {

using nlohmann::json;

std::string text_of(const json& value, const char* key) { return value.at(key).get<std::string>(); }

std::string group_title(const json& d) {
  const std::string activation = text_of(d, "activation_type");
  return fmt::format("{} weights, {} activations", text_of(d, "weight_type"), activation.rfind("FP16", 0) == 0 ? "FP16" : activation);
}

std::string targets_text(const json& rows) {
  std::string text = "| comparison | measured | wanted | |\n|---|---|---|---|\n";
  for (const json& r : rows) {
    const double value = r.at("value").get<double>(), low = r.at("at_least").get<double>();
    const bool ranged = r.contains("at_most");
    const bool met = value >= low && (!ranged || value <= r.at("at_most").get<double>());
    text += fmt::format("| {} | {:.2f} | {} | {} |\n", text_of(r, "name"), value,
                        ranged ? fmt::format("{:.2f} to {:.2f}", low, r.at("at_most").get<double>()) : fmt::format("at least {:.2f}", low),
                        met ? "met" : "**missed**");
  }
  return text;
}

std::string design_row(const json& d) {
  return fmt::format("| {} | {} | {} | {} | {:g} | {:.0f} | {:.2f} | {:.2f} | {:.2f} | {:.0f} | {:.1f} | {:.0f} |\n", text_of(d, "design"),
                     text_of(d, "boundary"), text_of(d, "table_mode"),
                     d.at("sqnr_db").is_string() ? "exact" : fmt::format("{:.1f}", d.at("sqnr_db").get<double>()),
                     d.at("macs_per_cycle").get<double>(), d.at("area_um2").get<double>(), d.at("um2_per_mac").get<double>(),
                     d.at("power_mw").get<double>(), 1000 * d.at("pj_per_mac").get<double>(), d.at("worst_slack_ps").get<double>(),
                     d.at("tops_per_mm2").get<double>(), d.at("tops_per_w").get<double>());
}

/// Tables of the designs with or without full-adder cells, densest first.
std::string designs_text(const json& designs, bool full_adder_cells) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<json>> groups;
  for (const json& d : designs) {
    if (d.at("full_adder_cells").get<bool>() != full_adder_cells) continue;
    const std::string title = group_title(d);
    if (groups.count(title) == 0) order.push_back(title);
    groups[title].push_back(d);
  }
  std::string text;
  for (const std::string& title : order) {
    std::vector<json>& group = groups.at(title);
    std::stable_sort(group.begin(), group.end(), [](const json& a, const json& b) { return a.at("tops_per_mm2") > b.at("tops_per_mm2"); });
    text += fmt::format(
        "\n**{}, {} full-adder cells**\n\n"
        "| design | boundary | tables | SQNR dB | MACs/cycle | area um2 | um2/MAC | power mW | fJ/MAC | slack ps | TOPS/mm2 | TOPS/W |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        title, full_adder_cells ? "with" : "without");
    for (const json& d : group) text += design_row(d);
  }
  return text;
}

}  // namespace

std::string library_section(const json& result) {
  const std::string library = text_of(result, "library");
  std::string text = fmt::format("## {}\n\n", library);
  text += fmt::format(
      "`{}` on {}; lutra {}, seed {}; {:g} MHz for INT8 activations, {:g} MHz for floating-point ones; no layout; measured activity; "
      "operands of {}. {} wrong bits in {} results of mapped "
      "netlists.\n\n![Density and energy efficiency in {}](hardware-{}.svg)\n\n",
      text_of(result, "command"), text_of(result, "date"), text_of(result, "lutra_version"), result.at("seed").get<long long>(),
      result.at("clock_mhz").get<double>(), result.at("float_clock_mhz").get<double>(), text_of(result, "layers"),
      result.at("mismatched_bits").get<long long>(), result.at("vectors").get<long long>(), library, library);
  text += "### Targets, all designs with the library's full-adder cells\n\n" + targets_text(result.at("rows"));
  if (!result.at("rows_without_full_adder_cells").empty())
    text += "\n### The same without full-adder cells\n\n" + targets_text(result.at("rows_without_full_adder_cells"));
  return text + "\n### Designs\n" + designs_text(result.at("designs"), true) + designs_text(result.at("designs"), false);
}

std::string with_section(const std::string& page, const std::string& library, const std::string& section) {
  const std::string begin = fmt::format("<!-- begin {} -->\n", library), end = fmt::format("<!-- end {} -->\n", library);
  const std::size_t from = page.find(begin), to = page.find(end);
  if (from == std::string::npos || to == std::string::npos) return page + "\n" + begin + section + end;
  return page.substr(0, from) + begin + section + page.substr(to);
}

}  // namespace lutra::hardware
