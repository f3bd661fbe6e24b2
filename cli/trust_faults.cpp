// Upsets of single bits while a small core computes a projection.
#include <fmt/format.h>

#include "cli/inputs.h"
#include "cli/measure_row.h"
#include "cli/trust_part.h"
#include "sim/trust/faults.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;
using trust::Outcome;

constexpr const char* kCore = "tiny";
constexpr std::int64_t kUpsetsOfAPlace = 1000;
constexpr const char* kCommand = "scripts/measure trust --only faults";

Json json_of(const trust::FaultTally& tally) {
  Json ends = Json::object();
  for (const auto& [outcome, count] : tally.ends) ends[std::string(trust::outcome_name(outcome))] = count;
  return {{"bits", tally.bits}, {"upsets", tally.upsets()}, {"ends", ends}, {"stuck", tally.stuck}};
}

std::string share_text(const Json& tally, std::int64_t count) {
  const auto all = tally.at("upsets").get<std::int64_t>();
  return count == 0 ? "" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(count) / static_cast<double>(all));
}

}  // namespace

Json measure_faults(const TrustRequest& request) {
  const trust::FaultLayer layer{"q_proj"};
  const trust::FaultCampaign campaign(load_arch(kCore), layer, request.seed);
  const trust::FaultResult result = campaign.attack(kUpsetsOfAPlace, request.progress);
  Json places = Json::array();
  double upsets = 0;
  for (const auto& [place, tally] : result.places) {
    Json entry = json_of(tally);
    entry["place"] = trust::place_name(place);
    upsets += static_cast<double>(tally.upsets());
    places.push_back(entry);
  }
  return {{"rows",
           {at_least(measured("upsets of single bits", upsets, "upsets", kCommand), 4000),
            at_most(measured("that hung the core beyond the watchdog", static_cast<double>(result.hangs.size()), "upsets", kCommand), 0)}},
          {"core", kCore},
          {"outputs", layer.outputs},
          {"depth", layer.depth},
          {"cycles", result.cycles},
          {"places", places},
          {"hangs", result.hangs}};
}

std::string faults_page(const Json& part) {
  std::vector<std::string> head = {"place", "bits"};
  for (const Outcome outcome : trust::kOutcomes) head.emplace_back(trust::outcome_name(outcome));
  head.emplace_back("of the traps: still busy");
  std::vector<std::vector<std::string>> rows;
  for (const Json& place : part.at("places")) {
    std::vector<std::string> row = {place.at("place").get<std::string>(), fmt::format("{}", place.at("bits").get<std::int64_t>())};
    for (const Outcome outcome : trust::kOutcomes)
      row.push_back(share_text(place, place.at("ends").value(std::string(trust::outcome_name(outcome)), std::int64_t{0})));
    row.push_back(share_text(place, place.at("stuck").get<std::int64_t>()));
    rows.push_back(std::move(row));
  }
  return fmt::format(
             "A projection of BitNet b1.58 2B4T, cut to one token, {} outputs and a reduction of {} (of 2560), runs on the Verilated core "
             "of `{}` in "
             "{} "
             "cycles; one bit of one register or memory, drawn evenly over bits and cycles, is inverted. *Masked*: the program ends, and "
             "all "
             "of memory is what it is without the upset. *Silent corruption*: it ends, and memory is not. *Trap*: another cause than the "
             "watchdog, which is set to twice the cycles. *Broken burst*: a write of another length than its address said. *Hang*: neither "
             "done nor trapped when the watchdog and the 65,536 cycles that units get to come to rest are over. *Still busy*: of the "
             "traps, STATUS shows busy beside trapped, since a unit did not come to rest: only a "
             "reset starts another program.\n\n",
             part.at("outputs").get<std::int64_t>(), part.at("depth").get<std::int64_t>(), part.at("core").get<std::string>(),
             part.at("cycles").get<std::int64_t>()) +
         markdown_table(head, rows);
}

}  // namespace lutra::cli
