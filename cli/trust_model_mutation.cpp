// Mutants of the model of the small named cores.
#include <fmt/format.h>

#include <algorithm>

#include "cli/inputs.h"
#include "cli/measure_row.h"
#include "cli/trust_part.h"
#include "sim/trust/model_mutation.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;

constexpr const char* kCores[] = {"tiny", "tiny_float", "tiny_ternary"};
constexpr const char* kCommand = "scripts/measure trust --only model_mutation";

}  // namespace

Json measure_model_mutation(const TrustRequest& request) {
  Json mutants = Json::array();
  double killed = 0, done = 0;
  for (const char* core : kCores) {
    for (const trust::ModelMutant& m : trust::model_mutation_test(load_arch(core), 40, request.seed)) {
      killed += m.killer.empty() ? 0 : 1;
      mutants.push_back({{"core", core}, {"key", m.key}, {"value", m.value}, {"killer", m.killer}});
    }
    request.progress(++done / std::size(kCores));
  }
  const auto count = static_cast<double>(mutants.size());
  return {{"rows",
           {measured("mutants of the model", count, "mutants", kCommand),
            at_least(measured("killed by co-simulation", 100 * killed / std::max(1.0, count), "%", kCommand), 99)}},
          {"mutants", mutants}};
}

std::string model_mutation_page(const Json& part) {
  std::string text =
      "A mutant of the model takes one field of the configuration for another legal value: latencies, depths, widths, arithmetic. It runs "
      "the "
      "regression bench beside the Verilog of the true machine. Fields that only name, price or structure a machine are left out.\n";
  std::vector<std::vector<std::string>> rows;
  for (const Json& m : part.at("mutants"))
    if (m.at("killer").get<std::string>().empty())
      rows.push_back({m.at("core").get<std::string>(), m.at("key").get<std::string>(), m.at("value").get<std::string>()});
  return rows.empty() ? text : text + "\nSurvivors:\n\n" + markdown_table({"core", "key", "value"}, rows);
}

}  // namespace lutra::cli
