// Drives the Verilated core edge by edge and turns its pins into events.
#include "sim/cosim/rtl_core.h"

#include <algorithm>

#include "gen/generator.h"
#include "isa/instruction.h"
#include "sim/memory/beat_hash.h"

namespace lutra::cosim {

using model::Channel;
using model::Cycle;

namespace {

std::unique_ptr<VerilatedModule> build_core(const ArchConfig& config, const BuildOptions& build) {
  const gen::Design design = gen::generate(config);
  return VerilatedModule::build(design.files, design.top, build);
}

}  // namespace

RtlCore::RtlCore(const ArchConfig& config, memory::Memory& memory, const model::HostScript& script, model::EventSink* events,
                 const BuildOptions& build, PortObserver observer)
    : RtlCore(config, build_core(config, build), memory, script, events, std::move(observer)) {}

RtlCore::RtlCore(const ArchConfig& config, std::unique_ptr<VerilatedModule> module, memory::Memory& memory, const model::HostScript& script,
                 model::EventSink* events, PortObserver observer)
    : bus_bytes_(config.axi.data_bits / 8),
      module_(std::move(module)),
      slave_(memory),
      checker_({bus_bytes_, config.axi.max_burst_beats, config.axi.outstanding_reads, config.axi.outstanding_writes}),
      host_(script),
      events_(events),
      observer_(std::move(observer)),
      driver_(*module_, host_, events) {
  const auto port = [&](const char* name) { return module_->port(name); };
  Pins& p = pins_;
  p.arvalid = port("m_axi_arvalid_o"), p.araddr = port("m_axi_araddr_o"), p.arlen = port("m_axi_arlen_o");
  p.arready = port("m_axi_arready_i"), p.rvalid = port("m_axi_rvalid_i"), p.rdata = port("m_axi_rdata_i");
  p.rresp = port("m_axi_rresp_i"), p.rlast = port("m_axi_rlast_i"), p.rready = port("m_axi_rready_o");
  p.awvalid = port("m_axi_awvalid_o"), p.awaddr = port("m_axi_awaddr_o"), p.awlen = port("m_axi_awlen_o");
  p.awready = port("m_axi_awready_i"), p.wvalid = port("m_axi_wvalid_o"), p.wdata = port("m_axi_wdata_o");
  p.wstrb = port("m_axi_wstrb_o"), p.wlast = port("m_axi_wlast_o"), p.wready = port("m_axi_wready_i");
  p.bvalid = port("m_axi_bvalid_i"), p.bresp = port("m_axi_bresp_i"), p.bready = port("m_axi_bready_o");
  p.issue_valid = port("trace_issue_valid_o"), p.issue_pc = port("trace_issue_pc_o"), p.issue_opcode = port("trace_issue_opcode_o");
  p.retire_valid = port("trace_retire_valid_o"), p.retire_signal = port("trace_retire_signal_o");
  p.trap_valid = port("trace_trap_valid_o"), p.trap_cause = port("trace_trap_cause_o"), p.trap_addr = port("trace_trap_addr_o");
  reset();
}

void RtlCore::reset() {
  PortRef released = module_->port("rst_ni");
  released.set(0);
  for (int i = 0; i < 4; ++i) {
    module_->eval();
    if (observer_) observer_(*module_);
    module_->tick();
  }
  released.set(1);
}

void RtlCore::step() {
  drive_memory();
  driver_.present(now_);
  module_->eval();
  if (observer_) observer_(*module_);
  if (events_ != nullptr) {
    log_axi();
    log_trace();
  }
  driver_.clock(now_);
  sample_memory();
  module_->tick();
  ++now_;
}

void RtlCore::drive_memory() {
  const memory::AxiMasterInputs& in = slave_.present(now_);
  presented_ = &in;
  Pins& p = pins_;
  p.arready.set(in.arready ? 1 : 0);
  p.rvalid.set(in.rvalid ? 1 : 0);
  std::copy(in.rdata.begin(), in.rdata.end(), p.rdata.bytes());
  p.rresp.set(static_cast<std::uint64_t>(in.rresp));
  p.rlast.set(in.rlast ? 1 : 0);
  p.awready.set(in.awready ? 1 : 0);
  p.wready.set(in.wready ? 1 : 0);
  p.bvalid.set(in.bvalid ? 1 : 0);
  p.bresp.set(static_cast<std::uint64_t>(in.bresp));
}

void RtlCore::sample_memory() {
  const Pins& p = pins_;
  memory::AxiMasterOutputs out;
  out.arvalid = p.arvalid.get() != 0;
  out.araddr = p.araddr.get();
  out.arlen = static_cast<int>(p.arlen.get());
  out.awvalid = p.awvalid.get() != 0;
  out.awaddr = p.awaddr.get();
  out.awlen = static_cast<int>(p.awlen.get());
  out.wvalid = p.wvalid.get() != 0;
  out.wdata = p.wdata.bytes();
  out.wstrb = p.wstrb.bytes();
  out.wlast = p.wlast.get() != 0;
  if (checks_protocol_) checker_.check(now_, out, *presented_);
  slave_.clock(out);
}

void RtlCore::log_axi() {
  const Pins& p = pins_;
  const auto moved = [](const PortRef& valid, const PortRef& ready) { return valid.get() != 0 && ready.get() != 0; };
  if (moved(p.arvalid, p.arready)) events_->event({now_, Channel::kAr, p.araddr.get(), p.arlen.get(), 0});
  if (moved(p.rvalid, p.rready))
    events_->event({now_, Channel::kR, memory::beat_hash(p.rdata.bytes(), bus_bytes_), p.rresp.get() << 1 | p.rlast.get(), 0});
  if (moved(p.awvalid, p.awready)) events_->event({now_, Channel::kAw, p.awaddr.get(), p.awlen.get(), 0});
  if (moved(p.wvalid, p.wready))
    events_->event({now_, Channel::kW, memory::beat_hash(p.wdata.bytes(), p.wstrb.bytes(), bus_bytes_),
                    memory::strobe_hash(p.wstrb.bytes(), bus_bytes_, p.wlast.get() != 0), 0});
  if (moved(p.bvalid, p.bready)) events_->event({now_, Channel::kB, 0, p.bresp.get(), 0});
}

void RtlCore::log_trace() {
  const Pins& p = pins_;
  if (p.issue_valid.get() != 0) events_->event({now_, Channel::kIssue, p.issue_pc.get(), p.issue_opcode.get(), 0});
  const std::uint64_t retired = p.retire_valid.get(), signals = p.retire_signal.get();
  for (std::uint64_t unit = 0; unit < kUnits; ++unit)
    if ((retired >> unit & 1) != 0) events_->event({now_, Channel::kRetire, unit, signals >> (8 * unit) & 0xFF, 0});
  if (p.trap_valid.get() != 0) events_->event({now_, Channel::kTrap, p.trap_cause.get(), p.trap_addr.get(), 0});
}

}  // namespace lutra::cosim
