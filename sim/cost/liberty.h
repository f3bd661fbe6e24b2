// A standard-cell library as the cost flow sees it: cells, pins, functions, units, and which cells may be used.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/cost/liberty_syntax.h"

namespace lutra::cost {

enum class CellKind {
  kCombinational,  // every output is a function of the inputs
  kFlop,           // one edge-triggered bit
  kLatch,
  kClockGate,
  kTie,    // constant outputs
  kOther,  // tri-state, scan, fillers, macros: never used
};

struct LibraryPin {
  std::string name;
  bool output = false;
  bool clock = false;
  double capacitance = 0;      // of an input, in library units
  double max_capacitance = 0;  // of an output, in library units; 0 = none given
  std::string function;        // of an output
};

/// The `ff` group: state variable, its complement, and their functions of the input pins.
struct FlopFunction {
  std::string state, inverted;
  std::string next_state, clocked_on, clear, preset;
};

struct LibraryCell {
  std::string name;
  double area_um2 = 0;
  CellKind kind = CellKind::kOther;
  bool dont_use = false;
  std::vector<LibraryPin> pins;
  FlopFunction flop;  // only for flops
  const LibertyGroup* group = nullptr;

  [[nodiscard]] const LibraryPin* pin(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> input_names() const;
};

/// What is known of a library beyond its file: process node and cells that convention forbids. Matched by library name.
struct LibraryRules {
  std::string pattern;                // of the library's name, with *
  std::string title;                  // as reports call it
  double node_nm = 0;                 // 0 = unknown
  std::vector<std::string> dont_use;  // patterns of cell names
};

/// The rules for a library of that name; unknown libraries get rules without a node and without forbidden cells.
const LibraryRules& library_rules(const std::string& library_name);

/// Whether `text` matches `pattern`, where * stands for any run of characters.
bool matches(const std::string& pattern, const std::string& text);

struct Library {
  std::string name;  // of the first file
  LibraryRules rules;
  double time_ps = 1000;         // one time unit
  double capacitance_ff = 1000;  // one capacitance unit
  std::map<std::string, LibraryCell> cells;
  std::vector<LibertyFile> files;
  std::string content_hash;  // of all files

  /// The cell of that name, or nullptr.
  [[nodiscard]] const LibraryCell* cell(const std::string& cell_name) const;
  /// Usable buffers, smallest first.
  [[nodiscard]] std::vector<const LibraryCell*> buffers() const;
  /// Usable inverters, smallest first.
  [[nodiscard]] std::vector<const LibraryCell*> inverters() const;
};

/// Reads one or several Liberty files as one library. Throws Error (file, line) for bad files, files whose units differ, and a library
/// without a usable flip-flop, inverter, buffer or two-input gate.
Library read_library(const std::vector<std::string>& paths);

/// The library as one Liberty file: for synthesis (usable combinational cells and flops, timing and area only) ...
std::string synthesis_liberty(const Library& library);
/// ... and for timing and power (only the cells named, power included).
std::string timing_liberty(const Library& library, const std::vector<std::string>& cell_names);

}  // namespace lutra::cost
