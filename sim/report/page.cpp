// Fills the page template section by section.
#include "sim/report/page.h"

#include <fmt/format.h>

#include "sim/report/charts.h"
#include "sim/report/format.h"
#include "sim/report/page_files.h"

namespace lutra::report {
namespace {

std::string tile(const std::string& value, const std::string& name, const std::string& detail) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span><small>{}</small></div>\n", value, escape(name), escape(detail));
}

std::string tiles(const Document& d) {
  const Summary& s = d.summary;
  std::string missing;
  for (const EnergyPart& e : d.energy)
    if (!e.included) missing += (missing.empty() ? "" : ", ") + e.component;
  return tile(significant(s.tokens_per_s), "tokens/s, decode",
              fmt::format("projections alone {}", significant(s.tokens_per_s_projections))) +
         tile(si(s.energy_j_per_token, "J"), "energy a token", missing.empty() ? "decode; parts below" : "decode; without " + missing) +
         tile(si(s.prefill_s, "s"), "prefill", "whole model") +
         tile(fmt::format("{} mm²", significant(s.area_um2 / 1e6)), "area", fmt::format("{}, {}", s.boundary, s.library)) +
         tile(fmt::format("{} MHz", significant(s.clock_mhz)), "clock", fmt::format("worst slack {} ps", significant(s.worst_slack_ps))) +
         tile(significant(s.tops_per_mm2), "TOPS/mm²", "peak, full weight width") +
         tile(significant(s.tops_per_w), "TOPS/W", s.tops_per_w_basis);
}

std::string verdict(const Summary& s) {
  const std::string cosim =
      s.agrees()
          ? fmt::format("RTL and model agree: {} programs, {} multiply-accumulates, 0 bits and 0 cycles apart.", s.programs, si(s.macs))
          : fmt::format("RTL and model differ: {} bits, {} cycles.", s.mismatched_bits, s.cycle_difference);
  const std::string clock =
      s.meets_clock() ? fmt::format("The clock of {} MHz is met.", significant(s.clock_mhz))
                      : fmt::format("The clock of {} MHz is missed by {} ps.", significant(s.clock_mhz), significant(-s.worst_slack_ps));
  const bool good = s.agrees() && s.meets_clock();
  return fmt::format("<p class=\"verdict {}\"><b>{}</b> {} {}</p>\n", good ? "good" : "bad", good ? "✓" : "✗", cosim, clock);
}

double phase_seconds(const Document& d, const std::string& phase) {
  double total = 0;
  for (const Operator& o : d.operators) total += o.phase == phase ? o.seconds : 0;
  return total;
}

std::string time_chart(const Document& d, const std::string& phase) {
  std::vector<Bar> bars;
  for (const Operator& o : d.operators) {
    if (o.phase == phase) bars.push_back({o.name, o.seconds, si(o.seconds, "s"), o.on_core ? "core" : "host"});
  }
  if (bars.empty()) return "";
  return fmt::format("<h3>{}: {}</h3>\n", escape(phase), si(phase_seconds(d, phase), "s")) + bar_chart(std::move(bars), 16);
}

std::string area_chart(const Document& d) {
  std::vector<Bar> bars;
  for (const AreaBlock& a : d.area) {
    const std::string power = a.power_mw > 0 ? fmt::format(", {}", si(a.power_mw / 1000, "W")) : "";
    bars.push_back({a.block, a.area_um2, fmt::format("{} mm²{}", significant(a.area_um2 / 1e6), power), "area"});
  }
  return bar_chart(std::move(bars), 14);
}

std::string energy_chart(const Document& d) {
  std::vector<Bar> bars;
  for (const EnergyPart& e : d.energy)
    if (e.included) bars.push_back({e.component, e.joule_per_token, si(e.joule_per_token, "J"), "energy"});
  std::string out = bar_chart(std::move(bars), 12) + "<ul class=\"small\">\n";
  for (const EnergyPart& e : d.energy) {
    const std::string outside = e.included ? "" : fmt::format(" (not counted, {})", si(e.joule_per_token, "J"));
    out += fmt::format("<li>{}{}: {}</li>\n", escape(e.component), outside, escape(e.source));
  }
  return out + "</ul>\n";
}

std::string row(const std::vector<std::string>& cells, const char* tag = "td") {
  std::string out = "<tr>";
  for (const std::string& cell : cells) out += fmt::format("<{0}>{1}</{0}>", tag, cell);
  return out + "</tr>\n";
}

std::string table(const std::vector<std::string>& head, const std::string& rows, const char* numeric_from) {
  return fmt::format("<div class=\"scroll\"><table class=\"from{}\"><thead>{}</thead><tbody>\n{}</tbody></table></div>\n", numeric_from,
                     row(head, "th"), rows);
}

std::string cosim_table(const Document& d) {
  std::string rows;
  for (const CosimProgram& p : d.cosim) {
    const bool equal = p.mismatched_bits == 0 && p.cycle_difference == 0;
    rows += row({escape(p.phase + " " + p.name), escape(p.shape), si(p.macs), grouped(p.rtl_cycles), grouped(p.model_cycles),
                 grouped(p.cycle_difference), grouped(p.mismatched_bits), equal ? "✓" : "✗"});
  }
  return table({"program", "M × N × K", "MACs", "cycles, RTL", "cycles, model", "difference", "bits apart", "equal"}, rows, "3");
}

std::string operator_table(const Document& d) {
  std::string rows;
  for (const Operator& o : d.operators) {
    const double ops_per_byte = o.bytes > 0 ? 2 * o.macs / o.bytes : 0;
    rows += row({escape(o.phase + " " + o.name), o.on_core ? "core" : "not on core", escape(o.shape), escape(o.types), grouped(o.calls),
                 si(o.macs), si(o.bytes, "B"), o.on_core ? grouped(std::llround(o.cycles)) : "–", si(o.seconds, "s"),
                 percent(o.seconds, phase_seconds(d, o.phase)), o.macs > 0 ? significant(ops_per_byte) : "–"});
  }
  return table({"operator", "where", "M × N × K", "types", "calls", "MACs", "bytes", "cycles", "time", "share", "op/byte"}, rows, "5");
}

std::string notes_list(const Document& d) {
  std::string out = "<ul>\n";
  for (const auto& [what, why] : d.notes) out += fmt::format("<li><b>{}</b>: {}</li>\n", escape(what), escape(why));
  std::string off;
  for (const std::string& name : d.summary.not_on_core) off += (off.empty() ? "" : ", ") + escape(name);
  if (!off.empty()) out += fmt::format("<li><b>Not on the core</b>, counted as bytes over bandwidth: {}</li>\n", off);
  return out + "</ul>\n";
}

std::string provenance(const Document& d) {
  const Summary& s = d.summary;
  const std::string rows =
      row({"lutra", escape(s.lutra_version)}) + row({"command", "<code>" + escape(d.command) + "</code>"}) +
      row({"made", escape(d.created)}) + row({"model", escape(s.model)}) +
      row({"configuration", escape(d.arch_name + ": " + d.arch_description)}) + row({"config_hash", escape(s.config_hash)}) +
      row({"seed", fmt::format("{}", s.seed)}) + row({"library", escape(s.library)}) + row({"boundary", escape(s.boundary)}) +
      row({"clock", fmt::format("{} MHz", significant(s.clock_mhz))}) + row({"layout", "none: cell area, ideal clock tree"});
  return table({"what", "value"}, rows, "9");
}

std::string steps_table(const Document& d) {
  std::string rows;
  for (const Step& s : d.steps) rows += row({escape(s.name), escape(s.result), si(s.seconds, "s")});
  return table({"step", "result", "took"}, rows, "3");
}

}  // namespace

std::string render_page(const Document& d) {
  const Slots slots = {
      {"style", std::string(page_file("page.css"))},
      {"title", escape(d.summary.model + " on " + d.arch_name)},
      {"verdict", verdict(d.summary)},
      {"tiles", tiles(d)},
      {"time_decode", time_chart(d, "decode")},
      {"time_prefill", time_chart(d, "prefill")},
      {"area", area_chart(d)},
      {"energy", energy_chart(d)},
      {"roofline", roofline_chart(d.roofline)},
      {"cosim", cosim_table(d)},
      {"operators", operator_table(d)},
      {"notes", notes_list(d)},
      {"provenance", provenance(d)},
      {"yaml", escape(d.arch_yaml)},
      {"steps", steps_table(d)},
  };
  return fill(page_file("page.html"), slots);
}

}  // namespace lutra::report
