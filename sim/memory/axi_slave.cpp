#include "sim/memory/axi_slave.h"

#include <algorithm>

namespace lutra::memory {

AxiSlave::AxiSlave(Memory& memory) : memory_(memory) { inputs_.rdata.resize(static_cast<std::size_t>(memory.bus_bytes())); }

const AxiMasterInputs& AxiSlave::present(Cycle now) {
  now_ = now;
  inputs_.arready = memory_.ar_ready_from(now) == now;
  inputs_.awready = memory_.aw_ready(now);
  inputs_.bvalid = memory_.next_b(now) == now;
  inputs_.bresp = inputs_.bvalid ? static_cast<int>(memory_.take_b(now)) : 0;
  inputs_.rvalid = memory_.next_read(now) == now;
  if (inputs_.rvalid) {
    const Memory::ReadBeat beat = memory_.take_read(now);
    memory_.read_data(beat.address, inputs_.rdata.data(), memory_.bus_bytes());
    inputs_.rresp = static_cast<int>(beat.response);
    inputs_.rlast = beat.last;
  } else {
    std::fill(inputs_.rdata.begin(), inputs_.rdata.end(), std::uint8_t{0});
    inputs_.rresp = 0;
    inputs_.rlast = false;
  }
  inputs_.wready = memory_.w_ready(now);
  return inputs_;
}

void AxiSlave::clock(const AxiMasterOutputs& outputs) {
  if (outputs.arvalid && inputs_.arready) memory_.accept_read(now_, outputs.araddr, outputs.arlen + 1);
  if (outputs.wvalid && inputs_.wready) memory_.take_write(now_, outputs.wdata, outputs.wstrb, outputs.wlast);
  if (outputs.awvalid && inputs_.awready) memory_.accept_write(now_, outputs.awaddr, outputs.awlen + 1);
}

}  // namespace lutra::memory
