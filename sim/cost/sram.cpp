#include "sim/cost/sram.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>

#include "isa/error.h"
#include "sim/cost/synth.h"

namespace lutra::cost {

const char* const kSramProvenance =
    "CACTI 7 runs at 22 and 45 nm (32-byte port, ITRS-HP, 360 K), 1 to 256 KiB; log-log in size and node, energy proportional to row "
    "width, write energy equal to read; "
    "leakage not in the table and not included";

namespace {

struct Row {
  double node_nm, bytes, access_ns, read_pj;
};
struct AreaRow {
  double node_nm, bytes, area_um2;
};

constexpr double kPortBits = 256;
constexpr Row kRows[2][4] = {{{22, 1024, 0.080, 1.83}, {22, 4096, 0.104, 2.17}, {22, 32768, 0.220, 6.62}, {22, 262144, 0.561, 25.4}},
                             {{45, 1024, 0.193, 6.92}, {45, 4096, 0.235, 7.89}, {45, 32768, 0.408, 21.7}, {45, 262144, 1.007, 86.7}}};
constexpr AreaRow kAreas[2][2] = {{{22, 32768, 193e0 * 128e0}, {22, 262144, 776e0 * 316e0}},
                                  {{45, 32768, 394e0 * 263e0}, {45, 262144, 1465e0 * 598e0}}};

/// The line through two points in logarithms, at x.
double log_line(double x, double x0, double y0, double x1, double y1) {
  const double t = (std::log(x) - std::log(x0)) / (std::log(x1) - std::log(x0));
  return std::exp(std::log(y0) + t * (std::log(y1) - std::log(y0)));
}

/// Interpolates in size within one node's rows, picked by `value`.
double in_size(const Row (&rows)[4], double bytes, double Row::*value) {
  int i = 0;
  while (i < 2 && bytes > rows[i + 1].bytes) ++i;
  return log_line(bytes, rows[i].bytes, rows[i].*value, rows[i + 1].bytes, rows[i + 1].*value);
}

double at_node(double node_nm, double at22, double at45) { return log_line(node_nm, 22, at22, 45, at45); }

}  // namespace

SramFigures sram_figures(const SramMacro& macro, double node_nm) {
  if (!(node_nm > 0))
    throw Error(
        "the library's process node is not known, so SRAM macros cannot be priced; give it with --node-nm, or choose a boundary without "
        "SRAM");
  const double bytes = macro.bytes();
  const auto value = [&](double Row::*v) { return at_node(node_nm, in_size(kRows[0], bytes, v), in_size(kRows[1], bytes, v)); };
  const auto area = [&](int node) {
    return log_line(bytes, kAreas[node][0].bytes, kAreas[node][0].area_um2, kAreas[node][1].bytes, kAreas[node][1].area_um2);
  };
  SramFigures f;
  f.area_um2 = at_node(node_nm, area(0), area(1));
  f.access_ns = value(&Row::access_ns);
  f.read_pj = value(&Row::read_pj) * macro.width_bits / kPortBits;
  f.write_pj = f.read_pj;
  // Areas are known from 32 KiB up only, so a smaller macro's area is extrapolated, too.
  f.extrapolated = node_nm < 22 || node_nm > 45 || bytes < 32768 || bytes > 262144;
  return f;
}

std::vector<SramMacro> find_srams(const Netlist& netlist) {
  std::map<std::string, int> count;
  const std::function<void(const std::string&)> visit = [&](const std::string& name) {
    const NetModule& m = netlist.modules.at(name);
    if (m.black_box) ++count[name];
    for (const Instance& i : m.instances)
      if (i.cell == nullptr) visit(i.type);
  };
  visit(netlist.top);
  std::vector<SramMacro> macros;
  for (const auto& [name, instances] : count) {
    const NetModule& m = netlist.modules.at(name);
    const ModulePort* data = m.port("wdata_i");
    const ModulePort* enable = m.port("we_i");
    const auto depth = m.parameters.find("DEPTH");
    if (m.source_name != kSramModule || data == nullptr || enable == nullptr || depth == m.parameters.end())
      throw Error(fmt::format("{} is a black box but not an SRAM wrapper", m.source_name), {}, Error::Kind::kCheckFailed);
    macros.push_back({name, depth->second, static_cast<int>(data->nets.size()), static_cast<int>(enable->nets.size()), instances});
  }
  return macros;
}

namespace {

std::string scalar(const char* name, double value) { return fmt::format("        {} (scalar) {{ values (\"{:.6f}\"); }}\n", name, value); }

void write_port(const ModulePort& port, const SramFigures& f, double pin_pf, std::string& out) {
  const bool bus = port.nets.size() > 1;
  const bool clock = port.name == "clk_i";
  out += fmt::format("    {} ({}) {{\n", bus ? "bus" : "pin", port.name);
  if (bus) out += fmt::format("      bus_type : bits{};\n", port.nets.size());
  out += fmt::format("      direction : {};\n", port.output ? "output" : "input");
  if (clock) out += "      clock : true;\n";
  if (!port.output) out += fmt::format("      capacitance : {:.6f};\n", pin_pf);
  if (!clock) {
    out += fmt::format("      timing () {{\n        related_pin : \"clk_i\";\n        timing_type : {};\n",
                       port.output ? "rising_edge" : "setup_rising");
    for (const char* name :
         port.output ? std::vector<const char*>{"cell_rise", "cell_fall"} : std::vector<const char*>{"rise_constraint", "fall_constraint"})
      out += scalar(name, port.output ? f.access_ns : f.access_ns / 5);
    if (port.output) out += scalar("rise_transition", f.access_ns / 5) + scalar("fall_transition", f.access_ns / 5);
    out += "      }\n";
  }
  out += "    }\n";
}

}  // namespace

std::string sram_liberty(const std::vector<SramMacro>& macros, const Netlist& netlist, double node_nm, double pin_pf) {
  std::string out =
      "library (lutra_sram_macros) {\n  delay_model : table_lookup;\n  time_unit : \"1ns\";\n  voltage_unit : \"1V\";\n  current_unit : "
      "\"1mA\";\n"
      "  leakage_power_unit : \"1nW\";\n  pulling_resistance_unit : \"1kohm\";\n  capacitive_load_unit (1, pf);\n"
      "  input_threshold_pct_rise : 50;\n  input_threshold_pct_fall : 50;\n  output_threshold_pct_rise : 50;\n  output_threshold_pct_fall "
      ": 50;\n"
      "  slew_lower_threshold_pct_rise : 20;\n  slew_lower_threshold_pct_fall : 20;\n  slew_upper_threshold_pct_rise : 80;\n  "
      "slew_upper_threshold_pct_fall : 80;\n";
  std::map<std::size_t, bool> widths;
  for (const SramMacro& macro : macros)
    for (const ModulePort& p : netlist.modules.at(macro.module).ports)
      if (p.nets.size() > 1 && !widths[p.nets.size()]) {
        widths[p.nets.size()] = true;
        out += fmt::format(
            "  type (bits{}) {{ base_type : array; data_type : bit; bit_width : {}; bit_from : {}; bit_to : 0; downto : true; }}\n",
            p.nets.size(), p.nets.size(), p.nets.size() - 1);
      }
  for (const SramMacro& macro : macros) {
    out += fmt::format("  cell ({}) {{\n    area : 0;\n", macro.module);
    for (const ModulePort& p : netlist.modules.at(macro.module).ports) write_port(p, sram_figures(macro, node_nm), pin_pf, out);
    out += "  }\n";
  }
  return out + "}\n";
}

}  // namespace lutra::cost
