#include "sim/cost/sta.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "isa/error.h"
#include "isa/file.h"
#include "isa/sha256.h"
#include "sim/cost/sram.h"
#include "sim/process/process.h"

namespace lutra::cost {
namespace {

/// Constraints, the worst path, and the search for the best period; %NAME% are filled in. OpenSTA knows no exit code, so success is a last
/// line.
constexpr const char* kScript = R"tcl(
read_liberty cells.lib
%READ_SRAM%
read_verilog netlist.v
link_design %TOP%
set inputs {}
foreach p [all_inputs] { if {[get_full_name $p] ne "clk_i"} { lappend inputs $p } }
proc constrain {period} {
  global inputs
  create_clock -name clk -period $period [get_ports clk_i]
  set_input_delay [expr $period * %SHARE%] -clock clk $inputs
  set_output_delay [expr $period * %SHARE%] -clock clk [all_outputs]
}
set_driving_cell -lib_cell %DRIVER% $inputs
set_load %LOAD% [all_outputs]
constrain %PERIOD%
puts "lutra_slack [worst_slack]"
report_checks -path_delay max -format full -digits 6
puts "lutra_path_end"
set period %PERIOD%
for {set i 0} {$i < 12} {incr i} {
  set slack [worst_slack]
  if {abs($slack) < $period * 1e-4} { break }
  set period [expr $period - $slack]
  constrain $period
}
puts "lutra_best $period"
puts "lutra_done"
)tcl";

void replace(std::string& text, const std::string& key, const std::string& value) {
  for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + value.size()))
    text.replace(at, key.size(), value);
}

const LibraryPin& input_of(const LibraryCell& cell) { return cell.pins[0].output ? cell.pins[1] : cell.pins[0]; }

/// What drives the input ports: a buffer of middle size.
std::string driving_cell(const Library& library) {
  const std::vector<const LibraryCell*> buffers = library.buffers();
  return buffers[buffers.size() / 2]->name;
}

std::string script(const Netlist& netlist, const Library& library, const StaRequest& request, bool srams) {
  std::string text = kScript;
  replace(text, "%READ_SRAM%", srams ? "read_liberty sram.lib" : "");
  replace(text, "%TOP%", netlist.top);
  replace(text, "%SHARE%", fmt::format("{}", kBoundaryShare));
  replace(text, "%DRIVER%", driving_cell(library));
  replace(text, "%LOAD%", fmt::format("{:.6g}", 4 * input_of(*library.inverters().front()).capacitance));
  replace(text, "%PERIOD%", fmt::format("{:.6f}", 1e6 / request.clock_mhz / library.time_ps));
  return text;
}

/// Lines of the report: "   delay   time ^ pin (cell)".
void read_path(const std::vector<std::string>& lines, double scale_ps, CriticalPath& path) {
  double launch = 0;
  for (const std::string& line : lines) {
    if (line.rfind("Startpoint: ", 0) == 0) path.start = line.substr(12, line.find(' ', 12) - 12);
    if (line.rfind("Endpoint: ", 0) == 0) path.end = line.substr(10, line.find(' ', 10) - 10);
    std::istringstream words(line);
    double delay = 0, time = 0;
    std::string edge, pin, cell;
    if (line.find("data arrival time") != std::string::npos) {
      words >> time;
      path.delay_ps = time * scale_ps - launch;
      return;
    }
    if (!(words >> delay >> time >> edge >> pin >> cell) || (edge != "^" && edge != "v") || cell.size() < 2 || cell.front() != '(')
      continue;
    path.steps.push_back({pin, cell.substr(1, cell.size() - 2), delay * scale_ps, time * scale_ps});
  }
}

[[noreturn]] void refuse(const std::string& what, const std::string& output) {
  const std::size_t keep = output.size() > 2000 ? output.size() - 2000 : 0;
  throw Error(fmt::format("OpenSTA: {}:\n{}", what, output.substr(keep)), {}, Error::Kind::kCheckFailed);
}

StaResult parse(const std::string& output, double scale_ps) {
  StaResult result;
  std::istringstream stream(output);
  std::vector<std::string> path;
  bool in_path = false;
  bool done = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("Error:", 0) == 0) refuse(line, output);
    std::istringstream words(line);
    std::string key;
    words >> key;
    double value = 0;
    if (key == "lutra_slack" && words >> value)
      result.worst_slack_ps = value * scale_ps, in_path = true;
    else if (key == "lutra_best" && words >> value)
      result.best_clock_mhz = 1e6 / (value * scale_ps);
    else if (key == "lutra_path_end")
      in_path = false;
    else if (key == "lutra_done")
      done = true;
    else if (in_path)
      path.push_back(line);
  }
  if (!done) refuse("it did not finish", output);
  read_path(path, scale_ps, result.critical);
  if (result.critical.end.empty()) refuse("it found no timing path", output);
  return result;
}

}  // namespace

StaResult analyse_timing(const Netlist& netlist, const std::string& verilog, const Library& library, const StaRequest& request) {
  const std::vector<SramMacro> srams = find_srams(netlist);
  std::vector<std::string> used = netlist.cells_used();
  if (const std::string driver = driving_cell(library); std::find(used.begin(), used.end(), driver) == used.end()) used.push_back(driver);
  const std::string cells = timing_liberty(library, used);
  const double pin_pf = 4 * input_of(*library.inverters().front()).capacitance * library.capacitance_ff / 1000;
  const std::string macros = srams.empty() ? "" : sram_liberty(srams, netlist, request.node_nm, pin_pf);
  const std::string tcl = script(netlist, library, request, !srams.empty());
  const std::string root = (request.cache.empty() ? cache_directory() : request.cache) + "/sta";
  const std::string target = root + "/" + sha256_hex(sha256_hex(verilog) + sha256_hex(cells) + sha256_hex(macros) + tcl).substr(0, 32);
  if (std::filesystem::exists(target + "/report.txt")) return parse(read_file(target + "/report.txt"), library.time_ps);
  ScratchDirectory work(root);
  write_file_atomically(work.path() + "/cells.lib", cells);
  if (!srams.empty()) write_file_atomically(work.path() + "/sram.lib", macros);
  write_file_atomically(work.path() + "/netlist.v", verilog);
  write_file_atomically(work.path() + "/sta.tcl", tcl);
  const std::string report = run_checked("timing analysis", {"sta", "-no_init", "-no_splash", "-exit", "sta.tcl"}, work.path());
  StaResult result = parse(report, library.time_ps);
  write_file_atomically(work.path() + "/report.txt", report);
  std::filesystem::remove(work.path() + "/cells.lib");
  work.publish(target);
  return result;
}

}  // namespace lutra::cost
