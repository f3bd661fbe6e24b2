// The Verilated core with its memory and its host.
#pragma once

#include <functional>
#include <memory>

#include "isa/arch_config.h"
#include "sim/cosim/axi_checker.h"
#include "sim/cosim/host_driver.h"
#include "sim/cosim/verilated_module.h"
#include "sim/memory/axi_slave.h"
#include "sim/memory/memory.h"
#include "sim/model/event.h"

namespace lutra::cosim {

/// Sees the settled ports in front of every edge, those of the reset included.
using PortObserver = std::function<void(const VerilatedModule&)>;

class RtlCore {
 public:
  /// Generates and builds the core's Verilog (or takes the cached build). `events` may be null.
  RtlCore(const ArchConfig& config, memory::Memory& memory, const model::HostScript& script, model::EventSink* events,
          const BuildOptions& build = {}, PortObserver observer = {});

  /// With a module that has the core's ports in place of the generated one.
  RtlCore(const ArchConfig& config, std::unique_ptr<VerilatedModule> module, memory::Memory& memory, const model::HostScript& script,
          model::EventSink* events, PortObserver observer = {});

  /// Processes one edge. Throws Error (check failed) where the core breaks the rules of AXI (axi_checker.h).
  void step();
  /// From now on the rules of AXI are not looked at: for cores with faults.
  void ignore_protocol() { checks_protocol_ = false; }
  /// The edge that comes next; edges below it are done.
  [[nodiscard]] model::Cycle now() const { return now_; }
  [[nodiscard]] bool finished() const { return host_.finished(); }
  [[nodiscard]] const model::Host& host() const { return host_; }
  [[nodiscard]] model::Host& host() { return host_; }
  /// The module in the state it is in, for another core that resets it. This one can do nothing after.
  [[nodiscard]] std::unique_ptr<VerilatedModule> take_module() { return std::move(module_); }

 private:
  void reset();
  void drive_memory();
  void sample_memory();
  void log_axi();
  void log_trace();

  int bus_bytes_;
  std::unique_ptr<VerilatedModule> module_;
  memory::AxiSlave slave_;
  const memory::AxiMasterInputs* presented_ = nullptr;
  AxiChecker checker_;
  bool checks_protocol_ = true;
  model::Host host_;
  model::EventSink* events_;
  PortObserver observer_;
  HostDriver driver_;
  model::Cycle now_ = 0;

  struct Pins {
    PortRef arvalid, araddr, arlen, arready, rvalid, rdata, rresp, rlast, rready;
    PortRef awvalid, awaddr, awlen, awready, wvalid, wdata, wstrb, wlast, wready, bvalid, bresp, bready;
    PortRef issue_valid, issue_pc, issue_opcode, retire_valid, retire_signal, trap_valid, trap_cause, trap_addr;
  } pins_;
};

}  // namespace lutra::cosim
