// Serves runs of bytes from banks (docs/memory.md says which rule is applied where).
#include "sim/memory/dram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lutra::memory {
namespace {

Picoseconds ps(double ns) { return std::llround(ns * 1000); }

}  // namespace

Dram::Dram(const DramDevice& device)
    : device_(device),
      rcd_(ps(device.ns.rcd)),
      rp_(ps(device.ns.rp)),
      ras_(ps(device.ns.ras)),
      rrd_(ps(device.ns.rrd)),
      faw_(ps(device.ns.faw)),
      // Bank groups alternate, so a group's next column command is bank_groups bursts away.
      spacing_(ps(std::max({device.ns.ccd_s, device.ns.ccd_l / device.bank_groups, device.burst_ns()}))),
      cl_(ps(device.ns.cl)),
      cwl_(ps(device.ns.cwl)),
      wr_(ps(device.ns.wr)),
      wtr_(ps(device.ns.wtr)),
      rtp_(ps(device.ns.rtp)),
      rfc_(ps(device.ns.rfc)),
      refi_(ps(device.ns.refi)),
      burst_(ps(device.burst_ns())),
      controller_(ps(device.controller_ns)),
      row_set_bursts_(std::int64_t{device.row_bytes} / device.burst_bytes() * device.bank_groups),
      channels_(static_cast<std::size_t>(device.channels)) {
  for (Channel& channel : channels_) {
    channel.banks.resize(static_cast<std::size_t>(device.banks_per_group));
    channel.activates.fill(kLongAgo);
    channel.last_activate = kLongAgo;
    channel.next_refresh = refi_;
  }
}

Dram::Served Dram::access(Picoseconds at, std::uint64_t address, std::uint64_t bytes, bool write) {
  const auto unit = static_cast<std::uint64_t>(device_.interleave_bytes), burst = static_cast<std::uint64_t>(device_.burst_bytes());
  const auto ways = channels_.size();
  const std::uint64_t unit_bursts = unit / burst;
  const std::uint64_t end = address + bytes;
  Served served{std::numeric_limits<Picoseconds>::max(), 0};
  const std::uint64_t head = (address / unit) % ways;  // channel of the first byte
  for (std::size_t c = 0; c < ways; ++c) {
    // The channel's bursts are numbered without those of the others: its share of a run is a run.
    const auto bursts_below = [&](std::uint64_t limit, std::uint64_t partial) {
      const std::uint64_t units = limit / unit, own = units / ways + (units % ways > c ? 1 : 0);
      return own * unit_bursts + (units % ways == c ? partial : 0);
    };
    std::uint64_t from = bursts_below(address, address % unit / burst);
    const std::uint64_t to = bursts_below(end, (end % unit + burst - 1) / burst);
    while (from < to) {
      const auto row_set = static_cast<std::int64_t>(from) / row_set_bursts_;
      const std::int64_t first = static_cast<std::int64_t>(from) % row_set_bursts_;
      const std::int64_t bursts = std::min<std::int64_t>(row_set_bursts_ - first, static_cast<std::int64_t>(to - from));
      const Served part =
          serve(channels_[c], at + controller_ / 2,
                {static_cast<int>(row_set % device_.banks_per_group), row_set / device_.banks_per_group, first, bursts}, write);
      if (c == head) served.first = std::min(served.first, part.first);
      served.last = std::max(served.last, part.last);
      from += static_cast<std::uint64_t>(bursts);
    }
  }
  served.first = std::min(served.first, served.last) + controller_ - controller_ / 2;
  served.last += controller_ - controller_ / 2;
  return served;
}

Picoseconds Dram::activate(Channel& channel, Picoseconds from) {
  const Picoseconds now =
      std::max({from, channel.last_activate + rrd_, channel.activates[static_cast<std::size_t>(channel.oldest)] + faw_});
  channel.last_activate = now;
  channel.activates[static_cast<std::size_t>(channel.oldest)] = now;
  channel.oldest = (channel.oldest + 1) % 4;
  ++counters_.activates;
  return now;
}

