// The space of a sweep, read from YAML: fields of an architecture and their values, workloads, libraries, objectives, constraints.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "workloads/trace.h"

namespace lutra::sweep {

/// Names of the two parameters that are no fields.
inline constexpr const char* kWorkload = "workload";
inline constexpr const char* kLibrary = "library";

/// "KEY < VALUE": both sides may be keys of the schema, or the right one a number or a word.
struct Condition {
  std::string left, relation, right;
  [[nodiscard]] bool holds(const ArchConfig& config) const;
  [[nodiscard]] std::string text() const { return left + " " + relation + " " + right; }
};

/// A field and its values as text, in order. Where a condition of `when` fails, the field keeps the base's value.
struct Parameter {
  std::string name;
  std::vector<std::string> values;
  std::vector<Condition> when;
};

/// A pass of a model whose matrix products run on the core and the rest on the vector unit of `host`.
struct Workload {
  std::string name, model, host;
  workloads::TraceRequest request;
};

struct Constraint {
  std::string name;  // a metric
  bool at_most = true;
  double value = 0;
};

struct Space {
  std::string name;
  ArchConfig base;
  std::vector<Parameter> parameters;  // fields first, then workload and library where there is a choice
  std::vector<Condition> conditions;  // points that break one are not part of the space
  std::vector<Workload> workloads;
  std::vector<std::string> libraries;
  std::vector<std::string> objectives;
  std::vector<Constraint> constraints;
  std::string hash;  // of all of it

  /// Points of the full grid, those that conditions leave out included.
  [[nodiscard]] std::uint64_t grid_size() const;
};

/// One value of each parameter, by index.
using Choice = std::vector<std::uint16_t>;

/// What a choice stands for. `problem` says why there is no such machine (a rule of the schema); then nothing is evaluated.
struct Point {
  ArchConfig config;
  std::size_t workload = 0, library = 0;
  std::string problem;
};

/// Reads a space. `load_base` turns the name or file under `base` into a configuration; sky130 and asap7 are looked for under `pdk`.
/// Throws Error with file, line, key, what was given and what is allowed.
Space parse_space(const std::string& yaml, const std::string& file, const std::function<ArchConfig(const std::string&)>& load_base,
                  const std::string& pdk);

/// Value of a parameter of a choice.
const std::string& value_of(const Space& space, const Choice& choice, std::size_t parameter);
/// The machine of a choice.
Point point_of(const Space& space, const Choice& choice);
/// Whether a choice belongs to the space: its conditions hold, and what a failed `when` leaves alone is at its first value, so that
/// no machine comes twice.
bool belongs(const Space& space, const Choice& choice);
/// The choice with that number in the full grid; the last parameter varies fastest.
Choice grid_choice(const Space& space, std::uint64_t number);

}  // namespace lutra::sweep
