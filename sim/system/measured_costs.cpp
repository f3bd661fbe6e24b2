// Divides the power of a core's blocks by the events that drew it.
#include "sim/system/measured_costs.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "isa/error.h"
#include "isa/file.h"
#include "isa/json_depth.h"

namespace lutra::system {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;

double dynamic_mw(const Json& node) {
  const Json& power = node.at("power_mw");
  return power.at("internal").get<double>() + power.at("switching").get<double>();
}

/// Of all children of the top with that module; 0 where there is none.
double dynamic_mw(const Json& tree, const std::string& module) {
  double sum = 0;
  for (const Json& child : tree.at("children"))
    if (child.at("module") == module) sum += dynamic_mw(child);
  return sum;
}

double positive(const Json& events, const char* key, const std::string& file) {
  const auto count = events.at(key).get<double>();
  if (count > 0) return count;
  throw Error(fmt::format("activity.events.{} is {}: the window that lutra ppa counted has none, choose another with --skip and --cycles",
                          key, count),
              {file});
}

}  // namespace

MeasuredCosts read_measured_costs(const std::string& file) {
  try {
    const std::string text = read_file(file, kMaxBytes);
    if (too_deep_json(text) != std::string::npos) throw Error(too_deep_json_message(), {file});
    const Json ppa = Json::parse(text);
    const Json& activity = ppa.at("activity");
    if (activity.at("source") != "measured" || !activity.contains("events"))
      throw Error("the activity was not counted on a program: give lutra ppa a --trace", {file});
    const Json& events = activity.at("events");
    const Json& tree = ppa.at("tree");
    MeasuredCosts costs;
    costs.source = file;
    costs.library = ppa.at("library").get<std::string>();
    costs.clock_mhz = ppa.at("clock_mhz").get<double>();
    const double cycles = activity.at("cycles").get<double>();
    // 1 mW for one cycle of 1 MHz is 1 nJ.
    const double window_pj_per_mw = cycles / costs.clock_mhz * 1e3;
    const double array = dynamic_mw(tree, "lutra_array") + dynamic_mw(tree, "lutra_scale_unit"),
                 builder = dynamic_mw(tree, "lutra_table_builder");
    if (!(array > 0) || !(builder > 0)) throw Error("the tree has no lutra_array or lutra_table_builder: it is not that of a core", {file});
    costs.step_pj = array * window_pj_per_mw / positive(events, "array_steps", file);
    costs.slot_pj = builder * window_pj_per_mw / positive(events, "builder_busy", file);
    costs.cycle_pj = (dynamic_mw(tree) - array - builder) * window_pj_per_mw / cycles;
    costs.leakage_mw = tree.at("power_mw").at("leakage").get<double>();
    return costs;
  } catch (const Json::exception& e) {
    throw Error(fmt::format("not the JSON of lutra ppa: {}", e.what()), {file});
  }
}

}  // namespace lutra::system