void Dram::refresh(Channel& channel, Picoseconds now) {
  if (now < channel.next_refresh) return;
  // Refreshes that came due while the channel had nothing to do hide there; only the last may still be going on.
  const std::int64_t due = (now - channel.next_refresh) / refi_ + 1;
  counters_.refreshes += static_cast<std::uint64_t>(due);
  Picoseconds begin = channel.next_refresh + (due - 1) * refi_;
  for (const Bank& bank : channel.banks)
    if (bank.row != kClosed) begin = std::max(begin, bank.precharge_from + rp_);
  channel.next_refresh += due * refi_;
  for (Bank& bank : channel.banks) {
    bank.row = kClosed;
    bank.open_groups = 0;
    bank.activate_from = std::max(bank.activate_from, begin + rfc_);
  }
}

Picoseconds Dram::open(Channel& channel, Picoseconds at, const Segment& segment) {
  Bank& bank = channel.banks[static_cast<std::size_t>(segment.bank)];
  if (bank.row != segment.row) {
    if (bank.row != kClosed) bank.activate_from = std::max(at, bank.precharge_from) + rp_;
    bank.row = segment.row;
    bank.open_groups = 0;
    bank.precharge_from = 0;
  }
  Picoseconds first = at;
  bool hit = true;
  const std::int64_t groups = device_.bank_groups;
  for (std::int64_t i = 0; i < std::min(segment.bursts, groups); ++i) {
    const auto bit = std::uint32_t{1} << static_cast<unsigned>((segment.first + i) % groups);
    if ((bank.open_groups & bit) != 0) continue;
    hit = false;
    const Picoseconds opened = activate(channel, std::max(at, bank.activate_from));
    bank.open_groups |= bit;
    bank.precharge_from = std::max(bank.precharge_from, opened + ras_);
    first = std::max(first, opened + rcd_ - i * spacing_);
  }
  ++(hit ? counters_.row_hits : counters_.row_misses);
  return first;
}

Dram::Served Dram::serve(Channel& channel, Picoseconds at, const Segment& segment, bool write) {
  refresh(channel, std::max(at, channel.column_from));
  const Picoseconds opened = open(channel, at, segment);
  Picoseconds column = std::max(opened, channel.column_from);
  if (!write && channel.wrote) {
    column = std::max(column, channel.data_until + wtr_);
    ++counters_.turnarounds;
  }
  if (write && !channel.wrote) column = std::max(column, channel.data_until - cwl_);  // data may not meet those of a read
  channel.wrote = write;
  const Picoseconds last = column + (segment.bursts - 1) * spacing_;
  const Picoseconds delay = write ? cwl_ : cl_;
  channel.column_from = last + spacing_;
  Bank& bank = channel.banks[static_cast<std::size_t>(segment.bank)];
  bank.precharge_from = std::max(bank.precharge_from, write ? last + cwl_ + burst_ + wr_ : last + rtp_);
  channel.data_until = last + delay + burst_;
  (write ? counters_.write_bursts : counters_.read_bursts) += static_cast<std::uint64_t>(segment.bursts);
  return {column + delay + burst_, channel.data_until};
}

double Dram::energy_pj(Picoseconds duration) const {
  const DramEnergies& e = device_.energy;
  const double bits = 8.0 * device_.burst_bytes();
  return static_cast<double>(counters_.activates) * e.activate_pj + static_cast<double>(counters_.read_bursts) * bits * e.read_pj_per_bit +
         static_cast<double>(counters_.write_bursts) * bits * e.write_pj_per_bit + static_cast<double>(counters_.refreshes) * e.refresh_pj +
         // 1 mW for 1 ps is 1e-3 pJ.
         e.background_mw * device_.channels * static_cast<double>(duration) * 1e-3;
}

}  // namespace lutra::memory
