// Random legal cores in other tools, and a named one in FPGAs.
#include <fmt/format.h>

#include "cli/inputs.h"
#include "cli/measure_row.h"
#include "cli/trust_part.h"
#include "sim/regression/random_config.h"
#include "sim/trust/portability.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;

constexpr int kMachines = 50;
constexpr const char* kPlaced = "tiny";
constexpr const char* kPlacedBlock = "lutra_array";
constexpr double kPlacedMhz = 50;
constexpr const char* kCommand = "scripts/measure trust --only portability";

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

Json placement_of(const trust::Placement& placement) {
  Json used = Json::object();
  for (const auto& [resource, count] : placement.used) used[resource] = {{"used", count.first}, {"available", count.second}};
  return {{"device", placement.device}, {"wanted_mhz", placement.wanted_mhz}, {"reached_mhz", placement.reached_mhz}, {"used", used}};
}

}  // namespace

Json measure_portability(const TrustRequest& request) {
  Json complaints = Json::array();
  for (int n = 0; n < kMachines; ++n) {
    std::mt19937_64 random(request.seed + static_cast<std::uint64_t>(n));
    for (const auto& [tool, text] : trust::complaints(regression::random_config(random)))
      complaints.push_back({{"seed", request.seed + static_cast<std::uint64_t>(n)}, {"tool", tool}, {"text", text}});
    request.progress(0.7 * (n + 1) / kMachines);
  }
  Json mapped = Json::object();
  for (const std::string& family : trust::fpga_families()) mapped[family] = trust::map_to_fpga(load_arch(kPlaced), family);
  request.progress(0.9);
  const trust::Placement placement = trust::place_and_route(load_arch(kPlaced), kPlacedBlock, kPlacedMhz, request.seed);
  return {{"rows",
           {at_least(measured("random legal cores offered", kMachines, "cores", kCommand), kMachines),
            at_most(measured("warnings and refusals of Verilator, Yosys, Icarus", static_cast<double>(complaints.size()), "cores x tools",
                             kCommand),
                    0),
            at_least(measured(fmt::format("{} of {} routed on {}", kPlacedBlock, kPlaced, placement.device), placement.reached_mhz, "MHz",
                              kCommand),
                     kPlacedMhz)}},
          {"complaints", complaints},
          {"core", kPlaced},
          {"mapped", mapped},
          {"placement", placement_of(placement)}};
}

std::string portability_page(const Json& part) {
  std::string text = fmt::format(
      "Each random core draws every key of the schema ([configuration.md](configuration.md)) and is linted by Verilator (`-Wall` but "
      "`DECLFILENAME`), read, elaborated and checked by Yosys, and elaborated by Icarus (`-g2005 -Wall`). Cells of `{}`, mapped by "
      "Yosys:\n\n",
      text_of(part.at("core")));
  std::vector<std::vector<std::string>> rows;
  for (const auto& [family, cells] : part.at("mapped").items()) {
    std::string list;
    for (const auto& [type, count] : cells.items()) list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count.get<int>(), type);
    rows.push_back({family, list});
  }
  text += markdown_table({"family", "cells"}, rows);
  const Json& placement = part.at("placement");
  text += fmt::format(
      "\nA whole core does not fit an iCE40: the table shows more LUTs than the largest device has (7,680), and most of them are control, "
      "registers and bus, which no configuration makes smaller. Its `{}` placed and routed by nextpnr-ice40 on an {} for {:g} MHz reaches "
      "{:.1f} MHz. The ports hang on shift registers, which are counted; the device has too few pins for them.\n\n",
      kPlacedBlock, text_of(placement.at("device")), placement.at("wanted_mhz").get<double>(), placement.at("reached_mhz").get<double>());
  rows.clear();
  for (const auto& [resource, use] : placement.at("used").items())
    rows.push_back({resource, text_of(use.at("used")), text_of(use.at("available"))});
  return text + markdown_table({"resource", "used", "of"}, rows);
}

}  // namespace lutra::cli
