// The memory behind a core's AXI port: one plain class that the Verilated core drives edge by edge and the model drives lazily.
//
// Time. Cycle t is edge t of the core's clock. All outputs are registered: what is presented at edge t depends on transfers at
// edges before t only. The rules, channel by channel:
// - Stalls: arready, awready and wready are low, and no R or B beat is presented, at an edge where hash(seed, channel, cycle)
//   falls below the stall probability. The hash has no state, so idle edges need not be visited.
// - AR: ready while fewer than read_queue bursts wait for their last beat. AW: the same with write_queue and the response.
// - R: bursts are answered in order of acceptance, one beat a cycle; the timing decides the earliest edge of a burst's first
//   beat (simple: acceptance + latency, at least 1) and the edges with bandwidth for a beat.
// - W: ready from the edge after its burst was accepted on AW, while the timing allows the beat.
// - B: in order, one a cycle, from the edge that the timing decides (simple: last W beat + latency).
// - Shared bandwidth: a beat costs `cost` ticks, a cycle supplies `supply` ticks; `busy_until` is the tick until which the
//   device is occupied. A read beat may go at edge t if busy_until < (t + 1) supply. A write beat may go as long as the debt stays
//   below kWriteDebtBeats beats more, so reads at full speed never starve writes. A beat moves busy_until to
//   max(busy_until, t supply) + cost. At one edge the read beat is decided before the write beat.
// - Addresses beyond the memory's size answer DECERR, injected ranges SLVERR (DECERR wins); both read as zeros, and such write
//   beats change nothing. A write burst's response is the worst of its beats.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "isa/arch_config.h"
#include "sim/memory/image.h"

namespace lutra::memory {

using Cycle = std::int64_t;
inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

enum class Response : std::uint8_t { kOkay = 0, kSlverr = 2, kDecerr = 3 };
enum class AxiChannel : std::uint8_t { kAr = 0, kR = 1, kAw = 2, kW = 3, kB = 4 };

class MemoryTiming;

/// What a simulation adds to the configured memory.
struct MemoryOptions {
  bool contents = true;          // false: no bytes are kept; reads are zeros
  double stall_probability = 0;  // chance of a stall at an edge of a channel, 0 to 0.95
  std::uint64_t seed = 1;        // of the stalls
  int read_queue = 32;           // bursts, at least 1
  int write_queue = 32;          // bursts, at least 1
  /// Takes the place of memory.kind when given: a device from a file, or a model from outside (docs/memory.md). Called once for each
  /// Memory, so that machines in lockstep have an instance each.
  std::function<std::unique_ptr<MemoryTiming>(const ArchConfig&)> make_timing;
  struct Range {
    std::uint64_t first, bytes;
  };
  std::vector<Range> slverr;  // bytes that answer SLVERR
};

/// When a kind of memory moves its beats; stalls and queues are Memory's affair.
class MemoryTiming {
 public:
  virtual ~MemoryTiming() = default;
  /// A read burst was accepted at edge `now`: earliest edge of its first beat, after `now`.
  virtual Cycle read_accepted(Cycle now, std::uint64_t address, int beats) = 0;
  /// First edge at or after `from` with bandwidth for a read beat if no write beat comes between.
  [[nodiscard]] virtual Cycle next_read(Cycle from) const = 0;
  /// A lower bound of the edge of the n-th read beat from now (n >= 1), the first one not before `from`.
  [[nodiscard]] virtual Cycle earliest_read(Cycle from, std::int64_t n) const = 0;
  virtual void take_read(Cycle now) = 0;
  [[nodiscard]] virtual bool may_write(Cycle now) const = 0;
  virtual void take_write(Cycle now) = 0;
  /// The last W beat of the burst at `address` moved at edge `now`: earliest edge of its response, after `now`.
  virtual Cycle write_finished(Cycle now, std::uint64_t address, int beats) = 0;
  /// Appends what later beats depend on, relative to edge `now`, so that equal words mean the same from there on, whatever the
  /// addresses. False where addresses or absolute time decide: nothing is then said about the future.
  [[nodiscard]] virtual bool append_state(Cycle /*now*/, std::vector<std::int64_t>& /*words*/) const { return false; }
};

/// A kind of memory, by its name in the configuration (`memory.kind`).
struct MemoryKind {
  std::string_view name;
  std::unique_ptr<MemoryTiming> (*make)(const ArchConfig&);
};
std::span<const MemoryKind> memory_kinds();
/// Throws Error for a kind that is not in the table.
std::unique_ptr<MemoryTiming> make_memory_timing(const ArchConfig& config);

class Memory {
 public:
  explicit Memory(const ArchConfig& config, MemoryOptions options = {});

