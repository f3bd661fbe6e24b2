#include "sim/cost/ppa.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "isa/error.h"
#include "isa/geometry.h"
#include "sim/cost/synth.h"

namespace lutra::cost {
namespace {

struct BoundaryRow {
  Boundary boundary;
  const char* name;
  std::vector<std::string> modules;  // whose instances count; empty = everything
};

const std::vector<BoundaryRow>& boundaries() {
  static const std::vector<BoundaryRow> rows = {
      {Boundary::kDatapath, "datapath", {"lutra_array_datapath"}},
      {Boundary::kArray, "array", {"lutra_array", "lutra_table_builder", "lutra_scale_unit"}},
      {Boundary::kCore, "core", {}},
      {Boundary::kCoreSram, "core+sram", {}},
  };
  return rows;
}

const BoundaryRow& row_of(Boundary boundary) {
  return *std::find_if(boundaries().begin(), boundaries().end(), [&](const BoundaryRow& r) { return r.boundary == boundary; });
}

PpaNode with_power(const AreaNode& area, const std::string& path, const std::map<std::string, Power>& power) {
  PpaNode node{area.instance, area.module, area.area_um2, area.cells, {}, {}};
  if (const auto own = power.find(path); own != power.end()) node.power = own->second;
  for (const AreaNode& child : area.children) {
    node.children.push_back(with_power(child, path.empty() ? child.instance : path + "/" + child.instance, power));
    node.power += node.children.back().power;
  }
  return node;
}

/// Adds the outermost instances of the named modules; everything where no name is given or the top is one of them.
void count_inside(const PpaNode& node, const std::vector<std::string>& modules, Ppa& ppa) {
  if (modules.empty() || std::find(modules.begin(), modules.end(), node.module) != modules.end()) {
    ppa.area_um2 += node.area_um2;
    ppa.cells += node.cells;
    ppa.power += node.power;
    return;
  }
  for (const PpaNode& child : node.children) count_inside(child, modules, ppa);
}

void price_srams(const Netlist& netlist, const Activity& activity, Ppa& ppa) {
  if (!(ppa.node_nm > 0)) return;
  for (const SramMacro& macro : find_srams(netlist)) {
    SramPrice price{macro, sram_figures(macro, ppa.node_nm), 0, 0, 0};
    for (const SramActivity& a : activity.srams) {
      if (a.module != macro.module) continue;
      price.reads_per_cycle += static_cast<double>(a.reads) / static_cast<double>(activity.cycles);
      price.writes_per_cycle += a.writes / static_cast<double>(activity.cycles);
    }
    // pJ a cycle x MHz = uW.
    price.power_mw =
        (price.reads_per_cycle * price.figures.read_pj + price.writes_per_cycle * price.figures.write_pj) * ppa.clock_mhz * 1e-3;
    ppa.sram_area_um2 += price.figures.area_um2 * macro.instances;
    ppa.sram_power_mw += price.power_mw;
    ppa.sram_extrapolated |= price.figures.extrapolated;
    ppa.srams.push_back(std::move(price));
  }
}

void find_ratios(const PpaRequest& request, Ppa& ppa) {
  const ArrayConfig& a = request.config.array;
  ppa.planes = request.planes;
  ppa.macs_per_cycle = static_cast<double>(a.rows) * a.columns * a.table_inputs * a.tables_per_lane /
                       static_cast<double>(ceil_div(request.planes, a.planes_per_cycle));
  ppa.tops = 2 * ppa.macs_per_cycle * ppa.clock_mhz * 1e-6;
  ppa.ratios_include_sram = ppa.boundary == Boundary::kCoreSram && !ppa.srams.empty() && !ppa.sram_extrapolated;
  const double cell_area = ppa.area_um2 - (ppa.boundary == Boundary::kCoreSram ? ppa.sram_area_um2 : 0);
  const double area_mm2 = (ppa.ratios_include_sram ? ppa.area_um2 : cell_area) * 1e-6;
  const double watt = (ppa.power.total_mw() + (ppa.ratios_include_sram ? ppa.sram_power_mw : 0)) * 1e-3;
  ppa.tops_per_w_achieved = ppa.activity_measured && request.stimulus_macs > 0;
  const double achieved =
      2 * request.stimulus_macs / static_cast<double>(std::max<long long>(ppa.activity_cycles, 1)) * ppa.clock_mhz * 1e-6;
  if (area_mm2 > 0) ppa.tops_per_mm2 = ppa.tops / area_mm2;
  if (watt > 0) ppa.tops_per_w = (ppa.tops_per_w_achieved ? achieved : ppa.tops) / watt;
}

std::vector<std::string> liberties_of(const PpaRequest& request) {
  if (!request.liberties.empty()) return request.liberties;
  if (!std::filesystem::exists(kDefaultLiberty))
    throw Error(
        fmt::format(
            "no standard-cell library: give one with --liberty, or install the default one with: apt-get install qflow-tech-osu018"),
        {kDefaultLiberty});
  return {kDefaultLiberty};
}

/// Source names of the modules whose cells lie on a path.
std::set<std::string> modules_on(const CriticalPath& path, const Netlist& netlist) {
  std::set<std::string> names;
  for (const PathStep& step : path.steps) {
    std::string module = netlist.top;
    std::size_t begin = 0;
    for (std::size_t slash = step.pin.find('/'); slash != std::string::npos; begin = slash + 1, slash = step.pin.find('/', begin)) {
      const std::string instance = step.pin.substr(begin, slash - begin);
      for (const Instance& i : netlist.modules.at(module).instances)
        if (i.name == instance && i.cell == nullptr && !netlist.modules.at(i.type).black_box) {
          module = i.type;
          break;
        }
    }
    if (step.pin.find('/') != std::string::npos) names.insert(netlist.modules.at(module).source_name);
  }
  return names;
}

/// Maps for area and, while the clock is missed, maps the modules on the worst path for delay. Fills in the timing of the best attempt.
SynthResult close_timing(const PpaRequest& request, const Library& library, Ppa& ppa) {
  constexpr int kAttempts = 5;
  std::set<std::string> fast;
  for (const std::string& module : request.fast_modules) fast.insert(module);
  std::optional<SynthResult> best;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::vector<std::string> names(fast.begin(), fast.end());
    SynthResult synth = synthesise({request.files, request.top, ppa.clock_mhz, names, false, {}, request.cache}, library);
    StaResult timing = analyse_timing(synth.netlist, synth.verilog, library, {ppa.clock_mhz, ppa.node_nm, request.cache});
    const std::size_t before = fast.size();
    fast.merge(modules_on(timing.critical, synth.netlist));
    if (!best || timing.worst_slack_ps > ppa.timing.worst_slack_ps) {
      ppa.synthesis_cached = synth.from_cache;
      ppa.fast_modules = names;
      best = std::move(synth);
      ppa.timing = std::move(timing);
    }
    if (ppa.timing_met() || fast.size() == before) break;
  }
  return std::move(*best);
}

nlohmann::json power_json(const Power& p) {
  return {{"internal", p.internal_mw}, {"switching", p.switching_mw}, {"leakage", p.leakage_mw}, {"total", p.total_mw()}};
}

/// Equal sub-modules of one parent are shown once with their number, so that an array of lanes stays readable.
nlohmann::json tree_json(const PpaNode& node, int depth) {
  nlohmann::json json = {{"instance", node.instance},
                         {"module", node.module},
                         {"area_um2", node.area_um2},
                         {"cells", node.cells},
                         {"power_mw", power_json(node.power)}};
  if (depth == 0 || node.children.empty()) return json;
  std::map<std::string, std::pair<PpaNode, int>> groups;
  for (const PpaNode& child : node.children) {
    auto [it, fresh] = groups.try_emplace(child.module, child, 1);
    if (fresh) continue;
    PpaNode& sum = it->second.first;
    sum.area_um2 += child.area_um2;
    sum.cells += child.cells;
    sum.power += child.power;
    ++it->second.second;
  }
  for (const auto& [module, group] : groups) {
    nlohmann::json child = group.second == 1 ? tree_json(group.first, depth - 1) : tree_json(group.first, 0);
    child["instances"] = group.second;
    if (group.second > 1) child.erase("instance");
    json["children"].push_back(std::move(child));
  }
  return json;
}

nlohmann::json srams_json(const Ppa& ppa) {
  nlohmann::json macros = nlohmann::json::array();
  for (const SramPrice& s : ppa.srams)
    macros.push_back({{"rows", s.macro.rows},
                      {"width_bits", s.macro.width_bits},
                      {"instances", s.macro.instances},
                      {"area_um2", s.figures.area_um2},
                      {"access_ns", s.figures.access_ns},
                      {"read_pj", s.figures.read_pj},
                      {"write_pj", s.figures.write_pj},
                      {"reads_per_cycle", s.reads_per_cycle},
                      {"writes_per_cycle", s.writes_per_cycle},
                      {"power_mw", s.power_mw},
                      {"extrapolated", s.figures.extrapolated}});
  return {{"area_um2", ppa.sram_area_um2},
          {"power_mw", ppa.sram_power_mw},
          {"energy_pj_per_cycle", ppa.sram_power_mw / ppa.clock_mhz * 1000},
          {"extrapolated", ppa.sram_extrapolated},
          {"provenance", kSramProvenance},
          {"macros", macros}};
}

}  // namespace

