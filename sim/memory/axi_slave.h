// Puts a Memory behind the AXI pins of a Verilated core: per edge it gives the core's inputs and takes the core's outputs.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/memory/memory.h"

namespace lutra::memory {

/// The core's AXI outputs as sampled at an edge. Data and strobes are little-endian bytes of bus width (strobes: one bit a byte).
struct AxiMasterOutputs {
  bool arvalid = false;
  std::uint64_t araddr = 0;
  int arlen = 0;  // beats - 1
  bool awvalid = false;
  std::uint64_t awaddr = 0;
  int awlen = 0;
  bool wvalid = false;
  const std::uint8_t* wdata = nullptr;
  const std::uint8_t* wstrb = nullptr;
  bool wlast = false;
};

/// The core's AXI inputs as presented at an edge. rready and bready are taken as always high.
struct AxiMasterInputs {
  bool arready = false;
  bool rvalid = false;
  std::vector<std::uint8_t> rdata;  // bus width; zeros while rvalid is low
  int rresp = 0;
  bool rlast = false;
  bool awready = false;
  bool wready = false;
  bool bvalid = false;
  int bresp = 0;
};

/// Use per edge t = 0, 1, ...: `in = present(t)`, drive the core's pins, let combinational logic settle, sample the core's outputs,
/// `clock(out)`.
class AxiSlave {
 public:
  explicit AxiSlave(Memory& memory);

  /// Inputs of the core at edge `now`; they depend on earlier edges only. Call once an edge, in order.
  const AxiMasterInputs& present(Cycle now);
  /// Takes the handshakes of the edge last presented.
  void clock(const AxiMasterOutputs& outputs);

 private:
  Memory& memory_;
  Cycle now_ = -1;
  AxiMasterInputs inputs_;
};

}  // namespace lutra::memory
