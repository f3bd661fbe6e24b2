// SM processes.
#define SC_INCLUDE_DYNAMIC_PROCESSES
#include "sim/gpu/tile_process.h"

#include <algorithm>
#include <deque>
#include <systemc>

#include "sim/systemc/start.h"

namespace lutra::gpu {
namespace {

constexpr sc_core::sc_time_unit kCycle = sc_core::SC_NS;

/// One SM: the blocks that it holds, its tensor pipe, and a process that runs whenever something of it ends.
class Sm {
 public:
  Sm(const TilePlan& plan, std::int64_t tiles) : plan_(plan), tiles_(tiles) {}

  /// The process: takes what has ended, starts what can start, and waits for the next end.
  void step() {
    const Cycle now = cycles();
    if (multiplying_ && pipe_until_ == now) {
      multiplying_ = false;
      writing_until_.push_back(now + plan_.epilogue);
    }
    while (!writing_until_.empty() && writing_until_.front() <= now) {
      writing_until_.pop_front();
      --held_;
      ++written_;
    }
    while (held_ < plan_.residents && taken_ < tiles_) {
      ++taken_;
      ++held_;
      loaded_at_.push_back(now + plan_.prologue);
    }
    if (!multiplying_ && !loaded_at_.empty() && loaded_at_.front() <= now) {
      loaded_at_.pop_front();
      multiplying_ = true;
      pipe_until_ = now + plan_.product_of(multiplied_++);
    }
    if (written_ == tiles_) {
      ended_ = now;
    } else {
      sc_core::next_trigger(static_cast<double>(next_end(now) - now), kCycle);
    }
  }

  [[nodiscard]] Cycle ended() const { return ended_; }
  static Cycle cycles() { return static_cast<Cycle>(sc_core::sc_time_stamp().value() / sc_core::sc_time(1, kCycle).value()); }

 private:
  [[nodiscard]] Cycle next_end(Cycle now) const {
    Cycle next = multiplying_ ? pipe_until_ : loaded_at_.empty() ? writing_until_.front() : loaded_at_.front();
    if (!writing_until_.empty()) next = std::min(next, writing_until_.front());
    return std::max(next, now);
  }

  const TilePlan& plan_;
  std::int64_t tiles_;
  std::int64_t taken_ = 0, multiplied_ = 0, written_ = 0;
  int held_ = 0;
  bool multiplying_ = false;
  Cycle pipe_until_ = 0;
  std::deque<Cycle> loaded_at_, writing_until_;  // of the blocks that load, that write; in order
  Cycle ended_ = 0;
};

}  // namespace

Cycle run_tiles(const TilePlan& plan, int sm_count) {
  std::deque<Sm> sms;
  for (std::int64_t i = 0; i < plan.active_sms; ++i) sms.emplace_back(plan, plan.tiles / sm_count + (i < plan.tiles % sm_count ? 1 : 0));
  const Cycle begin = Sm::cycles();
  sc_core::sc_spawn_options options;
  options.spawn_method();
  for (Sm& sm : sms) sc_core::sc_spawn([&sm] { sm.step(); }, sc_core::sc_gen_unique_name("sm"), &options);
  systemc::run_to_end();
  Cycle end = begin;
  for (const Sm& sm : sms) end = std::max(end, sm.ended());
  return end - begin;
}

}  // namespace lutra::gpu
