// The on-chip buffers of the model: their bytes, their read ports' schedules, and who works through which part of them lazily.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/geometry.h"
#include "sim/model/block.h"
#include "sim/model/state.h"

namespace lutra::model {

/// One buffer: `words` words of `word_bytes` bytes; addresses wrap. Starts as zeros, as lutra_sram does in simulation.
/// Without values it holds no bytes and only keeps windows and schedules.
class Scratchpad {
 public:
  enum class Access : std::uint8_t { kRead, kWrite };

  Scratchpad(int words, int word_bytes, bool values);

  [[nodiscard]] int words() const { return words_; }
  [[nodiscard]] int word_bytes() const { return word_bytes_; }
  [[nodiscard]] bool has_values() const { return !bytes_.empty(); }

  /// The word_bytes() bytes of a word; `address` is wrapped. Only with values. The words lie one behind the other.
  [[nodiscard]] std::uint8_t* word(std::int64_t address) { return bytes_.data() + offset(address); }
  [[nodiscard]] const std::uint8_t* word(std::int64_t address) const { return bytes_.data() + offset(address); }

  /// Copies `count` bytes to byte `first` of the buffer on, wrapping at its end. Does nothing without values.
  void write_bytes(std::int64_t first, const std::uint8_t* source, std::int64_t count);
  /// Copies `count` bytes from byte `first` of the buffer on, wrapping at its end. Only with values.
  void read_bytes(std::int64_t first, std::uint8_t* destination, std::int64_t count) const;

  /// Declares that words [first, first + count) (wrapping; count may exceed the depth) will be read or written over some cycles.
  /// Open it in start(), before the first access, which is a later edge; close it when the last access has been performed on the bytes.
  /// Returns a handle.
  int open(Access access, std::int64_t first, std::int64_t count);
  void close(int handle);
  /// A read window and a write window overlap: every edge has to be stepped and every access performed at its own edge.
  [[nodiscard]] bool conflict() const { return conflicts_ > 0; }

  /// A reader with priority declares at edge `now` that it has the read port at the edges [first, first + count), first > now.
  /// Calls come in order of `first`.
  void reserve_read(Cycle now, Cycle first, Cycle count);
  /// Whether the read port is reserved at edge `now`. Calls come in ascending order of `now`.
  [[nodiscard]] bool read_reserved(Cycle now);
  /// Drops reservations of edges >= `now` (the reader with priority was stopped).
  void drop_reservations(Cycle now);
  /// Reservations that are still to come (sim/model/state.h).
  void append_reservations(StateWriter& out) const;

 private:
  struct Window {
    bool used = false;
    Access access = Access::kRead;
    std::int64_t first = 0;
    std::int64_t count = 0;
  };
  struct Reservation {
    Cycle first;
    Cycle end;
  };

  [[nodiscard]] std::size_t offset(std::int64_t address) const {
    return static_cast<std::size_t>(wrap(address)) * static_cast<std::size_t>(word_bytes_);
  }
  // Depths are powers of two except that of accumulators, whose tiles may have an odd number of rows.
  [[nodiscard]] std::int64_t wrap(std::int64_t address) const {
    if ((words_ & (words_ - 1)) == 0) return address & (words_ - 1);
    return (address % words_ + words_) % words_;
  }
  [[nodiscard]] int overlaps(const Window& window) const;

  int words_;
  int word_bytes_;
  int conflicts_ = 0;
  std::vector<std::uint8_t> bytes_;
  std::vector<Window> windows_;
  std::vector<Reservation> reservations_;
  std::size_t next_reservation_ = 0;
};

/// All buffers of a core.
/// - instruction, activation, weight, parameter, token_scale: words as they lie in memory (WordLayout::stride_bytes).
/// - table: for row m, K G activations in table order (the tables follow from them), then for row m, S as a little-endian INT32; where
///   tables are loaded or have scales, words as they lie in memory.
/// - accumulator: outputs_per_cycle little-endian INT32.
/// The instruction buffer has its bytes always: without values, too, the core has to know what it executes.
struct Scratchpads {
  Scratchpads(const ArchConfig& config, const Geometry& geometry, bool values);

  Scratchpad instruction, activation, weight, parameter, token_scale, table, accumulator;

  /// The destination of a load; throws std::logic_error for a buffer that loads cannot name.
  [[nodiscard]] Scratchpad& loadable(int buffer);
  [[nodiscard]] bool conflict() const {
    return instruction.conflict() || activation.conflict() || weight.conflict() || parameter.conflict() || token_scale.conflict() ||
           table.conflict() || accumulator.conflict();
  }
};

/// Layout of a buffer that loads can name, by the number in the instruction's `buffer` field.
const WordLayout& loadable_layout(const Geometry& geometry, int buffer);

}  // namespace lutra::model