std::string boundary_name(Boundary boundary) { return row_of(boundary).name; }

Boundary parse_boundary(const std::string& name) {
  std::vector<std::string> names;
  for (const BoundaryRow& r : boundaries()) {
    if (name == r.name) return r.boundary;
    names.emplace_back(r.name);
  }
  const std::string near = nearest(name, names);
  throw Error(fmt::format("unknown boundary \"{}\"; datapath, array, core and core+sram are known{}", name,
                          near.empty() ? "" : fmt::format(", did you mean {}?", near)));
}

Ppa measure(const PpaRequest& request) {
  const Library library = read_library(liberties_of(request));
  Ppa ppa;
  ppa.top = request.top;
  ppa.library = library.rules.title.empty() ? library.name : library.rules.title;
  ppa.library_files = liberties_of(request);
  ppa.node_nm = request.node_nm > 0 ? request.node_nm : library.rules.node_nm;
  ppa.boundary = request.boundary;
  ppa.clock_mhz = request.clock_mhz > 0 ? request.clock_mhz : request.config.clock_mhz;
  const SynthResult synth = close_timing(request, library, ppa);
  ppa.fanout_buffers = synth.buffering.buffers;

  const FlatNetlist flat = flatten(synth.netlist);
  const Activity activity = request.stimulus != nullptr ? measure_activity(flat, *request.stimulus, {request.stimulus_skip})
                                                        : assumed_activity(flat, kAssumedToggles);
  ppa.activity_measured = request.stimulus != nullptr;
  ppa.activity_cycles = ppa.activity_measured ? activity.cycles : 0;
  ppa.mean_toggles_per_cycle = activity.mean_toggles_per_cycle;
  ppa.compared_bits = activity.compared_bits;
  ppa.tree = with_power(area_tree(synth.netlist), "", cell_power(flat, library, activity, ppa.clock_mhz));
  count_inside(ppa.tree, row_of(request.boundary).modules, ppa);
  if (ppa.cells == 0) throw Error(fmt::format("{} holds nothing that boundary {} counts", request.top, boundary_name(request.boundary)));
  price_srams(synth.netlist, activity, ppa);
  if (request.boundary == Boundary::kCoreSram) ppa.area_um2 += ppa.sram_area_um2;
  find_ratios(request, ppa);
  return ppa;
}

