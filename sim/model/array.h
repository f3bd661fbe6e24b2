// The LUT array: when its steps issue, and what its segments add up to.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <ostream>

#include "isa/geometry.h"
#include "sim/model/array_values.h"
#include "sim/model/scale_unit.h"
#include "sim/model/scratchpad.h"
#include "sim/model/state.h"
#include "sim/model/unit.h"

namespace lutra::model {

/// Nothing but the drain credit ever delays a step and the scale unit never waits, so a command's whole schedule is known when it
/// starts (isa/timing/compute_timing.h); values are computed a segment at a time.
class Array : public Unit {
 public:
  /// The scale unit retires the array's commands. All references must outlive the array.
  Array(const ArchConfig& config, const Geometry& geometry, Scratchpads& pads, ScaleUnit& scale);

  // Commands from control. A command pushed at edge `now` is seen at the queue's head at now + 1; ignored while stopped.
  [[nodiscard]] bool can_push(Cycle now) const { return queue_.can_push(now); }
  void push(Cycle now, const ArrayCommand& command);

  bool wants_start(Cycle now) override { return stopped_at_ == kNever && queue_.can_pop(now) && now >= last_issue_; }
  [[nodiscard]] std::uint8_t wait_mask() const override { return queue_.front().wait; }
  void start(Cycle now) override;
  [[nodiscard]] bool idle(Cycle now) override { return queue_.empty(now) && now > busy_until_; }
  /// Also stops the scale unit. What happens at edge `now` itself and the end of all work follow in operate(now).
  void stop(Cycle now) override {
    stopped_at_ = now;
    stop_pending_ = true;
  }
  void release() override { stopped_at_ = kNever; }

  bool operate(Cycle now) override;
  [[nodiscard]] Cycle next_event(Cycle now) const override;
  void describe(std::ostream& out) const override;

  /// Steps issued at edges up to and including `through`; array_step_o of a step at edge t is sampled at t + 1.
  /// `through` may lie at most two edges before the last edge operated, here and in waits().
  [[nodiscard]] std::int64_t steps(Cycle through) const;
  /// Edges up to and including `through` at which a command was there and no step issued; array_wait_o is sampled one edge later.
  [[nodiscard]] std::int64_t waits(Cycle through) const;

  /// What the future depends on, after all work at an edge (sim/model/state.h).
  void append_state(StateWriter& out) const;

 private:
  /// A started command and its present run: the steps up to the next token (a segment, or the whole command).
  struct Work {
    ArrayCommand command{};
    std::int64_t runs = 0;       // left, the present one included
    std::int64_t run_steps = 0;  // steps of every run
    int words = 1;               // of the token of every run
    bool drains = false;
    bool clear = false;
    Cycle first = 0, last = 0;           // issue edges of the present run's first and last step
    std::int64_t consumed = 0;           // steps of it whose values are in
    std::int64_t table = 0, weight = 0;  // words of its first step
    int param = 0;
    bool add = false;
    int table_window = -1, weight_window = -1, tile_window = -1, parameter_window = -1, scale_window = -1;
  };

  /// Edges [first, last] at which a command was there.
  struct Stretch {
    Cycle first = 0, last = -1;
    [[nodiscard]] std::int64_t until(Cycle through) const { return std::max<std::int64_t>(0, std::min(last, through) - first + 1); }
  };

  [[nodiscard]] std::int64_t issued(const Work& work, Cycle through) const;
  [[nodiscard]] Cycle period(const Work& work) const;
  void end_stretch(Cycle last);
  void catch_up(Cycle now);
  void drop(Cycle now);
  [[nodiscard]] Cycle retire_edge(const Work& work) const;
  void open_windows(Work& work);
  void reserve_reads(const Work& work, Cycle now);
  void consume(Work& work, std::int64_t to);
  bool advance(Work& work, Cycle now);
  void hand_over(Work& work);

  const ArchConfig& config_;
  const int interval_;  // edges from a step to the next one, at least
  const Geometry& geometry_;
  Scratchpads& pads_;
  ScaleUnit& scale_;
  ArrayValues values_;
  Fifo<ArrayCommand> queue_;
  std::deque<Work> works_;
  Cycle last_issue_ = -1;  // of the command started last
  Cycle ready_from_ = 0;   // first edge at which the next command's first step can issue
  Cycle credit_from_ = 0;  // first edge at which the next token's step can issue
  Cycle busy_until_ = -1;  // last edge at which the unit is not idle because of started commands
  Cycle stopped_at_ = kNever;
  bool stop_pending_ = false;
  std::int64_t steps_ = 0;    // of runs issued some edges ago
  std::deque<Work> recent_;   // runs issued since, for steps()
  std::int64_t present_ = 0;  // edges with a command, before the two last stretches
  Stretch before_;
  Cycle present_from_ = 0;  // start of the present stretch
};

}  // namespace lutra::model
