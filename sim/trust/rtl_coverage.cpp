// Builds with Verilator's counters, runs, and reads what verilator_coverage merged.
#include "sim/trust/rtl_coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <regex>
#include <sstream>

#include "gen/generator.h"
#include "isa/error.h"
#include "isa/file.h"
#include "sim/process/process.h"
#include "sim/regression/isa_runs.h"
#include "sim/regression/pattern_runs.h"
#include "sim/trust/hostile.h"

namespace lutra::trust {
namespace {

constexpr std::size_t kMergeTogether = 32;
constexpr int kRandomPrograms = 40, kHostilePrograms = 60;

/// The widest signal of a small core: Verilator's own limit leaves wider ones out.
constexpr const char* kMaxWidth = "4096";

/// One counter: keys of one letter ("f": file, "l": line, "h": instance, "o": signal or branch), and "page".
struct Point {
  std::map<std::string, std::string> keys;
  std::uint64_t hits = 0;
};

/// Lines "C '^Akey^Bvalue^A...' hits".
std::vector<Point> points_in(const std::string& text) {
  std::vector<Point> points;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t end = line.rfind("' ");
    if (line.rfind("C '", 0) != 0 || end == std::string::npos) continue;
    Point point;
    point.hits = std::stoull(line.substr(end + 2));
    std::istringstream items(line.substr(3, end - 3));
    for (std::string item; std::getline(items, item, '\x01');)
      if (const std::size_t separator = item.find('\x02'); separator != std::string::npos)
        point.keys[item.substr(0, separator)] = item.substr(separator + 1);
    points.push_back(std::move(point));
  }
  return points;
}

/// "lutra_fifo" of "v_toggle/lutra_fifo__D4".
std::string block_of(const std::string& page) {
  const std::string module = page.substr(page.find('/') + 1);
  return module.substr(0, module.find("__"));
}

void merge(const std::vector<std::string>& files, const std::string& directory) {
  std::vector<std::string> arguments = {"verilator_coverage", "--write", "next.dat"};
  arguments.insert(arguments.end(), files.begin(), files.end());
  if (std::filesystem::exists(directory + "/merged.dat")) arguments.emplace_back("merged.dat");
  run_checked("merging coverage", arguments, directory);
  std::filesystem::rename(directory + "/next.dat", directory + "/merged.dat");
  for (const std::string& file : files) std::filesystem::remove(directory + "/" + file);
}

void run_one(const ArchConfig& config, const gen::Design& design, const regression::BenchRun& run, const std::string& path) {
  cosim::BuildOptions build;
  build.optimisation = "-O0";
  build.verilator_flags = {"--coverage-line", "--coverage-toggle", "--coverage-max-width", kMaxWidth};
  cosim::LockstepSetup setup = regression::setup_of(config, run);
  const cosim::VerilatedModule* module = nullptr;
  setup.make_module = [&] {
    auto made = cosim::VerilatedModule::build(design.files, design.top, build);
    module = made.get();
    return made;
  };
  cosim::Lockstep lockstep(setup);
  if (!cosim::run_to_end(lockstep))
    throw Error(fmt::format("{} on {}: {}", run.name, config.name, lockstep.divergence()->str()), {}, Error::Kind::kCheckFailed);
  module->write_coverage(path);
}

const Exclusion* excluded(const std::string& signal) {
  static const std::vector<Exclusion> list = toggle_exclusions();
  static const std::vector<std::regex> patterns = [] {
    std::vector<std::regex> made;
    for (const Exclusion& e : list) made.emplace_back(std::string(e.signals));
    return made;
  }();
  for (std::size_t i = 0; i < list.size(); ++i)
    if (std::regex_match(signal, patterns[i])) return &list[i];
  return nullptr;
}

void count(const Point& point, RtlCoverage& result) {
  const auto key = [&](const char* name) { return point.keys.count(name) != 0 ? point.keys.at(name) : std::string(); };
  const std::string page = key("page"), block = block_of(page);
  const bool toggle = page.rfind("v_toggle/", 0) == 0;
  if (toggle)
    if (const Exclusion* exclusion = excluded(block + "." + key("o")); exclusion != nullptr) {
      ++result.excluded[std::string(exclusion->reason)];
      return;
    }
  (toggle ? result.toggles : result.lines)[block].add(point.hits > 0);
  if (point.hits == 0)
    result.missed.push_back(fmt::format("{} {} line {} ({}) in {}", block, toggle ? "toggle" : "line", key("l"), key("o"), key("h")));
}

}  // namespace

std::vector<Exclusion> toggle_exclusions() { return {}; }

std::vector<regression::BenchRun> coverage_bench(const ArchConfig& config, std::uint64_t seed) {
  std::vector<regression::BenchRun> bench = regression::regression_bench(config, kRandomPrograms, seed);
  for (regression::BenchRun& run : regression::pattern_runs(config)) bench.push_back(std::move(run));
  for (regression::BorderRun& border : regression::border_runs(config)) bench.push_back(std::move(border.run));
  for (regression::TrapRun& trap : regression::trap_runs(config)) bench.push_back(std::move(trap.run));
  for (std::uint64_t n = 0; n < kHostilePrograms; ++n) bench.push_back(hostile_run(config, seed + n));
  return bench;
}

RtlCoverage rtl_coverage(const ArchConfig& config, const std::vector<regression::BenchRun>& bench,
                         const std::function<void(double)>& progress) {
  const gen::Design design = gen::generate(config);
  const ScratchDirectory work(cache_directory());
  std::vector<std::string> files;
  for (std::size_t i = 0; i < bench.size(); ++i) {
    files.push_back(fmt::format("{}.dat", i));
    run_one(config, design, bench[i], work.path() + "/" + files.back());
    if (files.size() == kMergeTogether || i + 1 == bench.size()) {
      merge(files, work.path());
      files.clear();
    }
    if (progress) progress(static_cast<double>(i + 1) / static_cast<double>(bench.size()));
  }
  RtlCoverage result;
  for (const Point& point : points_in(read_file(work.path() + "/merged.dat"))) count(point, result);
  return result;
}

}  // namespace lutra::trust
