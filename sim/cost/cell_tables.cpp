#include "sim/cost/cell_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "isa/error.h"
#include "sim/cost/boolean_function.h"

namespace lutra::cost {
namespace {

std::vector<double> numbers(const LibertyAttribute& attribute, const std::string& path) {
  std::vector<double> result;
  for (const LibertyValue& value : attribute.values) {
    const std::string text(value.text);
    const char* at = text.c_str();
    for (;;) {
      while (*at == ' ' || *at == ',' || *at == '\t' || *at == '\n' || *at == '\r' || *at == '\\') ++at;
      if (*at == '\0') break;
      char* end = nullptr;
      result.push_back(std::strtod(at, &end));
      if (end == at) throw Error(fmt::format("\"{}\" is not a list of numbers", text), {path, attribute.line, 0});
      at = end;
    }
  }
  return result;
}

bool is_load(std::string_view variable) { return variable == "total_output_net_capacitance"; }

/// Cells of the table around x: index of the lower point and the weight of the upper one.
std::pair<std::size_t, double> bracket(const std::vector<double>& axis, double x) {
  if (axis.size() < 2 || x <= axis.front()) return {0, 0.0};
  std::size_t i = 0;
  while (i + 2 < axis.size() && x > axis[i + 1]) ++i;
  return {i, (x - axis[i]) / (axis[i + 1] - axis[i])};
}

const LibertyGroup* find_group(const LibertyGroup& group, std::string_view name) {
  for (const LibertyGroup& g : group.groups)
    if (g.name == name) return &g;
  return nullptr;
}

class Reader {
 public:
  Reader(const LibraryCell& cell, const Library& library) : cell_(cell) {
    for (const LibertyFile& file : library.files)
      if (cell.group >= file.root.groups.data() && cell.group < file.root.groups.data() + file.root.groups.size()) file_ = &file;
  }

  CellTables read(double leakage_unit_nw) {
    CellTables tables;
    tables.transitions.resize(cell_.pins.size());
    tables.energies.resize(cell_.pins.size());
    for (const LibertyGroup& g : cell_.group->groups) {
      if (g.name == "leakage_power") leakage(g, leakage_unit_nw, tables);
      if (g.name != "pin") continue;
      for (const LibertyValue& name : g.arguments) {
        const int pin = index(name.text);
        if (pin >= 0) read_pin(g, pin, tables);
      }
    }
    if (tables.leakage.empty())
      if (const std::string_view value = cell_.group->value("cell_leakage_power"); !value.empty())
        tables.leakage.push_back({{}, std::strtod(std::string(value).c_str(), nullptr) * leakage_unit_nw, ""});
    return tables;
  }

 private:
  [[nodiscard]] int index(std::string_view name) const {
    for (std::size_t i = 0; i < cell_.pins.size(); ++i)
      if (cell_.pins[i].name == name) return static_cast<int>(i);
    return -1;
  }

  LookupTable table(const LibertyGroup& parent, std::string_view name) const {
    const LibertyGroup* group = find_group(parent, name);
    if (group == nullptr) return {};
    const LibertyGroup* found = nullptr;
    for (const LibertyGroup& g : file_->root.groups)
      if ((g.name == "lu_table_template" || g.name == "power_lut_template") && g.first_argument() == group->first_argument()) found = &g;
    return LookupTable(*group, found, file_->path);
  }

  Condition condition(const LibertyGroup& group) const {
    const std::string_view text = group.value("when");
    Condition result;
    if (text.empty()) return result;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < cell_.pins.size(); ++i)
      if (text.find(cell_.pins[i].name) != std::string_view::npos) {
        result.pins.push_back(static_cast<int>(i));
        names.push_back(cell_.pins[i].name);
      }
    try {
      result.table = truth_table(text, names);
    } catch (const std::invalid_argument& e) {
      throw Error(fmt::format("cell {}: {}", cell_.name, e.what()), {file_->path, group.line, 0});
    }
    return result;
  }

  void leakage(const LibertyGroup& group, double unit, CellTables& tables) const {
    tables.leakage.push_back({condition(group), std::strtod(std::string(group.value("value")).c_str(), nullptr) * unit,
                              std::string(group.value("related_pg_pin"))});
  }

