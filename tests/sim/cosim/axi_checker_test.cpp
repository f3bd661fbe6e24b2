// Each rule of the protocol checker, broken once.
#include "sim/cosim/axi_checker.h"

#include <array>
#include <catch2/catch.hpp>

#include "isa/error.h"

namespace lutra::test {
namespace {

using cosim::AxiChecker;
using memory::AxiMasterInputs;
using memory::AxiMasterOutputs;

const std::array<std::uint8_t, 8> kData = {1, 2, 3, 4, 5, 6, 7, 8}, kOther = {1, 2, 3, 4, 5, 6, 7, 9};
const std::uint8_t kAll = 0xFF, kLow = 0x7F;

struct Bus {
  AxiChecker checker;
  model::Cycle now = 0;
  AxiMasterOutputs out;
  AxiMasterInputs in;
  Bus() : checker(limits()) {
    out.wdata = kData.data();
    out.wstrb = &kAll;
  }
  static cosim::AxiLimits limits() {
    cosim::AxiLimits narrow;
    narrow.max_burst_beats = 4;
    narrow.outstanding_reads = narrow.outstanding_writes = 1;
    return narrow;
  }
  void edge() { checker.check(now++, out, in); }
  Bus& read(std::uint64_t address, int len, bool ready) {
    out.arvalid = true, out.araddr = address, out.arlen = len, in.arready = ready;
    return *this;
  }
  Bus& write(std::uint64_t address, int len, bool ready) {
    out.awvalid = true, out.awaddr = address, out.awlen = len, in.awready = ready;
    return *this;
  }
  Bus& data(const std::uint8_t* bytes, bool last, bool ready) {
    out.wvalid = true, out.wdata = bytes, out.wlast = last, in.wready = ready;
    return *this;
  }
};

}  // namespace

TEST_CASE("the AXI checker takes a burst of reads and of writes that wait") {
  Bus bus;
  bus.read(0x1000, 3, false).edge();
  bus.read(0x1000, 3, true).edge();
  bus.out.arvalid = false;
  bus.write(0x1FF0, 1, true).edge();
  bus.out.awvalid = false;
  bus.data(kData.data(), false, true).edge();
  bus.data(kOther.data(), true, false).edge();
  bus.data(kOther.data(), true, true).edge();
  CHECK(bus.checker.handshakes() == 4);
}

TEST_CASE("the AXI checker names address bursts that are too long, cross 4 KB, or are not at a beat") {
  CHECK_THROWS_WITH(Bus().read(0x1000, 4, true).edge(), Catch::Contains("burst of 5 beats; allowed: 4"));
  CHECK_THROWS_WITH(Bus().write(0x1FF8, 1, true).edge(), Catch::Contains("crosses 4 KB"));
  CHECK_THROWS_WITH(Bus().write(0x1004, 0, true).edge(), Catch::Contains("not that of a beat"));
}

TEST_CASE("the AXI checker names what does not wait for its ready") {
  Bus gone;
  gone.read(0x1000, 0, false).edge();
  gone.out.arvalid = false;
  CHECK_THROWS_WITH(gone.edge(), Catch::Contains("cycle 1") && Catch::Contains("ar valid was taken back"));
  Bus moved;
  moved.write(0x1000, 0, false).edge();
  CHECK_THROWS_WITH(moved.write(0x1008, 0, false).edge(), Catch::Contains("aw changed"));
  Bus changed;
  changed.data(kData.data(), true, false).edge();
  CHECK_THROWS_WITH(changed.data(kOther.data(), true, false).edge(), Catch::Contains("w changed"));
  // Bytes without strobe are arbitrary.
  Bus hidden;
  hidden.out.wstrb = &kLow;
  hidden.data(kData.data(), true, false).edge();
  CHECK_NOTHROW(hidden.data(kOther.data(), true, false).edge());
}

TEST_CASE("the AXI checker names data without address, a wrong last, and too many bursts in flight") {
  CHECK_THROWS_WITH(Bus().data(kData.data(), true, true).edge(), Catch::Contains("before their address"));
  Bus early;
  early.write(0x1000, 1, true).edge();
  early.out.awvalid = false;
  CHECK_THROWS_WITH(early.data(kData.data(), true, true).edge(), Catch::Contains("w last is 1 with 1 beats to come"));
  Bus crowd;
  crowd.read(0x1000, 0, true).edge();
  CHECK_THROWS_WITH(crowd.read(0x2000, 0, true).edge(), Catch::Contains("2 reads in flight; allowed: 1"));
  Bus answered;
  answered.read(0x1000, 0, true).edge();
  answered.out.arvalid = false;
  answered.in.rvalid = answered.in.rlast = true;
  answered.edge();
  answered.in.rvalid = false;
  CHECK_NOTHROW(answered.read(0x2000, 0, true).edge());
}

}  // namespace lutra::test
