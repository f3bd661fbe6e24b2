// What `lutra check` compares: figures of named cases, recorded in a file, against the same figures now.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lutra::cli {

/// Figures of one kind by name: {"total": 13430000, ...}.
using Figures = std::map<std::string, double>;

/// One design with one piece of work.
struct CheckCase {
  std::string arch, model, phase;
  std::int64_t batch = 1, seq = 1, context = 0;
  bool price = true;                       // synthesised: area and the core's energy are among the figures
  std::string library;                     // of the price, for the reader
  std::map<std::string, Figures> figures;  // by kind: "cycles", "area_um2", "energy_pj"

  [[nodiscard]] std::string str() const;
};

/// Percent of a recorded figure by which it may change, by kind.
using Tolerances = std::map<std::string, double>;

struct Baseline {
  std::uint64_t seed = 1;
  Tolerances tolerances = {{"cycles", 0}, {"area_um2", 1}, {"energy_pj", 2}};
  std::vector<CheckCase> cases;
};

/// Reads a baseline file. Throws Error with line, key, what was given and what is allowed.
Baseline read_baseline(const std::string& path);
nlohmann::json to_json(const Baseline& baseline);

/// Overrides tolerances with "cycles=0.5", "area=1", "energy=2" (percent). Throws Error for anything else.
void set_tolerances(Tolerances& tolerances, const std::vector<std::string>& given);

/// A figure that was recorded, that there is now, or both.
struct Change {
  std::string in, kind, name;
  double before = 0, after = 0;
  bool gone = false, appeared = false;
  double percent = 0;  // of `before`; infinite where that is 0
  double allowed = 0;
};

struct Comparison {
  std::size_t compared = 0;
  std::vector<Change> changes;  // beyond tolerance, in the order of the cases
};

/// Compares the figures of `now`, case by case, with those of `recorded`: both hold the same cases in the same order.
Comparison compare(const Baseline& recorded, const std::vector<CheckCase>& now, const Tolerances& tolerances);

/// A table of the changes and a closing line; only the closing line where nothing changed.
std::string describe(const Comparison& comparison);

}  // namespace lutra::cli
