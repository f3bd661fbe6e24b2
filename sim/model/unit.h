// A unit: a block fed by a command queue whose commands wait for and signal semaphores.
#pragma once

#include "isa/instruction.h"
#include "sim/model/block.h"

namespace lutra::model {

/// Commands, as docs/microarchitecture.md packs them.
struct LoadCommand {
  std::uint8_t signal, wait;
  int buffer;
  int dst;
  std::uint64_t mem;
  int beats, rows;
  std::uint32_t mem_pitch;
  int dst_pitch;
};
struct StoreCommand {
  std::uint8_t signal, wait;
  int src;
  std::uint64_t mem;
  int cols, rows;
  std::uint32_t mem_pitch;
};
struct BuildCommand {
  std::uint8_t signal, wait;
  int src, dst, ksteps, rows, src_pitch;
};
struct ArrayCommand {
  std::uint8_t signal, wait;
  int table, weight, ksteps, rows, out, param, segment;
  bool first, last, accumulate;
  int planes;
  std::uint32_t shifts;
  int zmode, zero;
};

/// What the semaphore arbiter asks of every unit, whatever its command type.
class Unit : public Block {
 public:
  /// Whether the head of the queue could start at edge `now` if its semaphores were granted (queue head valid, unit accepts, not stopped).
  [[nodiscard]] virtual bool wants_start(Cycle now) = 0;
  /// The head's wait mask; only when wants_start.
  [[nodiscard]] virtual std::uint8_t wait_mask() const = 0;
  /// Pops the head and starts it at edge `now`.
  virtual void start(Cycle now) = 0;
  /// Registered idle_o as sampled at edge `now`.
  [[nodiscard]] virtual bool idle(Cycle now) = 0;
  /// `stop_i` is sampled high at edge `now` (called once, at the first such edge) / released.
  virtual void stop(Cycle now) = 0;
  virtual void release() = 0;
};

/// Where a unit reports the end of a command; d is the retire edge. Implemented by the core (semaphores and trace).
class RetireSink {
 public:
  virtual ~RetireSink() = default;
  virtual void retire(Cycle d, lutra::Unit unit, std::uint8_t signal) = 0;
};

/// Where a unit reports a trap; `now` is the edge at which control samples trap_valid high.
class TrapSink {
 public:
  virtual ~TrapSink() = default;
  virtual void trap(Cycle now, lutra::Unit unit, Trap cause, std::uint64_t address) = 0;
};

}  // namespace lutra::model
