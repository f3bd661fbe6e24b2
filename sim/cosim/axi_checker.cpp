// The rules, channel by channel.
#include "sim/cosim/axi_checker.h"

#include <fmt/format.h>

#include "isa/error.h"

namespace lutra::cosim {

using memory::AxiMasterInputs;
using memory::AxiMasterOutputs;

constexpr std::uint64_t kPageBytes = 4096;

void AxiChecker::violated(const std::string& rule) const {
  throw Error(fmt::format("AXI protocol broken at cycle {}: {}", now_, rule), {}, Error::Kind::kCheckFailed);
}

/// Strobes, the bytes they cover (others are arbitrary), last.
std::vector<std::uint8_t> AxiChecker::payload(const AxiMasterOutputs& out) const {
  std::vector<std::uint8_t> bytes(out.wstrb, out.wstrb + (limits_.bus_bytes + 7) / 8);
  for (int i = 0; i < limits_.bus_bytes; ++i) bytes.push_back((out.wstrb[i / 8] >> (i % 8) & 1) != 0 ? out.wdata[i] : std::uint8_t{0});
  bytes.push_back(out.wlast ? 1 : 0);
  return bytes;
}

void AxiChecker::check_address(const char* channel, Address& held, bool valid, bool ready, const Address& now) {
  if (held.waits && !valid) violated(fmt::format("{} valid was taken back before its ready", channel));
  if (held.waits && (held.address != now.address || held.len != now.len))
    violated(fmt::format("{} changed while it waited: {:#x} x {} became {:#x} x {}", channel, held.address, held.len + 1, now.address,
                         now.len + 1));
  if (valid) {
    const auto bytes = static_cast<std::uint64_t>(limits_.bus_bytes);
    if (now.address % bytes != 0) violated(fmt::format("{} address {:#x} is not that of a beat", channel, now.address));
    if (now.len + 1 > limits_.max_burst_beats)
      violated(fmt::format("{} burst of {} beats; allowed: {}", channel, now.len + 1, limits_.max_burst_beats));
    if (now.address % kPageBytes + static_cast<std::uint64_t>(now.len + 1) * bytes > kPageBytes)
      violated(fmt::format("{} burst of {} beats at {:#x} crosses 4 KB", channel, now.len + 1, now.address));
  }
  held = now;
  held.waits = valid && !ready;
}

void AxiChecker::check_data(const AxiMasterOutputs& out, bool ready) {
  if (w_waits_ && !out.wvalid) violated("w valid was taken back before its ready");
  if (!out.wvalid) return;
  std::vector<std::uint8_t> now = payload(out);
  if (w_waits_ && now != w_) violated("w changed while it waited");
  w_ = std::move(now);
  w_waits_ = !ready;
  if (!ready) return;
  if (write_beats_.empty()) violated("w data before their address");
  if (out.wlast != (write_beats_.front() == 1))
    violated(fmt::format("w last is {} with {} beats to come", out.wlast ? 1 : 0, write_beats_.front() - 1));
  if (--write_beats_.front() == 0) write_beats_.pop_front();
  ++handshakes_;
}

void AxiChecker::count(const AxiMasterOutputs& out, const AxiMasterInputs& in) {
  // A response frees its place at the edge at which it comes.
  if (in.rvalid && in.rlast) --reads_;
  if (in.bvalid) --writes_;
  if (out.arvalid && in.arready) {
    ++handshakes_;
    if (++reads_ > limits_.outstanding_reads) violated(fmt::format("{} reads in flight; allowed: {}", reads_, limits_.outstanding_reads));
  }
  if (out.awvalid && in.awready) {
    ++handshakes_;
    write_beats_.push_back(out.awlen + 1);
    if (++writes_ > limits_.outstanding_writes)
      violated(fmt::format("{} writes in flight; allowed: {}", writes_, limits_.outstanding_writes));
  }
}

void AxiChecker::check(model::Cycle now, const AxiMasterOutputs& out, const AxiMasterInputs& in) {
  now_ = now;
  check_address("ar", ar_, out.arvalid, in.arready, {false, out.araddr, out.arlen});
  check_address("aw", aw_, out.awvalid, in.awready, {false, out.awaddr, out.awlen});
  // The memory takes data from the edge after their address on.
  check_data(out, in.wready);
  count(out, in);
}

}  // namespace lutra::cosim
