// A core's state as far as time depends on it, written relative to an edge: equal states behave alike from there on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/model/block.h"

namespace lutra::model {

/// Collects what a block's future depends on. Edges are written relative to the edge `now` that has just been finished; what lies
/// behind it and can no longer be told apart is written alike. Bytes and on-chip addresses do not decide when anything happens and are
/// left out; memory addresses decide only where bursts are cut (rows()).
class StateWriter {
 public:
  explicit StateWriter(Cycle now) : now_(now) {}

  [[nodiscard]] Cycle now() const { return now_; }
  void put(std::int64_t value) { words_.push_back(value); }
  /// An edge that matters only while it lies behind `now`.
  void edge(Cycle edge) { words_.push_back(edge == kNever ? kNever : edge <= now_ ? 0 : edge - now_); }
  /// An edge that matters also when it has passed.
  void exact_edge(Cycle edge) { words_.push_back(edge == kNever ? kNever : edge - now_); }
  /// Where rows of `bytes` bytes from `address` on, `pitch` apart, meet the borders at which AXI bursts are cut.
  void rows(std::uint64_t address, std::uint64_t bytes, std::int64_t rows, std::uint64_t pitch) {
    bool cut = false;
    for (std::int64_t r = 0; r < rows && !cut; ++r) cut = (address + static_cast<std::uint64_t>(r) * pitch) % kBoundary + bytes > kBoundary;
    words_.push_back(cut ? static_cast<std::int64_t>(address % kBoundary) : -1);
  }
  /// The block is in a state that is not compared (a trap, a stop); `why` is for people.
  void refuse(const char* why) { refused_ = why; }

  [[nodiscard]] const char* refused() const { return refused_; }
  [[nodiscard]] std::vector<std::int64_t>& words() { return words_; }

  static constexpr std::uint64_t kBoundary = 4096;  // AXI bursts do not cross it

 private:
  Cycle now_;
  const char* refused_ = nullptr;
  std::vector<std::int64_t> words_;
};

}  // namespace lutra::model
