#include "sim/model/scale_unit.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "isa/timing/compute_timing.h"

namespace lutra::model {
namespace {

constexpr std::uint32_t kCanonicalNan = 0x7FC00000;

/// fl(old + fl(value fl(scales))) (docs/numerics.md, Accumulation).
float scaled_sum(float old, float value, float factor) {
  const float product = value * factor;
  return old + product;
}

/// fl(old - fl(S fl(scales))).
float without_offset(float old, float sum, float factor) {
  const float product = sum * factor;
  return old - product;
}

/// fl(acc - fl(z' S)).
float without_zero(float acc, std::int32_t zero, float sum) {
  const float product = static_cast<float>(zero) * sum;
  return acc - product;
}

}  // namespace

ScaleUnit::ScaleUnit(const ArchConfig& config, const Geometry& geometry, Scratchpads& pads, RetireSink& retire_sink)
    : geometry_(geometry),
      old_read_delay_(timing::old_read(config)),
      tile_write_(timing::tile_write(config)),
      rows_(config.array.rows),
      outputs_(config.scale.outputs_per_cycle),
      words_per_row_(geometry.accumulator_words_per_row),
      words_per_tile_(geometry.accumulator_words_per_tile),
      tiles_(config.buffer.accumulator_tiles),
      pads_(pads),
      retire_sink_(retire_sink) {}

void ScaleUnit::read_parameters(SegmentToken& token, int word) {
  std::int32_t* zeros = token.zeros.data() + word * outputs_;
  const std::uint8_t* from = pads_.parameter.word(token.param + word % words_per_row_);
  if (geometry_.scaled) {
    if (word == 0) std::memcpy(token.token_scales.data(), pads_.token_scale.word(token.tile), token.token_scales.size() * sizeof(float));
    for (int j = 0; j < outputs_; ++j) {
      std::memcpy(&token.scales[static_cast<std::size_t>(word * outputs_ + j)], from + 8 * j + 4, sizeof(float));
      if (geometry_.real_zeros) std::memcpy(&token.minima[static_cast<std::size_t>(word * outputs_ + j)], from + 8 * j, sizeof(float));
    }
  }
  if (token.zmode != 2 || geometry_.real_zeros) {
    std::fill_n(zeros, outputs_, token.zmode == 1 ? token.zero : 0);
    return;
  }
  for (int j = 0; j < outputs_; ++j) {
    const std::uint8_t* output = from + j * geometry_.parameter_output_bits / 8;
    const unsigned value = output[0] | (static_cast<unsigned>(output[1] & 3U) << 8U);
    zeros[j] = static_cast<std::int32_t>(value << 22U) >> 22;
  }
}

void ScaleUnit::read_old(SegmentToken& token, int word) {
  std::uint32_t* old = token.old.data() + word * outputs_;
  const auto bytes = static_cast<std::size_t>(outputs_) * sizeof *old;
  if (token.add) {
    std::memcpy(old, pads_.accumulator.word((token.tile & (tiles_ - 1)) * words_per_tile_ + word), bytes);
  } else {
    std::memset(old, 0, bytes);
  }
}

float ScaleUnit::number(std::uint32_t bits) const {
  return geometry_.floating ? std::bit_cast<float>(bits) : static_cast<float>(static_cast<std::int32_t>(bits));
}

std::uint32_t ScaleUnit::scaled(const SegmentToken& token, std::size_t i, std::size_t row, float value) const {
  const auto factor = [&](float own) {
    if (geometry_.grouped) own = own * token.table_scales[row];
    return own * token.token_scales[row];
  };
  float sum = scaled_sum(std::bit_cast<float>(token.old[i]), value, factor(token.scales[i]));
  if (geometry_.real_zeros && token.zmode == 2) sum = without_offset(sum, number(token.sums[row]), factor(token.minima[i]));
  return std::isnan(sum) ? kCanonicalNan : std::bit_cast<std::uint32_t>(sum);
}

void ScaleUnit::write(const SegmentToken& token, int word) {
  std::uint8_t* to = pads_.accumulator.word((token.tile & (tiles_ - 1)) * words_per_tile_ + word);
  const auto row = static_cast<std::size_t>(word / words_per_row_);
  for (int j = 0; j < outputs_; ++j) {
    const auto i = static_cast<std::size_t>(word * outputs_ + j);
    const auto acc = static_cast<std::uint32_t>(token.results[i]);
    const std::uint32_t exact = acc - static_cast<std::uint32_t>(token.zeros[i]) * token.sums[row];
    std::uint32_t value = exact + token.old[i];
    if (geometry_.floating) {
      value = scaled(token, i, row, without_zero(number(acc), token.zeros[i], number(token.sums[row])));
    } else if (geometry_.scaled) {
      value = scaled(token, i, row, number(exact));
    }
    std::memcpy(to + 4 * j, &value, sizeof value);
  }
}

/// Moves values up to edge `now`, each access at its edge.
void ScaleUnit::drain(SegmentToken& token, Cycle now) {
  if (!token.drains || !pads_.accumulator.has_values()) return;
  if (token.old.empty()) {
    const auto outputs = static_cast<std::size_t>(token.words * outputs_);
    token.zeros.resize(outputs);
    token.old.resize(outputs);
    if (geometry_.scaled) token.scales.resize(outputs);
    if (geometry_.real_zeros) token.minima.resize(outputs);
    if (geometry_.scaled) token.token_scales.resize(static_cast<std::size_t>(rows_));
  }
  const auto due = [&](int delay) { return static_cast<int>(std::clamp<Cycle>(now - delay - token.first_issue + 1, 0, token.words)); };
  for (const int end = due(timing::kParameterRead); token.parameters_read < end; ++token.parameters_read)
    read_parameters(token, token.parameters_read);
  for (const int end = due(old_read_delay_); token.old_read < end; ++token.old_read) read_old(token, token.old_read);
  for (const int end = due(tile_write_); token.written < end; ++token.written) write(token, token.written);
}

void ScaleUnit::close_windows(const SegmentToken& token) {
  if (token.tile_window >= 0) pads_.accumulator.close(token.tile_window);
  if (token.parameter_window >= 0) pads_.parameter.close(token.parameter_window);
  if (token.scale_window >= 0) pads_.token_scale.close(token.scale_window);
}

bool ScaleUnit::operate(Cycle now) {
  bool seen = false;
  // Words of a token are issued after the last one of the token before, but that may still be on its way. No word is read before it is
  // written: that is what the drain credit is for.
  if (pads_.accumulator.conflict() || pads_.parameter.conflict() || pads_.token_scale.conflict())
    for (SegmentToken& token : tokens_) drain(token, now);
  while (!tokens_.empty() && end_edge(tokens_.front()) <= now) {
    SegmentToken& token = tokens_.front();
    drain(token, now);
    if (token.retires) {
      close_windows(token);
      retire_sink_.retire(end_edge(token), lutra::Unit::kArray, token.signal);
    }
    seen = true;
    tokens_.pop_front();
  }
  return seen;
}

void ScaleUnit::stop(Cycle now) {
  operate(now);
  for (SegmentToken& token : tokens_) {
    drain(token, now);
    if (token.retires) close_windows(token);
  }
  tokens_.clear();
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
