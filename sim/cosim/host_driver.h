// Plays a host script on the AXI4-Lite pins of a Verilated core.
#pragma once

#include "sim/cosim/verilated_module.h"
#include "sim/model/event.h"
#include "sim/model/host.h"

namespace lutra::cosim {

/// Use per edge: present(t), settle, clock(t), edge. Logs responses and the interrupt's rising edges when `events` is given.
class HostDriver {
 public:
  HostDriver(VerilatedModule& module, model::Host& host, model::EventSink* events);

  /// Drives the pins for edge `now`.
  void present(model::Cycle now);
  /// Samples the settled pins at edge `now`.
  void clock(model::Cycle now);

 private:
  void answered(model::Cycle now, std::uint32_t data);

  model::Host& host_;
  model::EventSink* events_;
  PortRef awaddr_, awvalid_, awready_, wdata_, wstrb_, wvalid_, wready_, bvalid_, bready_, araddr_, arvalid_, arready_, rdata_, rvalid_,
      rready_, irq_;
  model::HostOp op_{};
  bool address_done_ = false;
  bool data_done_ = false;
  bool irq_before_ = false;
};

}  // namespace lutra::cosim
