// What a core does that can be seen from outside: the events which RTL and model must agree on, in payload and in cycle.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/model/block.h"

namespace lutra::model {

enum class Channel : std::uint8_t {
  kIssue,   // control executed an instruction: a = pc, b = opcode
  kRetire,  // a unit retired a command: a = unit, b = signal mask
  kAr,      // a = address, b = len (beats - 1)
  kR,       // a = hash of data, b = resp << 1 | last
  kAw,      // a = address, b = len
  kW,       // a = hash of data bytes whose strobe is set, b = strobe hash << 1 | last
  kB,       // b = resp
  kLite,    // AXI4-Lite response: a = address, b = read data (writes: 0), c = 1 for writes
  kTrap,    // a = cause, b = address
  kIrq,     // rising edge of the interrupt
  kCount,
};

std::string_view channel_name(Channel channel);

struct Event {
  Cycle cycle = 0;
  Channel channel = Channel::kIssue;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t c = 0;
  bool operator==(const Event&) const = default;
};

/// Receives events. Within a channel they come in cycle order; between channels in any order (blocks catch up lazily).
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void event(const Event& event) = 0;
  /// A command starts in unit `unit` (lutra::Unit) at edge `now`, in cycle order; a unit retires its commands in the order of their starts.
  /// For timelines: it cannot be seen from outside.
  virtual void started(Cycle /*now*/, int /*unit*/) {}
};

}  // namespace lutra::model
