#include "sim/hardware/measure.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "gen/designs/catalogue.h"
#include "isa/error.h"
#include "sim/cost/full_adder.h"
#include "sim/cost/power.h"
#include "sim/cost/sta.h"
#include "sim/cost/synth.h"
#include "sim/hardware/device.h"
#include "sim/hardware/drive.h"

namespace lutra::hardware {
namespace {

constexpr const char* kTableModes[] = {"none", "exact", "quantised8"};

/// Area of one lane: the first instance of that module.
double find_lane(const cost::AreaNode& node, const std::string& lane) {
  if (node.module == lane) return node.area_um2;
  for (const cost::AreaNode& child : node.children)
    if (const double area = find_lane(child, lane); area > 0) return area;
  return 0;
}

struct Mapped {
  gen::IntegerDesign design;
  std::string mapping;
  cost::SynthResult synthesis;
  cost::StaResult timing;
};

gen::FullAdder full_adder_form(const Conditions& c) {
  if (!c.full_adder_cells) return gen::FullAdder::kLogic;
  const auto cell = cost::find_full_adder(*c.library);
  if (!cell) throw Error(fmt::format("library {} has no full-adder cell", c.library->name));
  return cell->inverting ? gen::FullAdder::kInverting : gen::FullAdder::kCell;
}

Mapped close_timing(const std::string& name, const Conditions& c) {
  static const struct {
    const char* name;
    gen::FinalAdder last;
    bool delay;
  } kMappings[] = {{"ripple", gen::FinalAdder::kRipple, false},
                   {"prefix", gen::FinalAdder::kPrefix, false},
                   {"ripple, for delay", gen::FinalAdder::kRipple, true},
                   {"prefix, for delay", gen::FinalAdder::kPrefix, true}};
  std::optional<Mapped> best;
  for (const auto& m : kMappings) {
    Mapped mapped{gen::make_integer_design(name, {m.last, full_adder_form(c)}), m.name, {}, {}};
    cost::SynthRequest request;
    request.files = mapped.design.files;
    request.top = mapped.design.top;
    request.clock_mhz = c.clock_mhz;
    request.full_adder_cells = c.full_adder_cells;
    if (m.delay) request.fast_modules = {mapped.design.top + "_lane", mapped.design.top + "_prepare"};
    mapped.synthesis = cost::synthesise(request, *c.library);
    mapped.timing =
        cost::analyse_timing(mapped.synthesis.netlist, mapped.synthesis.verilog, *c.library, {c.clock_mhz, c.library->rules.node_nm, ""});
    const double slack = mapped.timing.worst_slack_ps;
    if (!best || slack > best->timing.worst_slack_ps) best = std::move(mapped);
    if (slack >= 0) break;
  }
  return std::move(*best);
}

void name_activations(Measurement& m, const gen::IntegerDesign& design, const Operands& operands, const DriveResult& run) {
  m.activation_type = fmt::format("INT{}", operands.activation_bits);
  m.sqnr_db = sqnr_db(operands, design.table_mode == gen::TableMode::kQuantised ? &design.quantisation : nullptr);
  if (design.float_model != nullptr) {
    m.activation_type = gen::label_of(design.format);
    m.sqnr_db = run.noise > 0 ? 10 * std::log10(run.signal / run.noise) : INFINITY;
  } else if (!operands.halves.empty()) {
    m.activation_type = fmt::format("FP16 aligned to {} bits", operands.activation_bits);
  }
}

}  // namespace

Measurement measure(const std::string& name, const Operands& operands, const Conditions& conditions) {
  const Mapped mapped = close_timing(name, conditions);
  const gen::IntegerDesign& design = mapped.design;
  const cost::FlatNetlist flat = cost::flatten(mapped.synthesis.netlist);
  NetlistDevice device(flat);
  const DriveResult run = drive(design, operands, device);
  Measurement m;
  m.design = design.name;
  m.family = design.family;
  m.description = design.description;
  m.weight_type = operands.weight_type;
  m.boundary = design.boundary_array ? "array" : "datapath";
  m.table_mode = kTableModes[static_cast<int>(design.table_mode)];
  m.layer = operands.layer;
  name_activations(m, design, operands, run);
  m.vectors = run.vectors;
  m.mismatched_bits = run.mismatched_bits;
  m.macs_per_cycle = static_cast<double>(operands.tokens) * operands.outputs * operands.depth / static_cast<double>(run.cycles);
  m.one_bit_macs_per_cycle = m.macs_per_cycle * operands.type_bits;
  m.clock_mhz = conditions.clock_mhz;
  m.full_adder_cells = conditions.full_adder_cells;
  m.mapping = mapped.mapping;
  m.worst_slack_ps = mapped.timing.worst_slack_ps;
  m.best_clock_mhz = mapped.timing.best_clock_mhz;
  const cost::AreaNode areas = cost::area_tree(mapped.synthesis.netlist);
  m.area_um2 = areas.area_um2;
  m.cells = areas.cells;
  m.lane_area_um2 = find_lane(areas, design.top + "_lane");
  const cost::Activity activity = device.activity();
  for (const auto& [path, power] : cost::cell_power(flat, *conditions.library, activity, conditions.clock_mhz))
    m.power_mw += power.total_mw();
  return m;
}

nlohmann::json to_json(const Measurement& m) {
  nlohmann::json j = {{"design", m.design},
                      {"family", m.family},
                      {"description", m.description},
                      {"weight_type", m.weight_type},
                      {"activation_type", m.activation_type},
                      {"boundary", m.boundary},
                      {"table_mode", m.table_mode},
                      {"layer", m.layer},
                      {"one_bit_macs_per_cycle", m.one_bit_macs_per_cycle},
                      {"macs_per_cycle", m.macs_per_cycle},
                      {"clock_mhz", m.clock_mhz},
                      {"worst_slack_ps", m.worst_slack_ps},
                      {"best_clock_mhz", m.best_clock_mhz},
                      {"mapping", m.mapping},
                      {"full_adder_cells", m.full_adder_cells},
                      {"area_um2", m.area_um2},
                      {"lane_area_um2", m.lane_area_um2},
                      {"cells", m.cells},
                      {"power_mw", m.power_mw},
                      {"activity", "measured"},
                      {"um2_per_mac", m.um2_per_mac()},
                      {"pj_per_mac", m.pj_per_mac()},
                      {"tops_per_mm2", m.tops_per_mm2()},
                      {"tops_per_w", m.tops_per_w()},
                      {"verified", {{"mismatched_bits", m.mismatched_bits}, {"vectors", m.vectors}}}};
  j["sqnr_db"] = std::isinf(m.sqnr_db) ? nlohmann::json("exact") : nlohmann::json(m.sqnr_db);
  return j;
}

}  // namespace lutra::hardware
