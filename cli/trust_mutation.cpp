// Mutants of the Verilog of three named cores.
#include <fmt/format.h>

#include <map>

#include "cli/inputs.h"
#include "cli/measure_row.h"
#include "cli/trust_part.h"
#include "sim/trust/mutation.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;
using trust::Verdict;

constexpr const char* kCores[] = {"tiny", "tiny_float", "tiny_ternary"};
constexpr int kMutantsOfACore = 340;
constexpr const char* kCommand = "scripts/measure trust --only rtl_mutation";

struct Tally {
  int killed = 0, equivalent = 0, survived = 0;
  void add(Verdict verdict) { ++(verdict == Verdict::kKilled ? killed : verdict == Verdict::kEquivalent ? equivalent : survived); }
  [[nodiscard]] int all() const { return killed + equivalent + survived; }
};

Json json_of(const std::string& core, const std::string& block, const Tally& t) {
  return {{"core", core},          {"block", block}, {"mutants", t.all()}, {"killed", t.killed}, {"equivalent", t.equivalent},
          {"survived", t.survived}};
}

}  // namespace

Json measure_rtl_mutation(const TrustRequest& request) {
  Tally all;
  Json blocks = Json::array(), survivors = Json::array();
  double done = 0;
  for (const char* core : kCores) {
    trust::MutationOptions options;
    options.mutants = kMutantsOfACore;
    options.seed = request.seed;
    options.progress = [&](double share) { request.progress((done + share) / std::size(kCores)); };
    std::map<std::string, Tally> by_block;
    for (const trust::MutantResult& r : trust::mutation_test(load_arch(core), options)) {
      all.add(r.verdict);
      by_block[r.mutant.block].add(r.verdict);
      if (r.verdict == Verdict::kSurvived)
        survivors.push_back(
            {{"core", core}, {"block", r.mutant.block}, {"where", r.mutant.where}, {"how", r.mutant.how}, {"number", r.mutant.number}});
    }
    for (const auto& [block, tally] : by_block) blocks.push_back(json_of(core, block, tally));
    ++done;
  }
  const int alive = all.killed + all.survived;
  return {{"rows",
           {at_least(measured("RTL mutants", all.all(), "mutants", kCommand), 1000),
            measured("proved equivalent by SAT", all.equivalent, "mutants", kCommand),
            at_least(measured("killed, of those not proved equivalent", 100.0 * all.killed / std::max(1, alive), "%", kCommand), 99)}},
          {"blocks", blocks},
          {"survivors", survivors}};
}

std::string rtl_mutation_page(const Json& part) {
  std::vector<std::vector<std::string>> rows;
  const auto number = [](const Json& value) { return fmt::format("{}", value.get<int>()); };
  for (const Json& b : part.at("blocks"))
    rows.push_back({b.at("core").get<std::string>(), b.at("block").get<std::string>(), number(b.at("mutants")), number(b.at("killed")),
                    number(b.at("equivalent")), number(b.at("survived"))});
  std::string text =
      "Yosys' `mutate` inverts bits, fixes them at 0 or 1, or lets one bit spoil another, spread evenly over cells, signals and source "
      "lines. All mutants of a core are in one netlist that an input chooses from. *Killed*: the regression bench (registers, matrix "
      "products "
      "with and without segments and stalls, aborts, random programs with races, errors and the watchdog, hostile programs) runs the "
      "mutant beside the model "
      "until "
      "an event, a register, or a byte of memory differs. *Equivalent*: no run differs, and SAT proves by induction that every named "
      "signal "
      "of the block is what it was. A module that occurs several times is broken in all of its places.\n\n" +
      markdown_table({"core", "block", "mutants", "killed", "equivalent", "survived"}, rows);
  if (part.at("survivors").empty()) return text;
  text += "\nSurvivors:\n\n";
  rows.clear();
  for (const Json& s : part.at("survivors"))
    rows.push_back({s.at("core").get<std::string>(), s.at("block").get<std::string>(), s.at("where").get<std::string>(),
                    "`" + s.at("how").get<std::string>() + "`"});
  return text + markdown_table({"core", "block", "where", "mutation"}, rows);
}

}  // namespace lutra::cli
