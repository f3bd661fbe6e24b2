#include "sim/cost/power.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "isa/error.h"
#include "sim/cost/cell_tables.h"

namespace lutra::cost {
namespace {

/// "1nW" in nanowatt.
double leakage_unit_nw(const Library& library) {
  const std::string text(library.files.front().root.value("leakage_power_unit"));
  if (text.empty()) return 1;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const std::map<std::string, double> units = {{"W", 1e9}, {"mW", 1e6}, {"uW", 1e3}, {"nW", 1}, {"pW", 1e-3}, {"fW", 1e-6}};
  const auto unit = units.find(end);
  if (unit == units.end())
    throw Error(fmt::format("leakage_power_unit is \"{}\"; 1mW, 1uW, 1nW and 1pW are known", text), {library.files.front().path, 0, 0});
  return value * unit->second;
}

double supply_volt(const Library& library) {
  const LibertyGroup& root = library.files.front().root;
  double volt = std::strtod(std::string(root.value("nom_voltage")).c_str(), nullptr);
  for (const LibertyGroup& g : root.groups)
    if (volt <= 0 && g.name == "operating_conditions") volt = std::strtod(std::string(g.value("voltage")).c_str(), nullptr);
  if (volt <= 0) throw Error("the library states no supply voltage", {library.files.front().path, root.line, 0});
  return volt;
}

class PowerModel {
 public:
  PowerModel(const FlatNetlist& flat, const Library& library, const Activity& activity, double clock_mhz)
      : flat_(flat),
        library_(library),
        activity_(activity),
        mhz_(clock_mhz),
        volt_(supply_volt(library)),
        leakage_unit_(leakage_unit_nw(library)) {
    for (const FlatCell& c : flat.cells)
      if (tables_.count(c.cell) == 0) tables_.emplace(c.cell, read_cell_tables(*c.cell, library, leakage_unit_));
  }

  std::map<std::string, Power> run() {
    find_loads();
    find_transitions();
    std::map<std::string, Power> result;
    for (const std::string& path : flat_.paths) result[path];
    for (const FlatCell& c : flat_.cells) result[flat_.paths[c.path]] += power_of(c);
    return result;
  }

 private:
  [[nodiscard]] std::uint32_t net(const FlatCell& c, std::size_t pin) const { return flat_.cell_nets[c.first_net + pin]; }
  [[nodiscard]] double transition_at(const FlatCell& c, int pin) const {
    if (pin < 0) return 0;
    const std::uint32_t n = net(c, static_cast<std::size_t>(pin));
    return n == kUnconnected ? 0 : transition_[n];
  }

  void find_loads() {
    load_.assign(flat_.net_count, 0);
    for (const FlatCell& c : flat_.cells)
      for (std::size_t p = 0; p < c.cell->pins.size(); ++p)
        if (!c.cell->pins[p].output && net(c, p) != kUnconnected) load_[net(c, p)] += c.cell->pins[p].capacitance;
    const LibraryCell& inverter = *library_.inverters().front();
    const double port = 4 * (inverter.pins[0].output ? inverter.pins[1] : inverter.pins[0]).capacitance;
    const auto add = [&](const std::vector<std::uint32_t>& nets) {
      for (const std::uint32_t n : nets) load_[n] += port;
    };
    for (const FlatPort& p : flat_.ports)
      if (p.output) add(p.nets);
    for (const FlatSram& s : flat_.srams)
      for (const auto* nets : {&s.we, &s.waddr, &s.wdata, &s.re, &s.raddr}) add(*nets);
  }

  /// Flops first (their clock has an ideal edge), then gates in order.
  void find_transitions() {
    transition_.assign(flat_.net_count, 0);
    for (const CellKind kind : {CellKind::kFlop, CellKind::kCombinational})
      for (const FlatCell& c : flat_.cells) {
        if (c.cell->kind != kind) continue;
        const CellTables& tables = tables_.at(c.cell);
        for (std::size_t p = 0; p < c.cell->pins.size(); ++p) {
          if (net(c, p) == kUnconnected) continue;
          for (const TransitionArc& arc : tables.transitions[p]) {
            const double in = transition_at(c, arc.input);
            const double out = (arc.rise.at(in, load_[net(c, p)]) + arc.fall.at(in, load_[net(c, p)])) / 2;
            transition_[net(c, p)] = std::max(transition_[net(c, p)], out);
          }
        }
      }
  }

