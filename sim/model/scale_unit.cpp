#include "sim/model/scale_unit.h"

#include <algorithm>
#include <cstring>

#include "isa/timing/compute_timing.h"

namespace lutra::model {

ScaleUnit::ScaleUnit(const ArchConfig& config, const Geometry& geometry, Scratchpads& pads, RetireSink& retire_sink)
    : columns_(config.array.columns),
      outputs_(config.scale.outputs_per_cycle),
      words_per_row_(geometry.accumulator_words_per_row),
      words_per_tile_(geometry.accumulator_words_per_tile),
      tiles_(config.buffer.accumulator_tiles),
      pads_(pads),
      retire_sink_(retire_sink),
      zeros_(static_cast<std::size_t>(config.array.rows * columns_)),
      old_(static_cast<std::size_t>(config.array.rows * columns_)) {}

Cycle ScaleUnit::end_edge(const SegmentToken& token) { return token.first_issue + token.words - 1 + timing::kTileWrite; }

void ScaleUnit::read_parameters(const SegmentToken& token, int word) {
  std::int32_t* zeros = zeros_.data() + word * outputs_;
  if (token.zmode != 2) {
    std::fill_n(zeros, outputs_, token.zmode == 1 ? token.zero : 0);
    return;
  }
  const std::uint8_t* from = pads_.parameter.word(token.param + word % words_per_row_);
  for (int j = 0; j < outputs_; ++j) {
    const unsigned value = from[2 * j] | (static_cast<unsigned>(from[2 * j + 1] & 3U) << 8U);
    zeros[j] = static_cast<std::int32_t>(value << 22U) >> 22;
  }
}

void ScaleUnit::read_old(const SegmentToken& token, int word) {
  std::uint32_t* old = old_.data() + word * outputs_;
  const auto bytes = static_cast<std::size_t>(outputs_) * sizeof *old;
  if (token.add) {
    std::memcpy(old, pads_.accumulator.word((token.tile & (tiles_ - 1)) * words_per_tile_ + word), bytes);
  } else {
    std::memset(old, 0, bytes);
  }
}

void ScaleUnit::write(const SegmentToken& token, int word) {
  std::uint8_t* to = pads_.accumulator.word((token.tile & (tiles_ - 1)) * words_per_tile_ + word);
  const std::uint32_t sum = token.sums[static_cast<std::size_t>(word / words_per_row_)];
  for (int j = 0; j < outputs_; ++j) {
    const auto i = static_cast<std::size_t>(word * outputs_ + j);
    const std::uint32_t value = static_cast<std::uint32_t>(token.results[i]) - static_cast<std::uint32_t>(zeros_[i]) * sum + old_[i];
    std::memcpy(to + 4 * j, &value, sizeof value);
  }
}

/// Moves values up to edge `now`, each access at its edge.
void ScaleUnit::drain(const SegmentToken& token, Cycle now) {
  if (!token.drains || !pads_.accumulator.has_values()) return;
  const auto due = [&](int delay) { return static_cast<int>(std::clamp<Cycle>(now - delay - token.first_issue + 1, 0, token.words)); };
  for (const int end = due(timing::kParameterRead); parameters_read_ < end; ++parameters_read_) read_parameters(token, parameters_read_);
  for (const int end = due(timing::kOldRead); old_read_ < end; ++old_read_) read_old(token, old_read_);
  for (const int end = due(timing::kTileWrite); written_ < end; ++written_) write(token, written_);
}

void ScaleUnit::close_windows(const SegmentToken& token) {
  if (token.tile_window >= 0) pads_.accumulator.close(token.tile_window);
  if (token.parameter_window >= 0) pads_.parameter.close(token.parameter_window);
}

bool ScaleUnit::operate(Cycle now) {
  bool seen = false;
  while (!tokens_.empty()) {
    const SegmentToken& token = tokens_.front();
    const bool ended = end_edge(token) <= now;
    if (ended || pads_.accumulator.conflict() || pads_.parameter.conflict()) drain(token, now);
    if (!ended) break;
    if (token.retires) {
      close_windows(token);
      retire_sink_.retire(end_edge(token), lutra::Unit::kArray, token.signal);
    }
    parameters_read_ = old_read_ = written_ = 0;
    seen = true;
    tokens_.pop_front();
  }
  return seen;
}

void ScaleUnit::stop(Cycle now) {
  operate(now);
  if (!tokens_.empty()) drain(tokens_.front(), now);
  for (const SegmentToken& token : tokens_)
    if (token.retires) close_windows(token);
  tokens_.clear();
  parameters_read_ = old_read_ = written_ = 0;
}

Cycle ScaleUnit::next_event(Cycle now) const {
  for (const SegmentToken& token : tokens_)
    if (token.retires) return std::max(now + 1, end_edge(token));
  return kNever;
}

void ScaleUnit::describe(std::ostream& out) const {
  out << "scale_unit: " << tokens_.size() << " segments in flight";
  if (!tokens_.empty()) out << ", first ends at cycle " << end_edge(tokens_.front());
  out << '\n';
}

}  // namespace lutra::model
