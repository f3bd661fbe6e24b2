// A row of a measurement: one figure, and the bound that it is held to.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lutra::cli {

inline nlohmann::json measured(const std::string& name, double value, const std::string& unit, const std::string& command) {
  return {{"name", name}, {"value", value}, {"unit", unit}, {"command", command}};
}

inline nlohmann::json at_most(nlohmann::json row, double limit) {
  row["at_most"] = limit;
  return row;
}

inline nlohmann::json at_least(nlohmann::json row, double limit) {
  row["at_least"] = limit;
  return row;
}

/// What another tool takes for the same work, where it was measured or published, in the row's unit.
inline nlohmann::json beside(nlohmann::json row, const std::string& peer, double value, const std::string& source) {
  row["peer"] = {{"name", peer}, {"value", value}, {"source", source}};
  return row;
}

}  // namespace lutra::cli
