// The registers of a core behind AXI4-Lite (gen/csr).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "isa/arch_config.h"
#include "isa/instruction.h"
#include "isa/register_map.h"
#include "sim/model/event.h"
#include "sim/model/host.h"
#include "sim/model/memory_port.h"

namespace lutra::model {

/// What control shows of the running or last program.
struct Status {
  bool busy = false;
  bool done = false;
  bool trapped = false;
  Trap cause = Trap::kNone;
  int pc = 0;
  std::uint64_t address = 0;
  bool operator==(const Status&) const = default;
};

/// The counter registers.
struct Counters {
  std::int64_t cycles = 0;
  std::int64_t instructions = 0;
  std::int64_t array_steps = 0;
  std::int64_t array_waits = 0;
  std::int64_t builder_busy = 0;
  std::int64_t read_beats = 0;
  std::int64_t write_beats = 0;
  std::int64_t control_stalls = 0;
  bool operator==(const Counters&) const = default;
};

/// An access accepted at edge t executes at t + 1 and is answered at t + 2. Strobes of CTRL are sampled by control at t + 2.
class Csr {
 public:
  Csr(const ArchConfig& config, EventSink* events);

  /// The host's access is accepted at edge `now`.
  void accept(Cycle now, const HostOp& op);
  /// The response that is taken at edge `now`; a read carries its data, a write 0.
  [[nodiscard]] std::optional<std::uint32_t> answer(Cycle now);

  /// Whether a read executes at edge `now`; then capture() must be called before any block operates at `now`.
  [[nodiscard]] bool reads_at(Cycle now) const { return pending_ && executes_ == now && op_.kind == HostOp::Kind::kRead; }
  void capture(const Status& status, const Counters& counters);
  /// The interrupt register's next value, from the status before any block operates at `now`.
  void sample_status(Cycle now, const Status& status);
  /// Ends edge `now`: a write that executes becomes visible at the next edge. Returns whether one did, or the interrupt changed.
  bool finish(Cycle now);

  /// Strobes and registers as sampled at edge `now`.
  [[nodiscard]] bool start(Cycle now) const { return strobe_at_ == now && (strobes_ & 1) != 0; }
  [[nodiscard]] bool abort(Cycle now) const { return strobe_at_ == now && (strobes_ & 2) != 0; }
  [[nodiscard]] bool clear(Cycle now) const { return strobe_at_ == now && (strobes_ & 4) != 0; }
  [[nodiscard]] bool irq() const { return irq_; }
  [[nodiscard]] std::uint64_t program_address() const { return wide(program_address_); }
  [[nodiscard]] std::uint32_t program_length() const { return values_[program_length_]; }
  [[nodiscard]] std::uint64_t watchdog() const { return wide(watchdog_); }
  [[nodiscard]] std::uint64_t argument(int i) const { return wide(arguments_ + 2 * static_cast<std::size_t>(i)); }
  [[nodiscard]] const AddressWindow& window() const { return window_; }

  /// First edge after `now` at which something happens here.
  [[nodiscard]] Cycle next_event(Cycle now) const;
  /// No access is on its way and no interrupt is pending.
  [[nodiscard]] bool quiet() const { return !pending_ && !irq_ && !next_irq_; }
  void describe(std::ostream& out) const;

 private:
  static constexpr std::size_t kWords = 1024;  // 4 KiB of register space

  [[nodiscard]] std::uint64_t wide(std::size_t index) const {
    return values_[index] | static_cast<std::uint64_t>(values_[index + 1]) << 32;
  }
  [[nodiscard]] std::uint32_t read(std::uint32_t offset, const Status& status, const Counters& counters) const;
  void write(Cycle now);
  void update_window();

  EventSink* events_;
  int address_bits_;
  std::uint32_t program_hash_;
  std::uint32_t version_;
  std::size_t program_address_, program_length_, watchdog_, window_lo_, window_hi_, arguments_, irq_enable_, control_;
  std::array<std::uint32_t, kWords> values_{};
  std::array<std::uint32_t, kWords> writable_{};

  bool pending_ = false;
  HostOp op_{};
  Cycle executes_ = 0;
  std::uint32_t read_data_ = 0;
  int strobes_ = 0;
  Cycle strobe_at_ = -1;
  AddressWindow window_;
  bool irq_ = false;
  bool next_irq_ = false;
};

}  // namespace lutra::model
