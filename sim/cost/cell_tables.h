// The tables of one library cell that power needs: transition times and energies, looked up by input transition and load.
#pragma once

#include <string>
#include <vector>

#include "sim/cost/liberty.h"

namespace lutra::cost {

/// A Liberty table over input transition and output load (either may be missing); clamped below its range, extended linearly above.
class LookupTable {
 public:
  LookupTable() = default;
  /// `templates` resolves names of table templates to their groups. Throws Error for tables whose shape is wrong.
  LookupTable(const LibertyGroup& group, const LibertyGroup* table_template, const std::string& path);

  [[nodiscard]] double at(double transition, double load) const;

 private:
  std::vector<double> transitions_{0}, loads_{0};
  std::vector<double> values_{0};  // transition-major
};

/// A condition over all pins of a cell: rows of its truth table that make it true; empty = always.
struct Condition {
  std::vector<int> pins;            // indices into LibraryCell::pins
  std::vector<std::uint8_t> table;  // over those pins

  /// Probability that it holds when the pins are independent and `duty[pin]` is each one's share at 1; pin `excluded` is left out (taken as
  /// one half).
  [[nodiscard]] double probability(const std::vector<double>& duty, int excluded) const;
};

struct TransitionArc {
  int input;
  LookupTable rise, fall;
};

struct EnergyArc {
  int input;  // the related pin; for a passive energy the pin itself
  Condition when;
  LookupTable rise, fall;
  std::string supply;  // related_pg_pin: energies of different supplies add up
};

struct LeakageState {
  Condition when;
  double nanowatt;
  std::string supply;
};

struct CellTables {
  std::vector<std::vector<TransitionArc>> transitions;  // by output pin index; empty for inputs
  std::vector<std::vector<EnergyArc>> energies;         // by pin index: of an output's toggle, or of an input's own
  std::vector<LeakageState> leakage;
};

/// Reads a cell's tables; `leakage_unit_nw` is the library's unit.
CellTables read_cell_tables(const LibraryCell& cell, const Library& library, double leakage_unit_nw);

}  // namespace lutra::cost
