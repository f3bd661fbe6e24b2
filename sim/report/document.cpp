// Reads a report's JSON and says which key of which file is wrong.
#include "sim/report/document.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/report/json_node.h"

namespace lutra::report {
namespace {

using Json = nlohmann::json;

Summary parse_summary(const Node& node) {
  Summary s;
  node.get("model", s.model);
  node.get("library", s.library);
  node.get("boundary", s.boundary);
  node.get("tops_per_w_basis", s.tops_per_w_basis);
  node.get("lutra_version", s.lutra_version);
  node.get("config_hash", s.config_hash);
  node.get("seed", s.seed);
  node.get("tokens_per_s", s.tokens_per_s);
  node.get("tokens_per_s_projections", s.tokens_per_s_projections);
  node.get("energy_j_per_token", s.energy_j_per_token);
  node.get("prefill_s", s.prefill_s);
  node.get("area_um2", s.area_um2);
  node.get("clock_mhz", s.clock_mhz);
  node.get("worst_slack_ps", s.worst_slack_ps);
  node.get("tops_per_mm2", s.tops_per_mm2);
  node.get("tops_per_w", s.tops_per_w);
  const Node cosim = node.object("cosim");
  cosim.get("programs", s.programs);
  cosim.get("macs", s.macs);
  cosim.get("mismatched_bits", s.mismatched_bits);
  cosim.get("cycle_difference", s.cycle_difference);
  for (const Node& off : node.list("not_on_core")) {
    std::string name;
    off.get("operator", name);
    if (std::find(s.not_on_core.begin(), s.not_on_core.end(), name) == s.not_on_core.end()) s.not_on_core.push_back(name);
  }
  return s;
}

Operator parse_operator(const Node& node) {
  Operator o;
  node.get("phase", o.phase);
  node.get("name", o.name);
  node.get("shape", o.shape);
  node.get("types", o.types);
  node.get("calls", o.calls);
  node.get("on_core", o.on_core);
  node.get("macs", o.macs);
  node.get("bytes", o.bytes);
  node.get("cycles", o.cycles);
  node.get("seconds", o.seconds);
  return o;
}

CosimProgram parse_program(const Node& node) {
  CosimProgram p;
  node.get("name", p.name);
  node.get("phase", p.phase);
  node.get("shape", p.shape);
  node.get("macs", p.macs);
  node.get("rtl_cycles", p.rtl_cycles);
  node.get("model_cycles", p.model_cycles);
  node.get("mismatched_bits", p.mismatched_bits);
  node.get("cycle_difference", p.cycle_difference);
  return p;
}

Roofline parse_roofline(const Node& node) {
  Roofline r;
  node.get("bandwidth_gb_s", r.bandwidth_gb_s);
  for (const Node& peak : node.list("peaks")) {
    RooflinePeak& p = r.peaks.emplace_back();
    peak.get("name", p.name);
    peak.get("gops", p.gops);
  }
  for (const Node& point : node.list("points")) {
    RooflinePoint& p = r.points.emplace_back();
    point.get("name", p.name);
    point.get("phase", p.phase);
    point.get("ops_per_byte", p.ops_per_byte);
    point.get("gops", p.gops);
  }
  return r;
}

}  // namespace

Document parse_document(const Json& summary, const std::string& summary_file, const Json& details, const std::string& details_file) {
  Document d;
  d.summary = parse_summary({summary, summary_file, ""});
  const Node root(details, details_file, "");
  root.get("command", d.command);
  root.get("created", d.created);
  const Node arch = root.object("arch");
  arch.get("name", d.arch_name);
  arch.get("description", d.arch_description);
  arch.get("yaml", d.arch_yaml);
  for (const Node& note : root.list("notes")) {
    auto& [what, why] = d.notes.emplace_back();
    note.get("what", what);
    note.get("why", why);
  }
  for (const Node& node : root.list("operators")) d.operators.push_back(parse_operator(node));
  for (const Node& node : root.list("area")) {
    AreaBlock& a = d.area.emplace_back();
    node.get("block", a.block);
    node.get("area_um2", a.area_um2);
    node.get("power_mw", a.power_mw);
  }
  for (const Node& node : root.list("cosim")) d.cosim.push_back(parse_program(node));
  for (const Node& node : root.list("energy")) {
    EnergyPart& e = d.energy.emplace_back();
    node.get("component", e.component);
    node.get("j_per_token", e.joule_per_token);
    node.get("included", e.included);
    node.get("source", e.source);
  }
  d.roofline = parse_roofline(root.object("roofline"));
  for (const Node& node : root.list("steps")) {
    Step& s = d.steps.emplace_back();
    node.get("name", s.name);
    node.get("seconds", s.seconds);
    node.get("result", s.result);
  }
  return d;
}

Document read_document(const std::string& directory) {
  const std::string summary = directory + "/summary.json", details = directory + "/details.json";
  const Json summary_json = read_json(summary);
  return parse_document(summary_json, summary, read_json(details), details);
}

}  // namespace lutra::report
