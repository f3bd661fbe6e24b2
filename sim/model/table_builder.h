// The table builder: when its slots run, and which activations they turn into tables.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <ostream>
#include <vector>

#include "isa/geometry.h"
#include "sim/model/float_tables.h"
#include "sim/model/grouped_tables.h"
#include "sim/model/scratchpad.h"
#include "sim/model/state.h"
#include "sim/model/unit.h"

namespace lutra::model {

/// Nothing delays a started command. The model's table words keep the activations that their tables follow from; float tables and
/// tables with scales are kept as they are, for theirs follow from a whole group.
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
    Cycle first = 0;              // edge of the first slot
    std::int64_t slots = 0;       // that do something
    std::int64_t span = 0;        // edges from the first to the last of them
    std::int64_t looked = 0;      // units whose activations were looked at for their group's scale
    std::int64_t units_read = 0;  // a unit is a row of a k-step
    std::int64_t slots_written = 0;
    std::vector<std::uint8_t> held;               // held_ activation words
    std::array<std::vector<GroupLook>, 2> looks;  // by row, of even and odd groups
    std::int32_t sum = 0;                         // S of the unit that is being written, as far as it goes
    std::vector<int> activation_windows;
    int table_window = -1;
  };
  struct Dropped {  // slots of a command that was stopped
    Cycle first;
    std::int64_t until;  // edges from the first slot on
    std::int64_t ksteps;
    int rows;
  };
  /// Slots at the first `edges` edges of a command.
  [[nodiscard]] std::int64_t slots_in(std::int64_t ksteps, int rows, std::int64_t edges) const;
  /// A group's place in the schedule of a command.
  struct Place {
    std::int64_t group;   // number of the group
    std::int64_t ksteps;  // its own
    std::int64_t start;   // edges from the first slot to the group's first
  };
  [[nodiscard]] Place place_of(const BuildCommand& command, std::int64_t unit) const;
  [[nodiscard]] std::int64_t build_edge(const BuildCommand& command, std::int64_t unit, std::int64_t slot) const;

  void read(Work& work);
  void look(Work& work);
  void write_grouped(Work& work);
  void advance_grouped(Work& work, Cycle now);
  void write(Work& work);
  void advance(Work& work, Cycle now);
  void close(const Work& work);
  bool catch_up(Cycle now);
  void drop(Cycle now);

  int rows_, activation_bytes_, row_bytes_, groups_, group_bytes_, table_write_, held_;
  const ArchConfig& config_;
  const Geometry& geometry_;
  GroupedTables tables_;
  FloatTables float_tables_;
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
