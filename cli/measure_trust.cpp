// Runs the parts and joins their documents.
#include "cli/measure_trust.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "cli/progress.h"
#include "cli/trust_part.h"
#include "kernels/bench/machine.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;

constexpr TrustPart kParts[] = {
    {"rtl_mutation", "Mutants of the RTL", measure_rtl_mutation, rtl_mutation_page},
    {"model_mutation", "Mutants of the model", measure_model_mutation, model_mutation_page},
    {"hostile_programs", "Hostile programs", measure_hostile_programs, hostile_programs_page},
    {"rtl_coverage", "Coverage of the RTL", measure_rtl_coverage, rtl_coverage_page},
    {"cpp_coverage", "Coverage of the C++", measure_cpp_coverage, cpp_coverage_page},
    {"faults", "Upsets", measure_faults, faults_page},
    {"determinism", "Determinism", measure_determinism, determinism_page},
    {"portability", "Other tools", measure_portability, portability_page},
    {"supply_chain", "Supply chain", measure_supply_chain, supply_chain_page},
};

Json measure_part(const TrustPart& part, std::uint64_t seed) {
  Progress progress(std::string("measure trust: ") + std::string(part.name));
  const auto start = std::chrono::steady_clock::now();
  Json document = part.measure({seed, [&progress](double fraction) { progress.update(fraction); }});
  document["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  document["date"] = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)));
  document["lutra_version"] = LUTRA_VERSION;
  document["seed"] = seed;
  return document;
}

std::string bound_of(const Json& row) {
  const double value = row.at("value").get<double>();
  if (row.contains("at_least"))
    return fmt::format("at least {:g}{}", row["at_least"].get<double>(), value >= row["at_least"].get<double>() ? "" : ", **missed**");
  if (row.contains("at_most"))
    return fmt::format("at most {:g}{}", row["at_most"].get<double>(), value <= row["at_most"].get<double>() ? "" : ", **missed**");
  return "";
}

}  // namespace

std::span<const TrustPart> trust_parts() { return kParts; }

std::vector<std::string> trust_part_names() {
  std::vector<std::string> names;
  for (const TrustPart& part : kParts) names.emplace_back(part.name);
  return names;
}

Json measure_trust(const std::vector<std::string>& only, const Json& earlier, std::uint64_t seed) {
  Json parts = Json::object(), rows = Json::array();
  for (const TrustPart& part : kParts) {
    const std::string name(part.name);
    if (only.empty() || std::find(only.begin(), only.end(), name) != only.end())
      parts[name] = measure_part(part, seed);
    else if (earlier.contains("parts") && earlier["parts"].contains(name))
      parts[name] = earlier["parts"][name];
    else
      continue;
    for (const Json& row : parts[name].at("rows")) rows.push_back(row);
  }
  return {{"rows", rows}, {"parts", parts}};
}

std::string markdown_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  std::string text = fmt::format("| {} |\n|", fmt::join(head, " | "));
  for (std::size_t i = 0; i < head.size(); ++i) text += "---|";
  text += "\n";
  for (const std::vector<std::string>& row : rows) text += fmt::format("| {} |\n", fmt::join(row, " | "));
  return text;
}

std::string trust_page(const Json& document) {
  std::string text =
      "# Attacks on lutra, and what came of them\n\n"
      "`scripts/measure trust` measures all of this and writes this page; `--only PART` measures a part again and keeps the others. Every "
      "part says when it was measured. Bounds are those that lutra set itself before. Errors, back-pressure, aborts and resets on the bus, "
      "and "
      "the protocol checker that watches every co-simulation: [verification.md](verification.md). Memories "
      "and state of a core have no parity and no ECC: an upset of a bit may corrupt a result unnoticed; what the watchdog guards is "
      "time.\n";
  for (const TrustPart& part : kParts) {
    const std::string name(part.name);
    if (!document.at("parts").contains(name)) continue;
    const Json& measured = document["parts"][name];
    text += fmt::format("\n## {}\n\n`scripts/measure trust --only {}`, {}, lutra {}, seed {}, {:.0f} s.\n\n", part.title, name,
                        measured.at("date").get<std::string>(), measured.at("lutra_version").get<std::string>(),
                        measured.at("seed").get<std::uint64_t>(), measured.at("seconds").get<double>());
    std::vector<std::vector<std::string>> rows;
    for (const Json& row : measured.at("rows"))
      rows.push_back({row.at("name").get<std::string>(), fmt::format("{:.6g}", row.at("value").get<double>()),
                      row.at("unit").get<std::string>(), bound_of(row)});
    text += markdown_table({"figure", "measured", "unit", "bound"}, rows) + "\n" + part.page(measured);
  }
  return text;
}

}  // namespace lutra::cli
