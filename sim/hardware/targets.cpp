// The targets of the comparison, computed from measurements.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "sim/hardware/campaign.h"

namespace lutra::hardware {
namespace {

using Filter = std::function<bool(const Measurement&)>;

const Measurement* best(const std::vector<Measurement>& all, const Filter& filter, double (Measurement::*figure)() const) {
  const Measurement* found = nullptr;
  for (const Measurement& m : all)
    if (m.worst_slack_ps >= 0 && m.mismatched_bits == 0 && filter(m) && (found == nullptr || (m.*figure)() > (found->*figure)()))
      found = &m;
  return found;
}

const Measurement* named(const std::vector<Measurement>& all, const std::string& design, const std::string& type) {
  for (const Measurement& m : all)
    if (m.design == design && m.weight_type == type && m.worst_slack_ps >= 0 && m.mismatched_bits == 0) return &m;
  return nullptr;
}

class Rows {
 public:
  Rows(const std::vector<Measurement>& all, std::string command) : all_(all), command_(std::move(command)) {}

  void ratio(const std::string& name, double value, double at_least, double at_most = std::numeric_limits<double>::infinity()) {
    nlohmann::json row = {{"name", name}, {"value", value}, {"unit", "ratio"}, {"at_least", at_least}, {"command", command_}};
    if (at_most != std::numeric_limits<double>::infinity()) row["at_most"] = at_most;
    rows_.push_back(row);
  }

  /// Our densest design and, of the same design, the energy; each rival figure is the best that any rival reaches.
  void versus(const std::string& name, const Filter& ours, const Filter& rivals, double density, double efficiency) {
    const Measurement* mine = best(all_, ours, &Measurement::tops_per_mm2);
    const Measurement* dense = best(all_, rivals, &Measurement::tops_per_mm2);
    const Measurement* frugal = best(all_, rivals, &Measurement::tops_per_w);
    if (mine == nullptr || dense == nullptr) return;
    ratio(fmt::format("{}: density, {} over {}", name, mine->design, dense->design), mine->tops_per_mm2() / dense->tops_per_mm2(), density);
    ratio(fmt::format("{}: energy efficiency, {} over {}", name, mine->design, frugal->design), mine->tops_per_w() / frugal->tops_per_w(),
          efficiency);
  }

  void fidelity() {
    const Measurement* unpu = named(all_, "unpu", "W2");
    const struct {
      const char *design, *step;
      double published;
    } kSteps[] = {{"unpu_half_tables", "half tables", 1.317},
                  {"unpu_no_negation", "no negation circuit", 1.351},
                  {"lut_tc_exact", "no builder", 1.440}};
    for (const auto& s : kSteps)
      if (const Measurement* m = named(all_, s.design, "W2"); m != nullptr && unpu != nullptr)
        ratio(fmt::format("Table 2, UNPU to {}: density", s.step), m->tops_per_mm2() / unpu->tops_per_mm2(), 0.9 * s.published,
              1.1 * s.published);
    const Measurement *lut = named(all_, "lut_tc", "W2"), *mac = named(all_, "mac_i8_operator_dot4", "W2");
    if (lut != nullptr && mac != nullptr)
      ratio("W2A8: density, LUT-TC over INT8 MAC dot-4", lut->tops_per_mm2() / mac->tops_per_mm2(), 0.9 * 3.35, 1.1 * 3.49);
  }

  [[nodiscard]] nlohmann::json take() { return std::move(rows_); }

 private:
  const std::vector<Measurement>& all_;
  std::string command_;
  nlohmann::json rows_ = nlohmann::json::array();
};

Filter type(const std::string& weights, const std::string& activations_prefix) {
  return [=](const Measurement& m) { return m.weight_type == weights && m.activation_type.rfind(activations_prefix, 0) == 0; };
}
Filter at(const std::string& boundary, const Filter& filter) {
  return [=](const Measurement& m) { return m.boundary == boundary && filter(m); };
}
Filter both(const Filter& a, const Filter& b) {
  return [=](const Measurement& m) { return a(m) && b(m); };
}
Filter family(std::vector<std::string> names) {
  return [names = std::move(names)](const Measurement& m) { return std::find(names.begin(), names.end(), m.family) != names.end(); };
}
Filter mode(const std::string& name) {
  return [=](const Measurement& m) { return m.table_mode == name; };
}

}  // namespace

nlohmann::json target_rows(const std::vector<Measurement>& measurements, bool full_adder_cells, const std::string& command) {
  std::vector<Measurement> all;
  for (const Measurement& m : measurements)
    if (m.full_adder_cells == full_adder_cells) all.push_back(m);
  Rows rows(all, command);
  const Filter lut = family({"lut"}), rival = family({"add", "mac"}), exact = mode("exact"), quantised = mode("quantised8");
  const Filter w2 = at("datapath", type("W2", "INT8")), w4 = at("datapath", type("W4", "INT8")),
               trits = at("datapath", type("ternary", "INT8"));
  rows.fidelity();
  rows.versus("W2A8 against LUT-TC", both(w2, lut), both(w2, both(family({"lut_published"}), quantised)), 2.5, 2);
  rows.versus("W2A8, 8-bit tables, against the best ADD or MAC", both(w2, both(lut, quantised)), both(w2, rival), 1.6, 1.4);
  rows.versus("W2A8, exact tables, against the best ADD or MAC", both(w2, both(lut, exact)), both(w2, rival), 1.4, 1.25);
  const Filter w2_array = at("array", type("W2", "INT8"));
  rows.versus("W2A8 at the array boundary, exact tables, against the best ADD or MAC", both(w2_array, both(lut, exact)),
              both(w2_array, rival), 1.3, 1.3);
  // A native core has to run W2 as well: only designs whose tables do count.
  const Filter native = [](const Measurement& m) { return m.family == "ternary" && m.design.find("_planes") != std::string::npos; };
  rows.versus("ternary A8, native tables against our best W2 core", both(trits, native), both(trits, both(lut, exact)), 1.3, 1.3);
  rows.versus("W4A8 against the best MAC", both(w4, lut), both(w4, family({"mac"})), 1.6, 1.3);
  for (const auto& [bits, density, efficiency] : {std::tuple<const char*, double, double>{"W1", 18, 10}, {"W2", 10, 6}}) {
    const Filter aligned = type(bits, "FP16 aligned"), fp16 = both(type(bits, "FP16"), family({"mac_fp16"}));
    rows.versus(fmt::format("{}A16, block-aligned exact tables, against FP16 MAC", bits), both(aligned, both(lut, exact)), fp16, density,
                efficiency);
    rows.versus(fmt::format("{}A16, block-aligned 8-bit tables, against FP16 MAC", bits), both(aligned, both(lut, quantised)), fp16,
                density, efficiency);
  }
  return rows.take();
}

}  // namespace lutra::hardware
