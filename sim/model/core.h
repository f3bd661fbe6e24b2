// A whole core: every block, its memory port and its host, advanced from event to event.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

#include "isa/arch_config.h"
#include "isa/geometry.h"
#include "sim/memory/memory.h"
#include "sim/model/array.h"
#include "sim/model/control.h"
#include "sim/model/csr.h"
#include "sim/model/event.h"
#include "sim/model/host.h"
#include "sim/model/load_unit.h"
#include "sim/model/memory_port.h"
#include "sim/model/scale_unit.h"
#include "sim/model/scratchpad.h"
#include "sim/model/semaphores.h"
#include "sim/model/state.h"
#include "sim/model/store_unit.h"
#include "sim/model/table_builder.h"

namespace lutra::model {

struct CoreOptions {
  EventSink* events = nullptr;  // null: nothing is logged
  bool values = true;           // false: only time is simulated; the program is still fetched and executed
};

/// Plain C++; any number of instances may live in a process. Cycle 0 is the first edge with reset released.
class Core : private ControlPorts, private RetireSink, private TrapSink {
 public:
  /// The memory must outlive the core.
  Core(const ArchConfig& config, memory::Memory& memory, HostScript script, CoreOptions options = {});
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  /// Processes the next edge at which something happens. Returns false when the host's script has ended. Throws Error (check
  /// failed) when it has not and nothing can ever happen again; the message holds the state of every block.
  bool step() { return step_at(now_); }
  /// The same at an edge that may lie before the one that step() would take, as others need it with whom this core shares a memory:
  /// last_edge() < `edge` <= now().
  bool step_at(Cycle edge);
  /// step() until the script ends.
  void run();

  /// The edge that comes next; every edge below it is done.
  [[nodiscard]] Cycle now() const { return now_; }
  [[nodiscard]] bool finished() const { return host_.finished(); }
  [[nodiscard]] const Host& host() const { return host_; }
  [[nodiscard]] const Status& status() const { return control_.status(); }
  /// Counters of the running or last program, everything up to now() included.
  [[nodiscard]] Counters counters() const;
  /// Edges processed so far: what the simulation's speed depends on.
  [[nodiscard]] std::int64_t edges_visited() const { return edges_visited_; }

  /// The last edge that step() processed.
  [[nodiscard]] Cycle last_edge() const { return last_edge_; }
  /// Everything that happened at edges up to last_edge(), since reset: what an iteration adds to the counters is the difference of two.
  [[nodiscard]] Counters progress() const;
  /// The jump back to the start of a loop that step() executed, if it did.
  [[nodiscard]] std::optional<LoopMark> looped() const { return control_.looped_at(last_edge_); }
  /// Control::skip_iterations, right after looped().
  void skip_iterations(std::uint32_t iterations, const std::array<std::uint64_t, 16>& registers) {
    control_.skip_iterations(iterations, registers);
  }
  /// What the future depends on but for registers, host, and the innermost loop's count; false where it cannot be told.
  bool append_state(StateWriter& out) const;
  void describe(std::ostream& out) const;

 private:
  struct Retirement {
    Cycle edge;
    lutra::Unit unit;
    std::uint8_t signal;
  };

  bool begin_edge(Cycle now);
  bool operate(Cycle now);
  [[nodiscard]] Cycle next_edge(Cycle now) const;
  [[nodiscard]] Counters unit_counts(Cycle through) const;
  [[nodiscard]] Counters counters_at(Cycle now) const;
  void log_retirements(Cycle now);

  // ControlPorts
  bool can_push(Cycle now, lutra::Unit unit) override;
  void push(Cycle now, const LoadCommand& command) override { load_.push(now, command); }
  void push(Cycle now, const StoreCommand& command) override { store_.push(now, command); }
  void push(Cycle now, const BuildCommand& command) override { builder_.push(now, command); }
  void push(Cycle now, const ArrayCommand& command) override { array_.push(now, command); }
  bool fetch_ready(Cycle now) override { return load_.fetch_ready(now); }
  void fetch(Cycle now, std::uint64_t address, int beats) override { load_.fetch(now, address, beats); }
  bool fetch_done(Cycle now) override { return load_.fetch_done(now); }
  Encoded instruction(int index) override;
  bool all_idle(Cycle now) override { return load_.idle(now) && store_.idle(now) && builder_.idle(now) && array_.idle(now); }
  void post(Cycle now, std::uint8_t mask, int count) override { semaphores_.post(now, mask, count); }
  void clear_semaphores(Cycle now) override { semaphores_.clear(now); }
  void stop(Cycle first) override { stop_at_ = first; }
  void release(Cycle first) override { release_at_ = first; }
  // RetireSink, TrapSink
  void retire(Cycle d, lutra::Unit unit, std::uint8_t signal) override;
  void trap(Cycle now, lutra::Unit unit, Trap cause, std::uint64_t address) override { control_.unit_trap(now, unit, cause, address); }

  ArchConfig config_;
  Geometry geometry_;
  EventSink* events_;
  Host host_;
  Csr csr_;
  Scratchpads pads_;
  MemoryPort port_;
  Semaphores semaphores_;
  StoreUnit store_;
  ScaleUnit scale_;
  Array array_;
  TableBuilder builder_;
  LoadUnit load_;
  Control control_;
  std::array<Unit*, kUnits> units_;  // in order of priority

  Cycle now_ = 0;
  Cycle stop_at_ = kNever;
  Cycle release_at_ = kNever;
  Counters baseline_;                    // of the units, when the program started
  std::vector<Retirement> retirements_;  // to be logged
  std::int64_t edges_visited_ = 0;
  Cycle last_edge_ = -1;
};

}  // namespace lutra::model
