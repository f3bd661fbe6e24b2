// Pins of one register access after the other.
#include "sim/cosim/host_driver.h"

namespace lutra::cosim {

using model::Channel;
using model::Cycle;
using model::HostOp;

HostDriver::HostDriver(VerilatedModule& module, model::Host& host, model::EventSink* events)
    : host_(host),
      events_(events),
      awaddr_(module.port("s_axil_awaddr_i")),
      awvalid_(module.port("s_axil_awvalid_i")),
      awready_(module.port("s_axil_awready_o")),
      wdata_(module.port("s_axil_wdata_i")),
      wstrb_(module.port("s_axil_wstrb_i")),
      wvalid_(module.port("s_axil_wvalid_i")),
      wready_(module.port("s_axil_wready_o")),
      bvalid_(module.port("s_axil_bvalid_o")),
      bready_(module.port("s_axil_bready_i")),
      araddr_(module.port("s_axil_araddr_i")),
      arvalid_(module.port("s_axil_arvalid_i")),
      arready_(module.port("s_axil_arready_o")),
      rdata_(module.port("s_axil_rdata_o")),
      rvalid_(module.port("s_axil_rvalid_o")),
      rready_(module.port("s_axil_rready_i")),
      irq_(module.port("irq_o")) {
  wstrb_.set(0xF);
  bready_.set(1);
  rready_.set(1);
}

void HostDriver::present(Cycle now) {
  const HostOp* op = host_.request(now);
  const bool write = op != nullptr && op->kind == HostOp::Kind::kWrite;
  const bool read = op != nullptr && op->kind == HostOp::Kind::kRead;
  if (op != nullptr) op_ = *op;
  awvalid_.set(write && !address_done_ ? 1 : 0);
  wvalid_.set(write && !data_done_ ? 1 : 0);
  arvalid_.set(read ? 1 : 0);
  awaddr_.set(write ? op_.offset & 0xFFFU : 0);
  wdata_.set(write ? op_.data : 0);
  araddr_.set(read ? op_.offset & 0xFFFU : 0);
}

void HostDriver::clock(Cycle now) {
  if (bvalid_.get() != 0) answered(now, 0);
  if (rvalid_.get() != 0) answered(now, static_cast<std::uint32_t>(rdata_.get()));
  if (awvalid_.get() != 0 && awready_.get() != 0) address_done_ = true;
  if (wvalid_.get() != 0 && wready_.get() != 0) data_done_ = true;
  if (arvalid_.get() != 0 && arready_.get() != 0) host_.accepted();
  if (address_done_ && data_done_) {
    host_.accepted();
    address_done_ = data_done_ = false;
  }
  const bool irq = irq_.get() != 0;
  if (irq && !irq_before_ && events_ != nullptr) events_->event({now, Channel::kIrq, 0, 0, 0});
  irq_before_ = irq;
  if (host_.waits_for_irq()) host_.sample_irq(now, irq);
}

void HostDriver::answered(Cycle now, std::uint32_t data) {
  if (events_ != nullptr) events_->event({now, Channel::kLite, op_.offset, data, op_.kind == HostOp::Kind::kWrite ? 1U : 0U});
  host_.answered(now, data);
}

}  // namespace lutra::cosim