  /// Pins named in a `related_pin`, which may be a list.
  std::vector<int> related(const LibertyGroup& group) const {
    std::vector<int> pins;
    std::string word;
    for (const char c : std::string(group.value("related_pin")) + " ") {
      if (c != ' ') {
        word += c;
        continue;
      }
      if (const int pin = index(word); pin >= 0) pins.push_back(pin);
      word.clear();
    }
    return pins;
  }

  void read_pin(const LibertyGroup& group, int pin, CellTables& tables) const {
    const bool output = cell_.pins[static_cast<std::size_t>(pin)].output;
    for (const LibertyGroup& g : group.groups) {
      if (g.name == "timing" && output && find_group(g, "rise_transition") != nullptr)
        for (const int from : related(g))
          tables.transitions[static_cast<std::size_t>(pin)].push_back({from, table(g, "rise_transition"), table(g, "fall_transition")});
      if (g.name != "internal_power") continue;
      std::vector<int> from = output ? related(g) : std::vector<int>{pin};
      if (from.empty()) from = {-1};
      const LookupTable both = table(g, "power");
      const bool split = find_group(g, "rise_power") != nullptr || find_group(g, "fall_power") != nullptr;
      for (const int f : from)
        tables.energies[static_cast<std::size_t>(pin)].push_back({f, condition(g), split ? table(g, "rise_power") : both,
                                                                  split ? table(g, "fall_power") : both,
                                                                  std::string(g.value("related_pg_pin"))});
    }
  }

  const LibraryCell& cell_;
  const LibertyFile* file_ = nullptr;
};

}  // namespace

LookupTable::LookupTable(const LibertyGroup& group, const LibertyGroup* table_template, const std::string& path) {
  const LibertyAttribute* values = group.find("values");
  if (values == nullptr) throw Error(fmt::format("table {} has no values", group.name), {path, group.line, 0});
  std::vector<double> flat = numbers(*values, path);
  std::vector<double> axes[2];
  bool load[2] = {false, false};
  for (int i = 0; i < 2; ++i) {
    const std::string index = fmt::format("index_{}", i + 1);
    const LibertyAttribute* own = group.find(index);
    if (own == nullptr && table_template != nullptr) own = table_template->find(index);
    if (own != nullptr) axes[i] = numbers(*own, path);
    if (table_template != nullptr) load[i] = is_load(table_template->value(fmt::format("variable_{}", i + 1)));
  }
  if (axes[0].empty()) axes[0] = {0};
  if (axes[1].empty()) axes[1] = {0};
  if (flat.size() != axes[0].size() * axes[1].size())
    throw Error(fmt::format("table {} has {} values, its indices ask for {} x {}", group.name, flat.size(), axes[0].size(), axes[1].size()),
                {path, group.line, 0});
  const bool load_first = load[0];
  transitions_ = load_first ? axes[1] : axes[0];
  loads_ = load_first ? axes[0] : axes[1];
  values_.resize(flat.size());
  for (std::size_t i = 0; i < axes[0].size(); ++i)
    for (std::size_t j = 0; j < axes[1].size(); ++j)
      values_[load_first ? j * axes[0].size() + i : i * axes[1].size() + j] = flat[i * axes[1].size() + j];
}

double LookupTable::at(double transition, double load) const {
  const auto [i, u] = bracket(transitions_, transition);
  const auto [j, v] = bracket(loads_, load);
  const auto value = [&](std::size_t a, std::size_t b) { return values_[a * loads_.size() + b]; };
  const std::size_t i1 = std::min(i + 1, transitions_.size() - 1);
  const std::size_t j1 = std::min(j + 1, loads_.size() - 1);
  return (1 - u) * ((1 - v) * value(i, j) + v * value(i, j1)) + u * ((1 - v) * value(i1, j) + v * value(i1, j1));
}

double Condition::probability(const std::vector<double>& duty, int excluded) const {
  if (pins.empty()) return 1;
  double total = 0;
  for (std::size_t x = 0; x < table.size(); ++x) {
    if (table[x] == 0) continue;
    double p = 1;
    for (std::size_t k = 0; k < pins.size() && p > 0; ++k) {
      const double one = pins[k] == excluded ? 0.5 : duty[static_cast<std::size_t>(pins[k])];
      p *= (x >> k & 1) != 0 ? one : 1 - one;
    }
    total += p;
  }
  return total;
}

CellTables read_cell_tables(const LibraryCell& cell, const Library& library, double leakage_unit_nw) {
  return Reader(cell, library).read(leakage_unit_nw);
}

}  // namespace lutra::cost
