#include "sim/cost/liberty.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <stdexcept>

#include "isa/error.h"
#include "isa/sha256.h"
#include "sim/cost/boolean_function.h"

namespace lutra::cost {
namespace {

/// Groups and attributes that neither synthesis nor timing needs; they are most of a modern library.
const std::vector<std::string_view> kCommonDrop = {"ecsm_waveform",        "ecsm_waveform_set",    "ecsm_capacitance",
                                                   "receiver_capacitance", "output_current_rise",  "output_current_fall",
                                                   "driver_waveform_rise", "driver_waveform_fall", "input_voltage",
                                                   "output_voltage",       "driver_waveform_name"};

double number(const std::string& path, int line, std::string_view what, std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0') throw Error(fmt::format("{} is \"{}\", a number is expected", what, text), {path, line, 0});
  return value;
}

double number_or(const std::string& path, const LibertyGroup& group, std::string_view name, double fallback) {
  const LibertyAttribute* a = group.find(name);
  return a == nullptr || a->values.empty() ? fallback : number(path, a->line, name, a->values.front().text);
}

/// "1ps" -> 1, "10ps" -> 10, "1ns" -> 1000.
double time_unit_ps(const LibertyFile& file) {
  const std::string text(file.root.value("time_unit"));
  if (text.empty()) return 1000;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const std::string unit(end);
  const std::map<std::string, double> units = {{"fs", 1e-3}, {"ps", 1}, {"ns", 1e3}, {"us", 1e6}};
  if (units.count(unit) == 0 || value <= 0)
    throw Error(fmt::format("time_unit is \"{}\"; 1ps, 10ps, 100ps and 1ns are known", text),
                {file.path, file.root.find("time_unit")->line, 0});
  return value * units.at(unit);
}

double capacitance_unit_ff(const LibertyFile& file) {
  const LibertyAttribute* a = file.root.find("capacitive_load_unit");
  if (a == nullptr) return 1000;
  if (a->values.size() != 2) throw Error("capacitive_load_unit needs a number and a unit", {file.path, a->line, 0});
  std::string unit(a->values[1].text);
  for (char& c : unit) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const double value = number(file.path, a->line, "capacitive_load_unit", a->values[0].text);
  if (unit != "ff" && unit != "pf")
    throw Error(fmt::format("capacitive_load_unit in {}; ff and pf are known", unit), {file.path, a->line, 0});
  return unit == "pf" ? value * 1000 : value;
}

/// A pin's input capacitance: the attribute, or the larger of the edges.
double pin_capacitance(const std::string& path, const LibertyGroup& pin) {
  return std::max(
      {number_or(path, pin, "capacitance", 0), number_or(path, pin, "rise_capacitance", 0), number_or(path, pin, "fall_capacitance", 0)});
}

bool has_group(const LibertyGroup& group, std::string_view name) {
  return std::any_of(group.groups.begin(), group.groups.end(), [&](const LibertyGroup& g) { return g.name == name; });
}

void read_pins(const std::string& path, LibraryCell& cell) {
  for (const LibertyGroup& g : cell.group->groups) {
    if (g.name != "pin") continue;
    for (const LibertyValue& name : g.arguments) {
      const std::string_view direction = g.value("direction");
      if (direction == "internal") continue;
      LibraryPin pin;
      pin.name = name.text;
      pin.output = direction == "output" || direction == "inout";
      pin.clock = g.value("clock") == "true";
      pin.capacitance = pin_capacitance(path, g);
      pin.max_capacitance = number_or(path, g, "max_capacitance", 0);
      pin.function = g.value("function");
      cell.pins.push_back(std::move(pin));
    }
  }
}

CellKind kind_of(const LibraryCell& cell) {
  const LibertyGroup& g = *cell.group;
  if (g.find("clock_gating_integrated_cell") != nullptr) return CellKind::kClockGate;
  if (has_group(g, "latch") || has_group(g, "latch_bank")) return CellKind::kLatch;
  if (has_group(g, "statetable") || has_group(g, "ff_bank") || has_group(g, "test_cell")) return CellKind::kOther;
  bool output = false;
  bool input = false;
  for (const LibertyGroup& pin : g.groups) {
    if (pin.name == "bus" || pin.name == "bundle") return CellKind::kOther;
    if (pin.name == "pin" && pin.find("three_state") != nullptr) return CellKind::kOther;
    if (pin.name == "pin" && pin.value("direction") == "inout") return CellKind::kOther;
  }
  for (const LibraryPin& pin : cell.pins) {
    output |= pin.output;
    input |= !pin.output;
    if (pin.output && pin.function.empty()) return CellKind::kOther;
  }
  if (!output) return CellKind::kOther;
  if (has_group(g, "ff")) return CellKind::kFlop;
  return input ? CellKind::kCombinational : CellKind::kTie;
}

void read_flop(LibraryCell& cell) {
  for (const LibertyGroup& g : cell.group->groups) {
    if (g.name != "ff") continue;
    cell.flop.state = g.first_argument();
    cell.flop.inverted = g.arguments.size() > 1 ? g.arguments[1].text : std::string_view();
    cell.flop.next_state = g.value("next_state");
    cell.flop.clocked_on = g.value("clocked_on");
    cell.flop.clear = g.value("clear");
    cell.flop.preset = g.value("preset");
  }
}

/// Functions that do not parse are the file's fault, and are reported there.
void check_functions(const std::string& path, const LibraryCell& cell) {
  if (cell.kind != CellKind::kCombinational && cell.kind != CellKind::kFlop) return;
  std::vector<std::string> names = cell.input_names();
  try {
    if (cell.kind == CellKind::kFlop) {
      for (const std::string* f : {&cell.flop.next_state, &cell.flop.clocked_on, &cell.flop.clear, &cell.flop.preset})
        if (!f->empty()) truth_table(*f, names);
      names = {cell.flop.state, cell.flop.inverted};
    }
    for (const LibraryPin& pin : cell.pins)
      if (pin.output) truth_table(pin.function, names);
  } catch (const std::invalid_argument& e) {
    throw Error(fmt::format("cell {}: {}", cell.name, e.what()), {path, cell.group->line, 0});
  }
}

void read_cells(Library& library, const LibertyFile& file) {
  for (const LibertyGroup& g : file.root.groups) {
    if (g.name != "cell") continue;
    LibraryCell cell;
    cell.name = g.first_argument();
    cell.group = &g;
    cell.area_um2 = number_or(file.path, g, "area", 0);
    read_pins(file.path, cell);
    cell.kind = kind_of(cell);
    if (cell.kind == CellKind::kFlop) read_flop(cell);
    const bool banned = std::any_of(library.rules.dont_use.begin(), library.rules.dont_use.end(),
                                    [&](const std::string& pattern) { return matches(pattern, cell.name); });
    const bool plain_flop = cell.kind != CellKind::kFlop || (cell.flop.clear.empty() && cell.flop.preset.empty());
    cell.dont_use = banned || !plain_flop || g.value("dont_use") == "true" || g.value("is_macro_cell") == "true" ||
                    (cell.kind != CellKind::kCombinational && cell.kind != CellKind::kFlop && cell.kind != CellKind::kTie);
    if (!cell.dont_use) check_functions(file.path, cell);
    if (library.cells.count(cell.name) != 0) throw Error(fmt::format("cell {} is defined twice", cell.name), {file.path, g.line, 0});
    library.cells.emplace(cell.name, std::move(cell));
  }
}

void require_usable(const Library& library) {
  const auto lacks = [&](const std::string& what) {
    throw Error(fmt::format("library {} has no usable {}", library.name, what), {library.files.front().path, 0, 0});
  };
  bool flop = false;
  bool gate = false;
  for (const auto& [name, cell] : library.cells) {
    flop |= !cell.dont_use && cell.kind == CellKind::kFlop;
    gate |= !cell.dont_use && cell.kind == CellKind::kCombinational && cell.pins.size() == 3;
  }
  if (!flop) lacks("edge-triggered flip-flop without set and reset");
  if (!gate) lacks("two-input gate");
  if (library.inverters().empty()) lacks("inverter");
  if (library.buffers().empty()) lacks("buffer");
}

/// Header and templates of all files, without their cells.
void write_header(const Library& library, const std::vector<std::string_view>& dropped, std::string& out) {
  out += fmt::format("library ({}) {{\n", library.files.front().root.first_argument());
  for (const LibertyAttribute& a : library.files.front().root.attributes)
    if (a.name != "define" && a.name != "default_operating_conditions" && a.name.rfind("default_wire_load", 0) != 0)
      write_liberty_attribute(a, 2, out);
  std::set<std::string> seen;
  for (const LibertyFile& file : library.files) {
    for (const LibertyGroup& g : file.root.groups) {
      if (g.name == "cell" || g.name == "normalized_driver_waveform" || g.name == "input_voltage" || g.name == "output_voltage" ||
          g.name == "wire_load" || g.name == "wire_load_selection")
        continue;
      if (seen.insert(fmt::format("{} {}", g.name, g.first_argument())).second) write_liberty_group(g, dropped, 2, out);
    }
  }
  // Names a group, which OpenSTA wants to have read before.
  if (const LibertyAttribute* a = library.files.front().root.find("default_operating_conditions"); a != nullptr)
    write_liberty_attribute(*a, 2, out);
}

std::vector<const LibraryCell*> one_input_cells(const Library& library, const std::vector<std::uint8_t>& table) {
  std::vector<const LibraryCell*> found;
  for (const auto& [name, cell] : library.cells) {
    if (cell.dont_use || cell.kind != CellKind::kCombinational || cell.pins.size() != 2) continue;
    const LibraryPin& out = cell.pins[0].output ? cell.pins[0] : cell.pins[1];
    if (out.output && truth_table(out.function, cell.input_names()) == table) found.push_back(&cell);
  }
  std::sort(found.begin(), found.end(),
            [](const LibraryCell* a, const LibraryCell* b) { return std::tie(a->area_um2, a->name) < std::tie(b->area_um2, b->name); });
  return found;
}

}  // namespace

const LibraryPin* LibraryCell::pin(const std::string& pin_name) const {
  for (const LibraryPin& p : pins)
    if (p.name == pin_name) return &p;
  return nullptr;
}

std::vector<std::string> LibraryCell::input_names() const {
  std::vector<std::string> names;
  for (const LibraryPin& p : pins)
    if (!p.output) names.push_back(p.name);
  return names;
}

const LibraryCell* Library::cell(const std::string& cell_name) const {
  const auto found = cells.find(cell_name);
  return found == cells.end() ? nullptr : &found->second;
}

std::vector<const LibraryCell*> Library::buffers() const { return one_input_cells(*this, {0, 1}); }
std::vector<const LibraryCell*> Library::inverters() const { return one_input_cells(*this, {1, 0}); }

Library read_library(const std::vector<std::string>& paths) {
  if (paths.empty()) throw Error("no Liberty file given");
  Library library;
  std::string hashes;
  for (const std::string& path : paths) {
    library.files.push_back(read_liberty_file(path));
    hashes += sha256_hex(*library.files.back().text);
  }
  library.content_hash = sha256_hex(hashes);
  const LibertyFile& first = library.files.front();
  library.name = first.root.first_argument();
  library.rules = library_rules(library.name);
  library.time_ps = time_unit_ps(first);
  library.capacitance_ff = capacitance_unit_ff(first);
  for (const LibertyFile& file : library.files) {
    const bool same_units = time_unit_ps(file) == library.time_ps && capacitance_unit_ff(file) == library.capacitance_ff &&
                            file.root.value("leakage_power_unit") == first.root.value("leakage_power_unit") &&
                            file.root.value("voltage_unit") == first.root.value("voltage_unit");
    if (!same_units) throw Error(fmt::format("units differ from those of {}", first.path), {file.path, file.root.line, 0});
    read_cells(library, file);
  }
  require_usable(library);
  return library;
}

std::string synthesis_liberty(const Library& library) {
  std::vector<std::string_view> dropped = kCommonDrop;
  for (const char* name : {"internal_power", "leakage_power", "pg_pin", "related_power_pin", "related_ground_pin", "power_down_function",
                           "min_pulse_width", "when", "sdf_cond"})
    dropped.push_back(name);
  std::string out;
  write_header(library, dropped, out);
  for (const auto& [name, cell] : library.cells)
    if (!cell.dont_use && cell.kind != CellKind::kTie) write_liberty_group(*cell.group, dropped, 2, out);
  return out + "}\n";
}

std::string timing_liberty(const Library& library, const std::vector<std::string>& cell_names) {
  std::string out;
  write_header(library, kCommonDrop, out);
  for (const std::string& name : cell_names)
    if (const LibraryCell* cell = library.cell(name); cell != nullptr) write_liberty_group(*cell->group, kCommonDrop, 2, out);
  return out + "}\n";
}

}  // namespace lutra::cost
