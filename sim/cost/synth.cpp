#include "sim/cost/synth.h"

#include <fmt/format.h>

#include <filesystem>

#include "isa/error.h"
#include "isa/file.h"
#include "isa/sha256.h"
#include "sim/cost/full_adder.h"
#include "sim/process/process.h"

namespace lutra::cost {
namespace {

/// Part of the cache key: raise it when the flow below changes.
constexpr const char* kFlowVersion = "4";

/// Smallest for the delay asked; then cells sized up where they are late and down where there is time to spare.
constexpr const char* kAreaMapping =
    "strash;&get,-n;&fraig,-x;&put;scorr;dc2;strash;&get,-n;&dch,-f;&nf,{D};&put;buffer,-c;topo;upsize,{D};dnsize,{D};stime,-p";
/// For delay. Without dc2, which turns carry-lookahead back into ripple chains, half as fast; 5 % (OSU 0.18 um) to 40 % (sky130) larger.
constexpr const char* kDelayMapping = "strash;scorr;ifraig;dch,-f;map,-B,0.9,{D};topo;buffer,-c;topo;upsize,{D};dnsize,{D};stime,-p";

/// What drives inputs and loads outputs of every module while it is mapped.
std::string mapper_constraints(const Library& library) {
  const std::vector<const LibraryCell*> buffers = library.buffers();
  const LibraryCell& driver = *buffers[buffers.size() / 2];
  const LibraryCell& inverter = *library.inverters().front();
  const LibraryPin& pin = inverter.pins[0].output ? inverter.pins[1] : inverter.pins[0];
  return fmt::format("set_driving_cell {}\nset_load {:.6f}\n", driver.name, 8 * pin.capacitance * library.capacitance_ff);
}

std::string yosys_script(const SynthRequest& request) {
  const bool cells = request.full_adder_cells;
  std::string text;
  for (const gen::EmittedFile& f : request.files) text += fmt::format("read_verilog {}\n", f.name);
  text += fmt::format(
      "{0}hierarchy -check -top {1}\nblackbox *{2}*\n{3}"
      "proc\nopt_expr\nopt_clean\ncheck -assert\nopt -nodffe -nosdff\nwreduce\npeepopt\nopt_clean\nalumacc\nopt\nmemory -nomap\nopt_clean\n"
      "opt -fast -full\nmemory_map\nopt -full\n{4}techmap\nopt -fast\ndfflibmap -liberty cells.lib\nopt -fast\n",
      cells ? "read_verilog full_adder_cell.v\n" : "", request.top, kSramModule,
      cells ? fmt::format("techmap -map full_adder_map.v\nhierarchy -check -top {}\n", request.top) : "",
      cells ? "maccmap -unmap\ntechmap -map full_adder_map.v\nopt -fast\n" : "");
  const std::string abc = fmt::format("abc -liberty cells.lib -constr mapper.constr -D {:.0f} -script +", 1e6 / request.clock_mhz);
  // Parametrised modules are called $paramod\\name\\values or $paramod$hash\\name. What the first run mapped is no longer gates, so the
  // second leaves it alone.
  std::string selection;
  for (const std::string& module : request.fast_modules) selection += fmt::format(" {0} $paramod?{0}?* $paramod$*?{0}", module);
  if (!selection.empty()) text += abc + kDelayMapping + selection + "\n";
  return text + abc + kAreaMapping + "\nopt_clean -purge\nwrite_json netlist.json\n";
}

std::string cache_key(const SynthRequest& request, const Library& library, const std::string& script) {
  std::string text = fmt::format("{}\n{}\n{}\n{}\n", kFlowVersion, library.content_hash, library.rules.pattern,
                                 run_checked("yosys version", {"yosys", "-V"}));
  for (const std::string& cell : library.rules.dont_use) text += cell + "\n";
  if (request.full_adder_cells) text += full_adder_map(*find_full_adder(library));
  text += script + mapper_constraints(library) + sha256_hex(synthesis_liberty(library));
  for (const gen::EmittedFile& f : request.files) text += fmt::format("{} {}\n", f.name, sha256_hex(f.text));
  return sha256_hex(text).substr(0, 32);
}

/// The mapped netlist as Yosys wrote it, from the cache or from a run that then goes into the cache.
std::string mapped_json(const SynthRequest& request, const Library& library, bool& from_cache) {
  const auto full_adder = request.full_adder_cells ? find_full_adder(library) : std::nullopt;
  if (request.full_adder_cells && !full_adder) throw Error(fmt::format("library {} has no full-adder cell", library.name));
  const std::string script = yosys_script(request);
  const std::string root = (request.cache.empty() ? cache_directory() : request.cache) + "/synth";
  const std::string target = root + "/" + cache_key(request, library, script);
  const std::string result = target + "/netlist.json";
  from_cache = std::filesystem::exists(result);
  if (from_cache) return read_file(result);
  ScratchDirectory work(root);
  write_file_atomically(work.path() + "/cells.lib", synthesis_liberty(library));
  write_file_atomically(work.path() + "/mapper.constr", mapper_constraints(library));
  write_file_atomically(work.path() + "/synth.ys", script);
  for (const gen::EmittedFile& f : request.files) write_file_atomically(work.path() + "/" + f.name, f.text);
  if (full_adder) {
    write_file_atomically(work.path() + "/full_adder_cell.v", full_adder_black_box(*full_adder));
    write_file_atomically(work.path() + "/full_adder_map.v", full_adder_map(*full_adder));
  }
  run_checked(fmt::format("synthesis of {}", request.top), {"yosys", "-Q", "-q", "-l", "yosys.log", "synth.ys"}, work.path());
  const std::string json = read_file(work.path() + "/netlist.json");
  std::filesystem::remove(work.path() + "/cells.lib");
  work.publish(target);
  return json;
}

AreaNode area_of(const Netlist& netlist, const std::string& module, const std::string& instance) {
  const NetModule& m = netlist.modules.at(module);
  AreaNode node{instance, m.source_name, 0, 0, {}};
  for (const Instance& i : m.instances) {
    if (i.cell != nullptr) {
      node.area_um2 += i.cell->area_um2;
      ++node.cells;
      continue;
    }
    AreaNode child = area_of(netlist, i.type, i.name);
    node.area_um2 += child.area_um2;
    node.cells += child.cells;
    node.children.push_back(std::move(child));
  }
  return node;
}

}  // namespace

SynthResult synthesise(const SynthRequest& request, const Library& library) {
  SynthResult result;
  result.netlist = read_netlist_json(mapped_json(request, library, result.from_cache), library, request.top);
  result.buffering = insert_buffers(result.netlist, library, request.buffering);
  result.verilog = write_netlist_verilog(result.netlist);
  return result;
}

AreaNode area_tree(const Netlist& netlist) { return area_of(netlist, netlist.top, netlist.modules.at(netlist.top).source_name); }

}  // namespace lutra::cost
