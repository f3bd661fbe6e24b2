// Hostile programs on the model, and beside the Verilog.
#include <fmt/format.h>

#include "cli/inputs.h"
#include "cli/measure_row.h"
#include "cli/trust_part.h"
#include "sim/trust/hostile.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kOnModel = 1000000, kOnBoth = 4000;
constexpr const char* kCommand = "scripts/measure trust --only hostile_programs";

}  // namespace

Json measure_hostile_programs(const TrustRequest& request) {
  const ArchConfig config = load_arch("tiny");
  const trust::HostileResult on_model =
      trust::attack(config, request.seed, kOnModel, false, [&](double share) { request.progress(0.5 * share); });
  const trust::HostileResult both =
      trust::attack(config, request.seed, kOnBoth, true, [&](double share) { request.progress(0.5 + 0.5 * share); });
  const auto row = [](const char* name, std::int64_t value) { return measured(name, static_cast<double>(value), "programs", kCommand); };
  Json ends = Json::object();
  for (const auto& [name, count] : on_model.ends) ends[name] = count;
  return {{"rows",
           {at_least(row("hostile programs on the model", on_model.programs), 1000000),
            at_most(row("that neither ended nor trapped", on_model.endless), 0),
            at_most(row("with a burst outside the window", on_model.outside), 0),
            at_least(row("hostile programs on model and RTL", both.programs), 2000),
            at_most(row("on which model and RTL part", both.parted), 0)}},
          {"ends", ends},
          {"first_failure", on_model.first_failure + both.first_failure}};
}

std::string hostile_programs_page(const Json& part) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, count] : part.at("ends").items()) rows.push_back({name, fmt::format("{}", count.get<std::int64_t>())});
  return "A third each: random bytes; instructions with random fields; a matrix product with up to six flipped bits. Arguments point to "
         "both "
         "sides of the window and to the program, the watchdog stops at 2,500 cycles, a quarter runs with a memory that stalls. Every "
         "burst is "
         "compared with the window; the lockstep runs compare all events and all of memory as every co-simulation does. How the programs "
         "ended on the model:\n\n" +
         markdown_table({"end", "programs"}, rows);
}

}  // namespace lutra::cli
