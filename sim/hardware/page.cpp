// The page of a campaign: a table and bars for each pair of types.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/hardware/campaign.h"

namespace lutra::hardware {
namespace {

using nlohmann::json;

std::string bar(double value, double most) {
  std::string text;
  for (int i = 0; i < static_cast<int>(30 * value / most + 0.5); ++i) text += "█";
  return text;
}

std::string group_title(const json& d) {
  const std::string activation = d.at("activation_type").get<std::string>();
  return fmt::format("{} weights, {} activations", d.at("weight_type").get<std::string>(),
                     activation.rfind("FP16", 0) == 0 ? "FP16" : activation);
}

std::string group_text(const std::vector<json>& designs) {
  double most = 0;
  for (const json& d : designs) most = std::max(most, d.at("tops_per_mm2").get<double>());
  std::string text =
      "| design | tables | SQNR dB | MACs/cycle | area um2 | um2/MAC | power mW | fJ/MAC | slack ps | TOPS/mm2 | TOPS/W | "
      "|\n|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const json& d : designs)
    text += fmt::format(
        "| {} | {} | {} | {:g} | {:.0f} | {:.2f} | {:.2f} | {:.2f} | {:.0f} | {:.1f} | {:.0f} | {} |\n", d.at("design").get<std::string>(),
        d.at("table_mode").get<std::string>(), d.at("sqnr_db").is_string() ? "exact" : fmt::format("{:.1f}", d.at("sqnr_db").get<double>()),
        d.at("macs_per_cycle").get<double>(), d.at("area_um2").get<double>(), d.at("um2_per_mac").get<double>(),
        d.at("power_mw").get<double>(), 1000 * d.at("pj_per_mac").get<double>(), d.at("worst_slack_ps").get<double>(),
        d.at("tops_per_mm2").get<double>(), d.at("tops_per_w").get<double>(), bar(d.at("tops_per_mm2").get<double>(), most));
  return text;
}

}  // namespace

std::string campaign_page(const json& result) {
  std::string text = fmt::format("# Datapaths in {}\n\n", result.at("library").get<std::string>());
  text += fmt::format(
      "Written by `{}`. Boundary: operands at ports, cell area, ideal clock tree, no wires. {:g} MHz for INT8 activations and {:g} MHz for "
      "FP16, "
      "for all designs of a group; negative slack misses it. Power from switching counted on the mapped netlist (settled values, no "
      "glitches), operands of {}. "
      "Every result of every design was compared with the exact integers (or with the stated rounding), {} wrong bits in {} results. Bars: "
      "TOPS/mm2.\n\n",
      result.at("command").get<std::string>(), result.at("clock_mhz").get<double>(), result.at("float_clock_mhz").get<double>(),
      result.at("layers").get<std::string>(), result.at("mismatched_bits").get<long long>(), result.at("vectors").get<long long>());
  text += "## Targets\n\n| comparison | measured | wanted | |\n|---|---|---|---|\n";
  for (const json& r : result.at("rows")) {
    const double value = r.at("value").get<double>(), low = r.at("at_least").get<double>();
    const bool ranged = r.contains("at_most");
    const bool met = value >= low && (!ranged || value <= r.at("at_most").get<double>());
    text += fmt::format("| {} | {:.2f} | {} | {} |\n", r.at("name").get<std::string>(), value,
                        ranged ? fmt::format("{:.2f} to {:.2f}", low, r.at("at_most").get<double>()) : fmt::format("at least {:.2f}", low),
                        met ? "met" : "**missed**");
  }
  std::vector<std::string> order;
  std::map<std::string, std::vector<json>> groups;
  for (const json& d : result.at("designs")) {
    const std::string title = group_title(d);
    if (groups.count(title) == 0) order.push_back(title);
    groups[title].push_back(d);
  }
  for (const std::string& title : order) text += fmt::format("\n## {}\n\n{}", title, group_text(groups.at(title)));
  return text;
}

}  // namespace lutra::hardware
