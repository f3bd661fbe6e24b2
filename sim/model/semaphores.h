// The eight semaphores of a core (rtl/lutra_semaphores.v).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/model/block.h"
#include "sim/model/state.h"
#include "sim/model/unit.h"

namespace lutra::model {

class Semaphores {
 public:
  static constexpr int kCounters = 8;

  /// Lets every unit start that wants to and may, in order of priority (`units` in the order of lutra::Unit), at edge `now`.
  /// Returns a bit for each unit that did.
  std::uint8_t arbitrate(Cycle now, const std::array<Unit*, kUnits>& units);

  /// A command retires: at edge `d`, not before the last finished edge, each semaphore of the mask is incremented.
  void signal(Cycle d, std::uint8_t mask) { pending_.push_back({d, mask, 1}); }
  /// The program adds `count` to each of the mask at edge `now`.
  void post(Cycle now, std::uint8_t mask, int count) { pending_.push_back({now, mask, count}); }
  /// All counters become 0 at edge `now`.
  void clear(Cycle now) { clear_at_ = now; }

  /// Ends edge `now`: what was taken and given at it becomes visible at the next one. Returns whether anything was.
  bool finish(Cycle now);
  /// Whether a counter passed 255 at the edge that finish() ended last; control sees it at the next one.
  [[nodiscard]] bool overflowed() const { return overflowed_; }

  /// First edge after `now` at which finish() has something to do.
  [[nodiscard]] Cycle next_event(Cycle now) const;
  [[nodiscard]] const std::array<int, kCounters>& counts() const { return counts_; }
  /// What the future depends on, after all work at an edge (sim/model/state.h). A program that starts clears the counters: between
  /// programs they do not matter.
  void append_state(StateWriter& out, bool running) const;
  void describe(std::ostream& out) const;

 private:
  struct Increment {
    Cycle edge;
    std::uint8_t mask;
    int count;
  };
  std::array<int, kCounters> counts_{};
  std::vector<Increment> pending_;
  std::uint8_t taken_ = 0;  // at the current edge
  Cycle clear_at_ = -1;
  bool overflowed_ = false;
};

}  // namespace lutra::model
