// The scale unit: drains finished segments into accumulator tiles and retires array commands.
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

/// What the array hands over with `seg_valid`.
struct SegmentToken {
  Cycle first_issue = 0;  // edge at which the scale unit issues the first word
  int words = 1;          // words it drains; one empty pass when nothing is drained
  bool drains = false;
  bool retires = false;
  bool add = false;
  int rows = 0, tile = 0, param = 0;
  int zmode = 0, zero = 0;
  std::uint8_t signal = 0;
  int tile_window = -1, parameter_window = -1, scale_window = -1;  // to be closed when the command retires
  std::vector<std::int32_t> results;                               // row-major, rows x N, or FP32 bits; only with values
  std::vector<std::uint32_t> sums;
  std::vector<float> table_scales;  // of the rows, where tables have any
  // Filled as words come by, counted in words: zero points, s', s' z', s_a of the rows, old outputs.
  std::vector<std::int32_t> zeros;
  std::vector<float> scales, minima, token_scales;
  std::vector<std::uint32_t> old;
  int parameters_read = 0, old_read = 0, written = 0;
};

class ScaleUnit : public Block {
 public:
  ScaleUnit(const ArchConfig& config, const Geometry& geometry, Scratchpads& pads, RetireSink& retire_sink);

  /// A token; before first_issue.
  void push(SegmentToken token) { tokens_.push_back(std::move(token)); }
  /// `stop_i` is sampled high at edge `now`: what is due at it still happens, the rest is dropped. In place of operate(now).
  void stop(Cycle now);

  bool operate(Cycle now) override;
  [[nodiscard]] Cycle next_event(Cycle now) const override;
  void describe(std::ostream& out) const override;

  /// Edge of the last word's write, which is the retire edge of a token that retires.
  [[nodiscard]] Cycle end_edge(const SegmentToken& token) const { return token.first_issue + token.words - 1 + tile_write_; }

  /// What the future depends on, after all work at an edge (sim/model/state.h).
  void append_state(StateWriter& out) const;

 private:
  void drain(SegmentToken& token, Cycle now);
  void read_parameters(SegmentToken& token, int word);
  void read_old(SegmentToken& token, int word);
  void write(const SegmentToken& token, int word);
  /// The number that a sum of the array stands for: an integer, or FP32.
  [[nodiscard]] float number(std::uint32_t bits) const;
  /// FP32 bits of output i of a token, in `row`, whose sum less its zero point is `value`.
  [[nodiscard]] std::uint32_t scaled(const SegmentToken& token, std::size_t i, std::size_t row, float value) const;
  void close_windows(const SegmentToken& token);

  const Geometry& geometry_;
  int old_read_delay_, tile_write_;  // from a word's issue
  int rows_, outputs_, words_per_row_, words_per_tile_, tiles_;
  Scratchpads& pads_;
  RetireSink& retire_sink_;
  std::deque<SegmentToken> tokens_;
};

}  // namespace lutra::model
