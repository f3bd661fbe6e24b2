#include "sim/hardware/measure.h"

#include <fmt/format.h>

#include <cmath>

#include "sim/cost/activity.h"
#include "sim/cost/power.h"
#include "sim/cost/sta.h"
#include "sim/cost/synth.h"
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

}  // namespace

Measurement measure(const gen::IntegerDesign& design, const Operands& operands, const cost::Library& library, double clock_mhz) {
  const bool quantised = design.table_mode == gen::TableMode::kQuantised;
  const DriveResult run = drive(design, operands);
  Measurement m;
  m.design = design.name;
  m.family = design.family;
  m.description = design.description;
  m.weight_type = operands.weight_type;
  m.activation_type = fmt::format("INT{}", operands.activation_bits);
  m.boundary = design.boundary_array ? "array" : "datapath";
  m.table_mode = kTableModes[static_cast<int>(design.table_mode)];
  m.layer = operands.layer;
  if (design.float_model != nullptr)
    m.activation_type = "FP16";
  else if (!operands.halves.empty())
    m.activation_type = fmt::format("FP16 aligned to {} bits", operands.activation_bits);
  if (design.float_model != nullptr)
    m.sqnr_db = run.noise > 0 ? 10 * std::log10(run.signal / run.noise) : INFINITY;
  else
    m.sqnr_db = sqnr_db(operands, quantised);
  m.vectors = run.vectors;
  m.mismatched_bits = run.mismatched_bits;
  m.clock_mhz = clock_mhz;
  m.macs_per_cycle = static_cast<double>(operands.tokens) * operands.outputs * operands.depth / static_cast<double>(run.cycles);
  m.one_bit_macs_per_cycle = m.macs_per_cycle * operands.type_bits;

  cost::SynthRequest request;
  request.files = design.files;
  request.top = design.top;
  request.clock_mhz = clock_mhz;
  const cost::SynthResult synthesis = cost::synthesise(request, library);
  const cost::AreaNode areas = cost::area_tree(synthesis.netlist);
  m.area_um2 = areas.area_um2;
  m.cells = areas.cells;
  m.lane_area_um2 = find_lane(areas, design.top + "_lane");
  cost::StaRequest timing_request;
  timing_request.clock_mhz = clock_mhz;
  timing_request.node_nm = library.rules.node_nm;
  const cost::StaResult timing = cost::analyse_timing(synthesis.netlist, synthesis.verilog, library, timing_request);
  m.worst_slack_ps = timing.worst_slack_ps;
  m.best_clock_mhz = timing.best_clock_mhz;
  const cost::FlatNetlist flat = cost::flatten(synthesis.netlist);
  const cost::Activity activity = cost::measure_activity(flat, run.stimulus, {run.first_cycle});
  for (const auto& [path, power] : cost::cell_power(flat, library, activity, clock_mhz)) m.power_mw += power.total_mw();
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