  [[nodiscard]] double toggles(const FlatCell& c, int pin) const {
    if (pin < 0) return 1;
    const LibraryPin& p = c.cell->pins[static_cast<std::size_t>(pin)];
    if (c.cell->kind == CellKind::kFlop && !p.output && p.name == c.cell->flop.clocked_on) return 2;
    const std::uint32_t n = net(c, static_cast<std::size_t>(pin));
    return n == kUnconnected ? 0 : activity_.toggles_per_cycle[n];
  }

  /// Mean energy of one toggle of a pin, in the library's unit. Arcs of one supply are averaged with their weights; supplies add up.
  [[nodiscard]] double energy(const FlatCell& c, std::size_t pin, const std::vector<EnergyArc>& arcs,
                              const std::vector<double>& duty) const {
    const bool output = c.cell->pins[pin].output;
    const double load = output ? load_[net(c, pin)] : 0;
    double total = 0;
    for (std::size_t first = 0; first < arcs.size(); ++first) {
      const auto same_supply = [&](std::size_t i) { return arcs[i].supply == arcs[first].supply; };
      bool seen = false;
      for (std::size_t i = 0; i < first && !seen; ++i) seen = same_supply(i);
      if (seen) continue;
      double weighted = 0, weights = 0, plain = 0, count = 0;
      for (std::size_t i = first; i < arcs.size(); ++i) {
        if (!same_supply(i)) continue;
        const EnergyArc& arc = arcs[i];
        const double in = transition_at(c, arc.input);
        const double value = (arc.rise.at(in, load) + arc.fall.at(in, load)) / 2;
        const double weight = arc.when.probability(duty, arc.input) * (output ? toggles(c, arc.input) : 1);
        weighted += weight * value;
        weights += weight;
        plain += value;
        ++count;
      }
      // An input's own energy counts only where its condition holds; an output's toggle always has one cause.
      if (!output)
        total += weighted;
      else
        total += weights > 0 ? weighted / weights : plain / count;
    }
    return total;
  }

  [[nodiscard]] std::vector<double> duties(const FlatCell& c) const {
    std::vector<double> duty(c.cell->pins.size(), 0.5);
    for (std::size_t p = 0; p < duty.size(); ++p) {
      const bool clock = toggles(c, static_cast<int>(p)) == 2 && c.cell->kind == CellKind::kFlop && !c.cell->pins[p].output;
      if (!clock && net(c, p) != kUnconnected) duty[p] = activity_.duty[net(c, p)];
    }
    return duty;
  }

  [[nodiscard]] double leakage_nw(const CellTables& tables, const std::vector<double>& duty) const {
    double conditional = 0, unconditional = 0;
    bool states = false;
    for (const LeakageState& s : tables.leakage) {
      if (s.when.pins.empty()) {
        unconditional += s.nanowatt;
      } else {
        states = true;
        conditional += s.nanowatt * s.when.probability(duty, -1);
      }
    }
    return states ? conditional : unconditional;
  }

  /// Energy unit = capacitance unit x V^2: with fF, femtojoule; fJ x MHz = nW.
  [[nodiscard]] Power power_of(const FlatCell& c) const {
    const CellTables& tables = tables_.at(c.cell);
    const std::vector<double> duty = duties(c);
    double internal_fj = 0, switching_fj = 0;
    for (std::size_t p = 0; p < c.cell->pins.size(); ++p) {
      if (net(c, p) == kUnconnected) continue;
      const double rate = toggles(c, static_cast<int>(p));
      if (rate > 0 && !tables.energies[p].empty()) internal_fj += rate * energy(c, p, tables.energies[p], duty) * library_.capacitance_ff;
      if (c.cell->pins[p].output) switching_fj += rate * load_[net(c, p)] * library_.capacitance_ff * volt_ * volt_ / 2;
    }
    return {internal_fj * mhz_ * 1e-6, switching_fj * mhz_ * 1e-6, leakage_nw(tables, duty) * 1e-6};
  }

  const FlatNetlist& flat_;
  const Library& library_;
  const Activity& activity_;
  double mhz_, volt_, leakage_unit_;
  std::map<const LibraryCell*, CellTables> tables_;
  std::vector<double> load_, transition_;
};

}  // namespace

Power& Power::operator+=(const Power& other) {
  internal_mw += other.internal_mw;
  switching_mw += other.switching_mw;
  leakage_mw += other.leakage_mw;
  return *this;
}

std::map<std::string, Power> cell_power(const FlatNetlist& flat, const Library& library, const Activity& activity, double clock_mhz) {
  return PowerModel(flat, library, activity, clock_mhz).run();
}

}  // namespace lutra::cost
