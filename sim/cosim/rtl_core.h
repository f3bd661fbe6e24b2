// The Verilated core with its memory and its host.
#pragma once

#include <functional>
#include <memory>

#include "isa/arch_config.h"
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

  /// Processes one edge.
  void step();
  /// The edge that comes next; edges below it are done.
  [[nodiscard]] model::Cycle now() const { return now_; }
  [[nodiscard]] bool finished() const { return host_.finished(); }
  [[nodiscard]] const model::Host& host() const { return host_; }
  [[nodiscard]] model::Host& host() { return host_; }

 private:
  void reset();
  void drive_memory();
  void sample_memory();
  void log_axi();
  void log_trace();

  int bus_bytes_;
  std::unique_ptr<VerilatedModule> module_;
  memory::AxiSlave slave_;
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
