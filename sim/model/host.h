// The host in front of a core: a script of register accesses and waits, the same for model and RTL.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/model/block.h"

namespace lutra::model {

/// One step of a script. It begins at the first edge that is neither before `not_before` nor before the edge after its
/// predecessor ended.
struct HostOp {
  enum class Kind : std::uint8_t { kWrite, kRead, kWaitIrq };
  Kind kind = Kind::kWrite;
  std::uint32_t offset = 0;  // of the register, bytes
  std::uint32_t data = 0;    // written
  Cycle not_before = 0;
};
using HostScript = std::vector<HostOp>;

/// What a host tells a core before it starts a program.
struct Launch {
  std::uint64_t program_address = 0;
  std::uint32_t program_length = 0;  // instructions
  std::uint64_t window_lo = 0;
  std::uint64_t window_hi = 0;
  std::uint64_t watchdog = 0;
  std::array<std::uint64_t, 8> args{};
};

/// Writes scripts: remembers what the registers hold and leaves out writes that would change nothing.
class HostScriptWriter {
 public:
  HostScriptWriter& write(std::string_view register_name, std::uint32_t data, Cycle not_before = 0);
  HostScriptWriter& read(std::string_view register_name, Cycle not_before = 0);
  HostScriptWriter& wait_irq(Cycle not_before = 0);
  /// Sets all registers of the launch and starts. Does not wait.
  HostScriptWriter& start(const Launch& launch, Cycle not_before = 0);
  /// start(), wait for the interrupt, read STATUS and CAUSE, clear.
  HostScriptWriter& run(const Launch& launch, Cycle not_before = 0);
  /// Reads every counter.
  HostScriptWriter& read_counters();

  [[nodiscard]] const HostScript& script() const { return script_; }

 private:
  HostScriptWriter& set(std::string_view register_name, std::uint32_t data);
  HostScriptWriter& set_wide(const std::string& prefix, std::uint64_t data);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> held_;  // register offset, value
  HostScript script_;
};

/// Plays a script. Write address and data are presented together; ready for responses always.
class Host {
 public:
  explicit Host(HostScript script) : script_(std::move(script)) {}

  /// One more step behind the last: for hosts that decide by what they have read.
  void append(const HostOp& op) { script_.push_back(op); }

  /// The access whose valid is high at edge `now`, or nullptr.
  [[nodiscard]] const HostOp* request(Cycle now) const;
  /// First edge at or after `from` at which request() is not null if nothing else happens; kNever while it waits or has ended.
  [[nodiscard]] Cycle next_request(Cycle from) const;
  /// The request was accepted (all of its halves).
  void accepted() { waiting_ = true; }
  /// Its response was taken at edge `now`; `data` of a read.
  void answered(Cycle now, std::uint32_t data);
  /// Level of the interrupt at edge `now`; asked at every edge at which waits_for_irq().
  void sample_irq(Cycle now, bool level);
  [[nodiscard]] bool waits_for_irq() const { return !finished() && script_[index_].kind == HostOp::Kind::kWaitIrq; }

  /// First edge at which the present step may take effect; only while not finished.
  [[nodiscard]] Cycle begin() const { return std::max(free_from_, script_[index_].not_before); }

  [[nodiscard]] bool finished() const { return index_ == script_.size(); }
  /// Data of the reads so far.
  [[nodiscard]] const std::vector<std::uint32_t>& read_values() const { return read_values_; }
  [[nodiscard]] std::size_t position() const { return index_; }
  [[nodiscard]] const HostScript& script() const { return script_; }

 private:
  HostScript script_;
  std::size_t index_ = 0;
  bool waiting_ = false;  // for a response
  Cycle free_from_ = 0;
  std::vector<std::uint32_t> read_values_;
};

}  // namespace lutra::model
