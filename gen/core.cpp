// Instantiates the blocks of a core and connects them by name.
#include "gen/core.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "gen/csr.h"
#include "gen/netlist.h"

namespace lutra::gen {
namespace {

constexpr const char* kBlocks[] = {"csr",     "control",       "semaphores", "load_unit", "store_unit",
                                   "buffers", "table_builder", "array",      "scale_unit"};

const std::string& text_of(const std::vector<EmittedFile>& files, const std::string& module) {
  for (const EmittedFile& f : files)
    if (f.name == module + ".v") return f.text;
  throw std::logic_error("no file for " + module);
}

// What only the trace ports look at.
const std::vector<std::string> kTraced = {"executed_pc", "executed_opcode", "trap_taken", "trap_taken_cause", "trap_taken_addr"};

std::vector<Port> trace_ports(const ArchConfig& config) {
  return {{true, 1, "trace_issue_valid_o", "control executes an instruction"},
          {true, pc_bits(config), "trace_issue_pc_o", "its index"},
          {true, 8, "trace_issue_opcode_o", "its opcode"},
          {true, 4, "trace_retire_valid_o", "units that retire a command: load, store, build, array"},
          {true, 32, "trace_retire_signal_o", "the semaphores each increments"},
          {true, 1, "trace_trap_valid_o", "a trap is taken"},
          {true, 4, "trace_trap_cause_o", "its cause"},
          {true, kRegisterBits, "trace_trap_addr_o", "its memory address"}};
}

constexpr const char* kTrace = R"(
  wire unused = &{1'b0, m_axi_rid_i, m_axi_bid_i};
  assign trace_issue_valid_o = executed;
  assign trace_issue_pc_o = executed_pc;
  assign trace_issue_opcode_o = executed_opcode;
  assign trace_retire_valid_o = {array_done_valid, build_done_valid, store_done_valid, load_done_valid};
  assign trace_retire_signal_o = {array_done_signal, build_done_signal, store_done_signal, load_done_signal};
  assign trace_trap_valid_o = trap_taken;
  assign trace_trap_cause_o = trap_taken_cause;
  assign trace_trap_addr_o = trap_taken_addr;
)";

}  // namespace

std::string emit_core(const ArchConfig& config, const Geometry&, const std::vector<EmittedFile>& blocks) {
  Netlist netlist;
  std::vector<std::string> nets;
  for (const char* block : kBlocks) {
    const std::string module = std::string("lutra_") + block;
    const std::string& text = text_of(blocks, module);
    netlist.add(module, std::string("u_") + block, text);
    for (const Port& p : ports_of(text, module)) {
      const bool outside = p.name.rfind("m_axi_", 0) == 0 || p.name.rfind("s_axil_", 0) == 0 || p.name == "irq_o";
      if (!outside) continue;
      const std::string net = p.name.substr(0, p.name.size() - 2);
      netlist.expose(net, net);
    }
  }
  std::vector<Port> ports = netlist.ports();
  ports.push_back({false, 1, "m_axi_rid_i", "read data: identifier; all bursts have 0"});
  ports.push_back({false, 1, "m_axi_bid_i", "write response: identifier; all bursts have 0"});
  for (const Port& p : trace_ports(config)) ports.push_back(p);
  return module_text("A LUT Tensor Core: command processor, buffers, table builder, LUT array, scale unit and memory units.", "lutra_core",
                     ports, netlist.text(kTraced) + kTrace);
}

}  // namespace lutra::gen
