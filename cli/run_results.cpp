// Builds the documents of a run from what its steps found.
#include "cli/run_results.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "cli/inputs.h"
#include "isa/geometry.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;

double total_bytes(const std::vector<OperatorGroup>& groups) {
  double bytes = 0;
  for (const OperatorGroup& g : groups) bytes += g.bytes;
  return bytes;
}

double peak_gops(const ArchConfig& config, int planes) {
  return 2.0 * Geometry(config).one_bit_macs_per_cycle / planes * config.clock_mhz * 1e6 / 1e9;
}

Json operators_json(const PhaseResult& phase) {
  Json list = Json::array();
  for (const OperatorGroup& g : phase.groups) {
    list.push_back({{"phase", phase.name},
                    {"name", g.name},
                    {"shape", g.shape},
                    {"types", g.types},
                    {"calls", g.calls},
                    {"on_core", g.on_core},
                    {"macs", g.macs},
                    {"bytes", g.bytes},
                    {"cycles", g.cycles},
                    {"seconds", g.seconds}});
  }
  return list;
}

Json roofline_json(const RunResults& r) {
  Json points = Json::array();
  std::vector<int> planes;
  for (const PhaseResult* phase : {&r.decode, &r.prefill}) {
    for (const OperatorGroup& g : phase->groups) {
      if (!g.on_core) continue;
      points.push_back(
          {{"name", g.name}, {"phase", phase->name}, {"ops_per_byte", 2 * g.macs / g.bytes}, {"gops", 2 * g.macs / g.seconds / 1e9}});
      if (std::find(planes.begin(), planes.end(), g.planes) == planes.end()) planes.push_back(g.planes);
    }
  }
  Json peaks = Json::array();
  for (const int p : planes) peaks.push_back({{"name", fmt::format("{} planes", p)}, {"gops", peak_gops(r.config, p)}});
  return {{"bandwidth_gb_s", r.config.memory.bandwidth_gb_s}, {"peaks", peaks}, {"points", points}};
}

Json area_json(const cost::Ppa& ppa) {
  Json list = Json::array();
  double rest_area = ppa.tree.area_um2, rest_power = ppa.tree.power.total_mw();
  for (const cost::PpaNode& child : ppa.tree.children) {
    list.push_back({{"block", child.instance.rfind("u_", 0) == 0 ? child.instance.substr(2) : child.instance},
                    {"area_um2", child.area_um2},
                    {"power_mw", child.power.total_mw()}});
    rest_area -= child.area_um2;
    rest_power -= child.power.total_mw();
  }
  if (rest_area > 0) list.push_back({{"block", "top level"}, {"area_um2", rest_area}, {"power_mw", std::max(rest_power, 0.0)}});
  return list;
}

Json cosim_json(const RunResults& r) {
  Json list = Json::array();
  for (const CosimEntry& e : r.cosim) {
    list.push_back({{"name", e.name},
                    {"phase", e.phase},
                    {"shape", e.shape},
                    {"macs", e.result.macs},
                    {"events", e.result.events},
                    {"rtl_cycles", e.result.rtl_cycles},
                    {"model_cycles", e.result.model_cycles},
                    {"mismatched_bits", e.result.mismatched_bits},
                    {"cycle_difference", e.result.cycle_difference},
                    {"seconds", e.result.seconds}});
  }
  return list;
}

Json not_on_core_json(const PhaseResult& phase) {
  Json list = Json::array();
  for (const OperatorGroup& g : phase.groups) {
    if (g.on_core) continue;
    list.push_back({{"operator", g.name}, {"phase", phase.name}, {"calls", g.calls}, {"bytes", g.bytes}, {"seconds", g.seconds}});
  }
  return list;
}

}  // namespace

std::map<std::string, CoreCost> core_costs(const Program& program, const system::SimulationResult& simulation) {
  std::map<std::string, CoreCost> costs;
  for (const system::JobResult& result : simulation.jobs) {
    const Job& job = program.jobs[result.job];
    CoreCost& cost = costs[job.op];
    cost.cycles += static_cast<double>(result.cycles);
    cost.bytes_read += static_cast<double>(job.bytes_read);
    cost.bytes_written += static_cast<double>(job.bytes_written);
  }
  return costs;
}

