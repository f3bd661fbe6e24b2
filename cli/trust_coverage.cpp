// What the benches reach of the Verilog and of the instruction set, and the tests of the C++.
#include <fmt/format.h>

#include <filesystem>

#include "cli/inputs.h"
#include "cli/measure_row.h"
#include "cli/trust_part.h"
#include "isa/error.h"
#include "sim/process/process.h"
#include "sim/trust/cpp_coverage.h"
#include "sim/trust/isa_coverage.h"
#include "sim/trust/rtl_coverage.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;
using trust::Share;

constexpr const char* kCores[] = {"tiny", "tiny_float", "tiny_ternary"};
constexpr const char* kRtlCommand = "scripts/measure trust --only rtl_coverage";
constexpr const char* kCppCommand = "scripts/measure trust --only cpp_coverage";
constexpr const char* kBuildDirectory = "build-coverage";

Json json_of(const Share& share) { return {{"hit", share.hit}, {"all", share.all}}; }

std::string text_of(const Json& share) {
  const Share s{share.at("hit").get<std::int64_t>(), share.at("all").get<std::int64_t>()};
  return s.all == 0 ? "" : fmt::format("{:.1f} % of {}", s.percent(), s.all);
}

void add(Share& to, const Share& what) { to.hit += what.hit, to.all += what.all; }

/// Builds with counters and runs the tests of the default set.
void run_instrumented() {
  if (!std::filesystem::exists("scripts/build"))
    throw Error("coverage of C++ is measured in lutra's source tree", {std::filesystem::current_path().string()});
  run_checked("building for coverage",
              {"scripts/build", kBuildDirectory, "all", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0", "-DLUTRA_COVERAGE=ON"});
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kBuildDirectory))
    if (entry.path().extension() == ".gcda") std::filesystem::remove(entry.path());
  run_checked("testing for coverage", {"ctest", "--test-dir", kBuildDirectory, "-LE", "nightly", "--output-on-failure"});
}

}  // namespace

Json measure_rtl_coverage(const TrustRequest& request) {
  Share lines, toggles;
  Json blocks = Json::array(), missed = Json::array();
  std::map<std::string, std::int64_t> excluded;
  double done = 0;
  for (const char* core : kCores) {
    const ArchConfig config = load_arch(core);
    const trust::RtlCoverage reached = trust::rtl_coverage(config, trust::coverage_bench(config, request.seed), [&](double share) {
      request.progress(0.9 * (done + share) / std::size(kCores));
    });
    add(lines, sum(reached.lines));
    add(toggles, sum(reached.toggles));
    for (const auto& [block, toggled] : reached.toggles) {
      const auto found = reached.lines.find(block);
      blocks.push_back({{"core", core},
                        {"block", block},
                        {"lines", json_of(found == reached.lines.end() ? Share{} : found->second)},
                        {"toggles", json_of(toggled)}});
    }
    for (const auto& [reason, count] : reached.excluded) excluded[reason] += count;
    for (const std::string& point : reached.missed) missed.push_back(fmt::format("{}: {}", core, point));
    ++done;
  }
  const trust::IsaCoverage isa = trust::isa_coverage(load_arch(kCores[0]));
  const auto percent = [](std::int64_t hit, std::int64_t all) { return Share{hit, all}.percent(); };
  return {{"rows",
           {at_least(measured("lines of the RTL", lines.percent(), "%", kRtlCommand), 95),
            at_least(measured("toggles of the RTL", toggles.percent(), "%", kRtlCommand), 90),
            at_least(measured(fmt::format("instructions executed, of {}", isa.instructions), percent(isa.executed, isa.instructions), "%",
                              kRtlCommand),
                     100),
            at_least(
                measured(fmt::format("borders of fields visited, of {}", isa.borders), percent(isa.visited, isa.borders), "%", kRtlCommand),
                100),
            at_least(measured(fmt::format("traps taken, of {}", isa.traps), percent(isa.taken, isa.traps), "%", kRtlCommand), 100)}},
          {"blocks", blocks},
          {"excluded", excluded},
          {"missed", missed}};
}

std::string rtl_coverage_page(const Json& part) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& b : part.at("blocks"))
    rows.push_back({b.at("core").get<std::string>(), b.at("block").get<std::string>(), text_of(b.at("lines")), text_of(b.at("toggles"))});
  std::string text =
      "Counted by Verilator while each core runs in lockstep with its model: the regression bench, a program for every border of every "
      "field and for every trap, hostile programs. Lines are statements and branches, toggles are bits of signals that change; every "
      "instance of a block counts by itself. Instructions, borders (both ends of every field's range, the values beyond that its bits "
      "hold, "
      "the machine's rows and columns and one more) and traps are counted from the tables of the instruction set; a border counts as "
      "visited when the instruction executed, or was refused with `bad_field` at its place.\n\n" +
      markdown_table({"core", "block", "lines", "toggles"}, rows);
  if (part.at("excluded").empty()) return text;
  text += "\nToggles that are not counted:\n\n";
  rows.clear();
  for (const auto& [reason, count] : part.at("excluded").items()) rows.push_back({fmt::format("{}", count.get<std::int64_t>()), reason});
  return text + markdown_table({"toggles", "reason"}, rows) + "\n`out/measure/trust.json` lists what was missed, point by point.\n";
}

Json measure_cpp_coverage(const TrustRequest& request) {
  run_instrumented();
  request.progress(0.9);
  const trust::CppCoverage reached = trust::cpp_coverage(".", kBuildDirectory);
  Json folders = Json::array(), files = Json::array();
  for (const auto& [folder, share] : reached.folders) folders.push_back({{"folder", folder}, {"lines", json_of(share)}});
  for (const auto& [file, share] : reached.files) files.push_back({{"file", file}, {"lines", json_of(share)}});
  return {{"rows", {at_least(measured("lines of the C++", reached.all().percent(), "%", kCppCommand), 90)}},
          {"folders", folders},
          {"files", files}};
}

std::string cpp_coverage_page(const Json& part) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& f : part.at("folders")) rows.push_back({"`" + f.at("folder").get<std::string>() + "/`", text_of(f.at("lines"))});
  return "Counted by gcov in a build without optimisation (`-DLUTRA_COVERAGE=ON`) while the tests of the default set run; tests themselves "
         "and generated code are left out. A line that several objects hold counts once.\n\n" +
         markdown_table({"folder", "lines"}, rows);
}

}  // namespace lutra::cli
