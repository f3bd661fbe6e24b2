// Banked DRAM behind a controller that serves requests in order: bank state, row hits and misses, refresh, turnarounds, energy.
//
// A request is a run of bytes. In each channel its work is done a row of every bank group at a time (a row set), so a gigabyte costs
// rows, not bursts. Addresses, from the low end: byte in a burst and an interleave unit, channel, then bursts of the row set (bank
// groups alternate), bank, row. Times are picoseconds.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/memory/dram_device.h"

namespace lutra::memory {

using Picoseconds = std::int64_t;

struct DramCounters {
  std::uint64_t read_bursts = 0, write_bursts = 0;
  std::uint64_t activates = 0;
  std::uint64_t row_hits = 0, row_misses = 0;  // visits of a row set
  std::uint64_t refreshes = 0;
  std::uint64_t turnarounds = 0;  // reads after writes
};

class Dram {
 public:
  explicit Dram(const DramDevice& device);

  struct Served {
    Picoseconds first;  // the first burst's data are complete at the port
    Picoseconds last;   // all data are
  };
  /// Serves bytes [address, address + bytes) behind all requests before it; `at` may not go back in time. At least one byte.
  Served access(Picoseconds at, std::uint64_t address, std::uint64_t bytes, bool write);

  [[nodiscard]] const DramCounters& counters() const { return counters_; }
  [[nodiscard]] const DramDevice& device() const { return device_; }
  /// Energy of the counted commands and of the background over `duration`, in pJ.
  [[nodiscard]] double energy_pj(Picoseconds duration) const;

 private:
  static constexpr std::int64_t kClosed = -1;
  // Far enough back that no rule reaches from there to time 0.
  static constexpr Picoseconds kLongAgo = std::int64_t{-1} << 60;

  struct Bank {  // of every bank group
    std::int64_t row = kClosed;
    std::uint32_t open_groups = 0;   // a bit a group whose row is open
    Picoseconds activate_from = 0;   // earliest activate when closed
    Picoseconds precharge_from = 0;  // earliest precharge
  };
  struct Channel {
    std::vector<Bank> banks;
    std::array<Picoseconds, 4> activates{};  // the last four, oldest at `oldest`
    int oldest = 0;
    Picoseconds last_activate = 0;
    Picoseconds column_from = 0;        // earliest next column command
    Picoseconds data_until = kLongAgo;  // end of the last segment's data on the bus
    bool wrote = false;
    Picoseconds next_refresh = 0;
  };
  struct Segment {  // bursts of one row set
    int bank;
    std::int64_t row;
    std::int64_t first, bursts;
  };

  Served serve(Channel& channel, Picoseconds at, const Segment& segment, bool write);
  void refresh(Channel& channel, Picoseconds now);
  Picoseconds activate(Channel& channel, Picoseconds from);
  /// Opens the groups that the segment touches; the earliest first column command.
  Picoseconds open(Channel& channel, Picoseconds at, const Segment& segment);

  DramDevice device_;
  Picoseconds rcd_, rp_, ras_, rrd_, faw_, spacing_, cl_, cwl_, wr_, wtr_, rtp_, rfc_, refi_, burst_, controller_;
  std::int64_t row_set_bursts_;
  std::vector<Channel> channels_;
  DramCounters counters_;
};

}  // namespace lutra::memory