nlohmann::json to_json(const Ppa& ppa) {
  nlohmann::json steps = nlohmann::json::array();
  for (const PathStep& s : ppa.timing.critical.steps)
    steps.push_back({{"pin", s.pin}, {"cell", s.cell}, {"delay_ps", s.delay_ps}, {"arrival_ps", s.arrival_ps}});
  return {
      {"top", ppa.top},
      {"library", ppa.library},
      {"library_files", ppa.library_files},
      {"node_nm", ppa.node_nm},
      {"boundary", boundary_name(ppa.boundary)},
      {"layout", "none"},
      {"clock_tree", "ideal"},
      {"clock_mhz", ppa.clock_mhz},
      {"timing_met", ppa.timing_met()},
      {"worst_slack_ps", ppa.timing.worst_slack_ps},
      {"best_clock_mhz", ppa.timing.best_clock_mhz},
      {"critical_path",
       {{"start", ppa.timing.critical.start},
        {"end", ppa.timing.critical.end},
        {"delay_ps", ppa.timing.critical.delay_ps},
        {"steps", steps}}},
      {"port_share_of_period", kBoundaryShare},
      {"area_um2", ppa.area_um2},
      {"cells", ppa.cells},
      {"fanout_buffers", ppa.fanout_buffers},
      {"mapped_for_delay", ppa.fast_modules},
      {"power_mw",
       {{"internal", ppa.power.internal_mw},
        {"switching", ppa.power.switching_mw},
        {"leakage", ppa.power.leakage_mw},
        {"sram", ppa.boundary == Boundary::kCoreSram ? ppa.sram_power_mw : 0.0},
        {"total", ppa.total_power_mw()}}},
      {"energy_pj_per_cycle", ppa.energy_pj_per_cycle()},
      {"activity",
       {{"source", ppa.activity_measured ? "measured" : "assumed"},
        {"cycles", ppa.activity_cycles},
        {"mean_toggles_per_cycle", ppa.mean_toggles_per_cycle},
        {"glitches", "not counted"},
        {"netlist_bits_equal_to_rtl", ppa.compared_bits}}},
      {"sram", ppa.srams.empty() ? nlohmann::json(nullptr) : srams_json(ppa)},
      {"planes", ppa.planes},
      {"macs_per_cycle", ppa.macs_per_cycle},
      {"tops", ppa.tops},
      {"tops_per_mm2", ppa.tops_per_mm2},
      {"tops_per_w", ppa.tops_per_w},
      {"tops_per_w_basis", ppa.tops_per_w_achieved ? "achieved" : "peak"},
      {"ratios_include_sram", ppa.ratios_include_sram},
      {"tree", tree_json(ppa.tree, 3)},
  };
}

}  // namespace lutra::cost
