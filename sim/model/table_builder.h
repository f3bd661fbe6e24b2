// The table builder: when its slots run, and which activations they turn into tables.
#pragma once

#include <cstdint>
#include <deque>
#include <ostream>
#include <vector>

#include "isa/geometry.h"
#include "sim/model/scratchpad.h"
#include "sim/model/state.h"
#include "sim/model/unit.h"

namespace lutra::model {

/// Nothing delays a started command. The model's table words keep the activations that their tables follow from.
class TableBuilder : public Unit {
 public:
  /// All references must outlive the builder.
  TableBuilder(const ArchConfig& config, const Geometry& geometry, Scratchpads& pads, RetireSink& retire_sink);

  // Commands from control. A command pushed at edge `now` is seen at the queue's head at now + 1; ignored while stopped.
  [[nodiscard]] bool can_push(Cycle now) const { return queue_.can_push(now); }
  void push(Cycle now, const BuildCommand& command) {
    if (stopped_at_ == kNever) queue_.push(now, command);
  }

  bool wants_start(Cycle now) override { return stopped_at_ == kNever && queue_.can_pop(now) && now >= last_slot_; }
  [[nodiscard]] std::uint8_t wait_mask() const override { return queue_.front().wait; }
  void start(Cycle now) override;
  [[nodiscard]] bool idle(Cycle now) override { return queue_.empty(now) && now > busy_until_; }
  /// What happens at edge `now` itself and the end of all work follow in operate(now).
  void stop(Cycle now) override {
    stopped_at_ = now;
    stop_pending_ = true;
  }
  void release() override { stopped_at_ = kNever; }

  bool operate(Cycle now) override;
  [[nodiscard]] Cycle next_event(Cycle now) const override;
  void describe(std::ostream& out) const override;

  /// Slots at edges up to and including `through`; builder_busy_o of a slot at edge b is sampled at b + 1.
  /// `through` may lie at most two edges before the last edge operated.
  [[nodiscard]] std::int64_t busy(Cycle through) const;

  /// What the future depends on, after all work at an edge (sim/model/state.h).
  void append_state(StateWriter& out) const;

 private:
  struct Work {
    BuildCommand command{};
    Cycle first = 0;  // edge of the first slot
    std::int64_t slots = 0;
    std::int64_t units_read = 0;  // a unit is a row of a k-step
    std::int64_t slots_written = 0;
    std::vector<std::uint8_t> held;  // kHeld activation words
    std::vector<int> activation_windows;
    int table_window = -1;
  };
  struct Dropped {  // slots of a command that was stopped
    Cycle first;
    std::int64_t slots;
  };
  static constexpr int kHeld = 4;  // activation words between read and last write, at most

  void read(Work& work);
  void write(Work& work);
  void advance(Work& work, Cycle now);
  void close(const Work& work);
  bool catch_up(Cycle now);
  void drop(Cycle now);

  int rows_, activation_bytes_, row_bytes_, groups_, group_bytes_;
  const ArchConfig& config_;
  Scratchpads& pads_;
  RetireSink& retire_sink_;
  Fifo<BuildCommand> queue_;
  std::deque<Work> works_;
  std::vector<Dropped> dropped_;  // at the last stop
  Cycle last_slot_ = -1;          // of the command started last
  Cycle busy_until_ = -1;         // last edge at which the unit is not idle because of started commands
  Cycle stopped_at_ = kNever;
  bool stop_pending_ = false;
  std::int64_t slots_ = 0;  // of retired commands
};

}  // namespace lutra::model