  /// The contents, for the host. Empty and unused when options.contents is false.
  [[nodiscard]] Image& image() { return image_; }
  [[nodiscard]] const Image& image() const { return image_; }
  [[nodiscard]] const MemoryOptions& options() const { return options_; }
  [[nodiscard]] int bus_bytes() const { return bus_bytes_; }

  // --- Reads. Calls come in ascending order of edges; R beats of edge t before W beats of edge t.

  /// First edge at or after `from` that presents arready, or kNever while the queue is full (ask again after a burst's last beat).
  [[nodiscard]] Cycle ar_ready_from(Cycle from) const;
  /// AR handshake at edge `now`; address aligned to the bus.
  void accept_read(Cycle now, std::uint64_t address, int beats);
  /// Edge of the next R beat if it is at or before `until`, else kNever. The first not yet taken one; asking changes nothing.
  [[nodiscard]] Cycle next_read(Cycle until) const;
  struct ReadBeat {
    std::uint64_t address;
    Response response;
    bool last;
  };
  /// Takes the R beat at the edge that next_read() returned.
  ReadBeat take_read(Cycle now);
  /// A lower bound of the edge of the n-th R beat from now; `now` is the last edge whose beats were taken.
  [[nodiscard]] Cycle earliest_read(Cycle now, std::int64_t n) const;
  /// Bytes of a read beat or of several following ones; zeros where the response is not OKAY.
  void read_data(std::uint64_t address, std::uint8_t* destination, std::int64_t bytes) const;

  // --- Writes.

  [[nodiscard]] bool aw_ready(Cycle now) const;
  void accept_write(Cycle now, std::uint64_t address, int beats);
  [[nodiscard]] bool w_ready(Cycle now) const;
  /// W handshake at edge `now`: bus_bytes() of data and one strobe bit a byte. Either pointer may be null when there are no contents.
  /// Throws std::logic_error when `last` does not fit the burst's length.
  void take_write(Cycle now, const std::uint8_t* data, const std::uint8_t* strobe, bool last);
  /// Edge of the next response that is known, at or after `from`; kNever when none is.
  [[nodiscard]] Cycle next_b(Cycle from) const;
  Response take_b(Cycle now);

  /// MemoryTiming::append_state with the queues; false also with stalls or injected errors, which depend on time and address.
  [[nodiscard]] bool append_state(Cycle now, std::vector<std::int64_t>& words) const;

  /// Whether any byte of [first, first + bytes) answers with an error.
  [[nodiscard]] bool has_error(std::uint64_t first, std::uint64_t bytes) const { return response(first, bytes) != Response::kOkay; }

 private:
  struct ReadBurst {
    std::uint64_t address;
    int left;
    Cycle earliest;
  };
  struct WriteBurst {
    std::uint64_t address;  // of the next beat
    int beats, left;
    Cycle accepted;
    Cycle respond;  // kNever until the last W beat
    Response response;
  };

  [[nodiscard]] bool stalled(AxiChannel channel, Cycle now) const;
  [[nodiscard]] Cycle unstalled(AxiChannel channel, Cycle from) const;
  [[nodiscard]] Response response(std::uint64_t address, std::uint64_t bytes) const;

  int bus_bytes_;
  std::uint64_t size_;
  MemoryOptions options_;
  std::uint64_t stall_threshold_;  // stalls below it, of 2^32
  std::unique_ptr<MemoryTiming> timing_;
  Image image_;

  std::deque<ReadBurst> reads_;
  Cycle last_read_ = -1;      // edge of the last R beat
  Cycle read_room_from_ = 0;  // first edge at which arready may show that the queue is not full
  std::deque<WriteBurst> writes_;
  std::size_t w_burst_ = 0;  // index in writes_ of the burst whose W beats come next
  Cycle last_b_ = -1;
};

}  // namespace lutra::memory
