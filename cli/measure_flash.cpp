// Comparisons with publications and the simulator's own speed.
#include "cli/measure_flash.h"

#include <sys/resource.h>

#include <chrono>
#include <cmath>

#include "cli/flash_inputs.h"
#include "sim/flash/experiment.h"

namespace lutra::cli {
namespace {

using nlohmann::json;

constexpr const char* kCommand = "scripts/measure paper";

/// A comparison that is held to a tolerance is a row of its deviation; all are listed with both figures.
void add_comparisons(json& rows, const char* paper, const std::vector<flash::Comparison>& comparisons) {
  for (const flash::Comparison& c : comparisons) {
    json row = {{"name", std::string(paper) + ": " + c.name},
                {"value", c.tolerance > 0 ? std::abs(c.deviation()) : c.simulated},
                {"unit", c.tolerance > 0 ? "deviation" : c.unit},
                {"published", c.published},
                {"simulated", c.simulated},
                {"figure_unit", c.unit},
                {"deviation", c.deviation()},
                {"command", kCommand}};
    if (c.tolerance > 0) row["at_most"] = c.tolerance;
    rows.push_back(std::move(row));
  }
}

/// 1,000 tokens of the 47 B model, generated, cached and scheduled read by read.
void add_speed(json& rows, std::uint64_t seed) {
  const auto begin = std::chrono::steady_clock::now();
  flash::Experiment mixtral("mixtral_8x7b", "turbosparse_mixtral", "oneplus12", flash_library(), seed);
  mixtral.setup().storage.predictor_bytes = 2.6e9;
  flash::Policy policy = flash::find_policy("segmented");
  policy.dense_unit = "npu";
  mixtral.run(policy, 16e9, 1000, 0);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  rows.push_back(
      {{"name", "1,000 tokens of the 47B model, 16 GB"}, {"value", seconds}, {"unit", "s"}, {"at_most", 10.0}, {"command", kCommand}});
  rows.push_back({{"name", "memory of the process until then"},
                  {"value", static_cast<double>(usage.ru_maxrss) / (1 << 20)},
                  {"unit", "GiB"},
                  {"at_most", 1.0},
                  {"command", kCommand}});
}

}  // namespace

json measure_flash(std::uint64_t seed) {
  json rows = json::array();
  add_speed(rows, seed);
  add_comparisons(rows, "PowerInfer-2", flash::compare_powerinfer2(flash_library(), 200, seed));
  add_comparisons(rows, "LLM in a flash", flash::compare_llm_in_flash(flash_library(), 40, seed));
  return {{"rows", rows}, {"assumptions", flash::publication_assumptions()}};
}

}  // namespace lutra::cli
