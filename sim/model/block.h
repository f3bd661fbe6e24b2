// What every block of the model is: a clocked machine that can be asked to catch up to an edge and to say when it next matters.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <ostream>

namespace lutra::model {

using Cycle = std::int64_t;
inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

/// The simulation contract, after docs/microarchitecture.md, "Model".
class Block {
 public:
  virtual ~Block() = default;

  /// Performs everything this block does at edges up to and including `now` (edges it was not called for are caught up).
  /// What it changes at edge t other blocks see at t + 1. Returns whether it did anything another block could see.
  virtual bool operate(Cycle now) = 0;

  /// First edge after `now` at which operate() may do something another block could see if no other block acts before;
  /// kNever when it waits for another block. Too early is allowed, too late is a bug.
  [[nodiscard]] virtual Cycle next_event(Cycle now) const = 0;

  /// Prints queues and state, for the deadlock watchdog.
  virtual void describe(std::ostream& out) const = 0;
};

/// A registered FIFO between two blocks: at most one push and one pop an edge, each visible to the other side at the next edge.
template <typename T, int kMaxDepth = 64>
class Fifo {
 public:
  explicit Fifo(int depth) : depth_(depth) {}

  /// Registered "not full" as the producer samples it at edge `now`.
  [[nodiscard]] bool can_push(Cycle now) const { return size_ - (last_push_ == now) + (last_pop_ == now) < depth_; }
  void push(Cycle now, T value) {
    slots_[static_cast<std::size_t>((head_ + size_) % kMaxDepth)] = std::move(value);
    ++size_;
    last_push_ = now;
  }
  /// Registered "not empty" as the consumer samples it at edge `now`.
  [[nodiscard]] bool can_pop(Cycle now) const {
    return size_ - (last_push_ == now) + (last_pop_ == now) > 0 && size_ - (last_push_ == now) > 0;
  }
  [[nodiscard]] const T& front() const { return slots_[static_cast<std::size_t>(head_)]; }
  T pop(Cycle now) {
    T value = std::move(slots_[static_cast<std::size_t>(head_)]);
    head_ = (head_ + 1) % kMaxDepth;
    --size_;
    last_pop_ = now;
    return value;
  }
  /// Edge of the last push: an entry pushed at t can be popped from t + 1.
  [[nodiscard]] int size() const { return size_; }
  /// The i-th entry from the head.
  [[nodiscard]] const T& at(int i) const { return slots_[static_cast<std::size_t>((head_ + i) % kMaxDepth)]; }
  /// Registered "empty" at edge `now`.
  [[nodiscard]] bool empty(Cycle now) const { return size_ - (last_push_ == now) + (last_pop_ == now) == 0; }
  void clear() {
    size_ = 0;
    head_ = 0;
  }

 private:
  int depth_;
  int head_ = 0;
  int size_ = 0;
  Cycle last_push_ = -1;
  Cycle last_pop_ = -1;
  T slots_[kMaxDepth]{};
};

}  // namespace lutra::model