std::vector<EnergyComponent> energy_components(const RunResults& r) {
  const double core_s = total_seconds(r.decode.groups, true);
  const double other_s = total_seconds(r.decode.groups, false) - core_s;
  const cost::Ppa& ppa = r.ppa;
  const std::string activity =
      ppa.activity_measured ? fmt::format("activity measured over {} cycles", ppa.activity_cycles) : "activity assumed";
  std::vector<EnergyComponent> parts = {
      {"core logic", ppa.power.total_mw() * 1e-3 * core_s, true,
       fmt::format("{:.2f} mW while the core works, {}, library {}", ppa.power.total_mw(), activity, ppa.library)},
      {"core leakage in pauses", ppa.power.leakage_mw * 1e-3 * other_s, true,
       "leakage while the core waits for the operators beside it, clock stopped"},
      {"memory", total_bytes(r.decode.groups) * 8 * r.config.memory.energy_pj_per_bit * 1e-12, true,
       fmt::format("all bytes moved, on and beside the core, at {:g} pJ a bit", r.config.memory.energy_pj_per_bit)}};
  if (!ppa.srams.empty()) {
    parts.push_back({"on-chip SRAM", ppa.sram_power_mw * 1e-3 * core_s, !ppa.sram_extrapolated,
                     fmt::format("{:.2f} mW{}", ppa.sram_power_mw,
                                 ppa.sram_extrapolated ? ", extrapolated beyond the table of SRAM figures, so not part of the sum" : "")});
  }
  return parts;
}

Json summary_json(const RunResults& r) {
  double energy = 0;
  Json components = Json::array();
  for (const EnergyComponent& part : energy_components(r)) {
    if (part.included) energy += part.j_per_token;
    components.push_back({{"component", part.component}, {"j_per_token", part.j_per_token}, {"included", part.included}});
  }
  Json cosim = {{"programs", r.cosim.size()},
                {"macs", 0.0},
                {"mismatched_bits", 0},
                {"cycle_difference", 0},
                {"stall_probability", r.stall_probability}};
  std::uint64_t macs = 0;
  std::int64_t bits = 0, cycles = 0;
  for (const CosimEntry& e : r.cosim) {
    macs += e.result.macs;
    bits += e.result.mismatched_bits;
    cycles += e.result.cycle_difference;
  }
  cosim["macs"] = macs;
  cosim["mismatched_bits"] = bits;
  cosim["cycle_difference"] = cycles;
  Json not_on_core = not_on_core_json(r.decode);
  for (const Json& entry : not_on_core_json(r.prefill)) not_on_core.push_back(entry);
  Json summary = {{"model", r.model},
                  {"tokens_per_s", 1 / total_seconds(r.decode.groups, false)},
                  {"tokens_per_s_projections", 1 / total_seconds(r.decode.groups, true)},
                  {"energy_j_per_token", energy},
                  {"energy_components", components},
                  {"not_on_core", not_on_core},
                  {"prefill_s", total_seconds(r.prefill.groups, false)},
                  {"prefill_s_projections", total_seconds(r.prefill.groups, true)},
                  {"prefill_tokens", r.prefill.trace.request.seq},
                  {"decode_context", r.decode.trace.request.context},
                  {"decode_cycles", r.decode.simulation.cycles},
                  {"prefill_cycles", r.prefill.simulation.cycles},
                  {"area_um2", r.ppa.area_um2},
                  {"clock_mhz", r.ppa.clock_mhz},
                  {"best_clock_mhz", r.ppa.timing.best_clock_mhz},
                  {"worst_slack_ps", r.ppa.timing.worst_slack_ps},
                  {"power_mw", r.ppa.power.total_mw()},
                  {"activity", r.ppa.activity_measured ? "measured" : "assumed"},
                  {"library", r.ppa.library},
                  {"boundary", cost::boundary_name(r.ppa.boundary)},
                  {"layout", "none"},
                  {"tops_per_mm2", r.ppa.tops_per_mm2},
                  {"tops_per_w", r.ppa.tops_per_w},
                  {"tops_per_w_basis", std::string(r.ppa.tops_per_w_achieved ? "achieved in decode" : "peak") + ", activity " +
                                           (r.ppa.activity_measured ? "measured" : "assumed")},
                  {"cosim", cosim}};
  summary.update(provenance(r.config, r.seed));
  return summary;
}

Json details_json(const RunResults& r, const std::vector<FinishedStep>& steps) {
  Json operators = operators_json(r.decode);
  for (const Json& entry : operators_json(r.prefill)) operators.push_back(entry);
  Json notes = Json::array(), energy = Json::array(), step_list = Json::array();
  for (const auto& [what, why] : r.notes) notes.push_back({{"what", what}, {"why", why}});
  for (const EnergyComponent& part : energy_components(r)) {
    energy.push_back(
        {{"component", part.component}, {"j_per_token", part.j_per_token}, {"included", part.included}, {"source", part.source}});
  }
  for (const FinishedStep& step : steps) step_list.push_back({{"name", step.name}, {"seconds", step.seconds}, {"result", step.result}});
  return {{"command", r.command},
          {"created", fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::time(nullptr)))},
          {"arch", {{"name", r.config.name}, {"description", r.config.description}, {"yaml", to_yaml(r.config)}}},
          {"notes", notes},
          {"operators", operators},
          {"area", area_json(r.ppa)},
          {"energy", energy},
          {"cosim", cosim_json(r)},
          {"roofline", roofline_json(r)},
          {"ppa", cost::to_json(r.ppa)},
          {"steps", step_list}};
}

}  // namespace lutra::cli
