#include "sim/model/table_builder.h"

#include <algorithm>
#include <cstring>

#include "isa/timing/compute_timing.h"

namespace lutra::model {

TableBuilder::TableBuilder(const ArchConfig& config, const Geometry& geometry, Scratchpads& pads, RetireSink& retire_sink)
    : rows_(config.array.rows),
      activation_bytes_(geometry.activation_bits / 8),
      row_bytes_(geometry.kstep * activation_bytes_),
      groups_(config.array.tables_per_lane / config.table.builder_tables),
      group_bytes_(config.table.builder_tables * config.array.table_inputs * activation_bytes_),
      config_(config),
      pads_(pads),
      retire_sink_(retire_sink),
      queue_(config.control.queue_depth) {}

void TableBuilder::start(Cycle now) {
  for (const Dropped& d : dropped_) slots_ += d.slots;
  dropped_.clear();
  Work work;
  work.command = queue_.pop(now);
  const BuildCommand& c = work.command;
  work.first = now + 1;
  if (pads_.table.has_values()) work.held.resize(static_cast<std::size_t>(kHeld * row_bytes_));
  work.slots = timing::build_slots(config_, c.ksteps, c.rows);
  for (int r = 0; r < c.rows; ++r)
    work.activation_windows.push_back(pads_.activation.open(Scratchpad::Access::kRead, c.src + r * c.src_pitch, c.ksteps));
  work.table_window = pads_.table.open(Scratchpad::Access::kWrite, c.dst, c.ksteps);
  last_slot_ = now + work.slots;
  busy_until_ = last_slot_ + timing::kTableWrite;
  works_.push_back(std::move(work));
}

/// Reads the next unit's activations.
void TableBuilder::read(Work& work) {
  const BuildCommand& c = work.command;
  const std::int64_t kstep = work.units_read / c.rows;
  const auto row = static_cast<int>(work.units_read % c.rows);
  std::memcpy(work.held.data() + work.units_read % kHeld * row_bytes_, pads_.activation.word(c.src + row * c.src_pitch + kstep),
              static_cast<std::size_t>(row_bytes_));
  ++work.units_read;
}

/// Writes the next slot's tables, and S with the last of a unit.
void TableBuilder::write(Work& work) {
  const BuildCommand& c = work.command;
  const std::int64_t unit = work.slots_written / groups_;
  const auto group = static_cast<int>(work.slots_written % groups_);
  const auto row = static_cast<int>(unit % c.rows);
  const std::uint8_t* held = work.held.data() + unit % kHeld * row_bytes_;
  std::uint8_t* word = pads_.table.word(c.dst + unit / c.rows);
  std::memcpy(word + row * row_bytes_ + group * group_bytes_, held + group * group_bytes_, static_cast<std::size_t>(group_bytes_));
  if (group == groups_ - 1) {
    std::int32_t sum = 0;
    for (int i = 0; i < row_bytes_; i += activation_bytes_)
      sum += activation_bytes_ == 1 ? static_cast<std::int8_t>(held[i]) : static_cast<std::int16_t>(held[i] | held[i + 1] << 8);
    std::memcpy(word + rows_ * row_bytes_ + row * 4, &sum, sizeof sum);
  }
  ++work.slots_written;
}

/// Moves values up to edge `now`, each access at its edge.
void TableBuilder::advance(Work& work, Cycle now) {
  if (!pads_.table.has_values()) return;
  const std::int64_t writes = std::clamp<std::int64_t>(now - timing::kTableWrite - work.first + 1, 0, work.slots);
  const std::int64_t read_slots = std::clamp<std::int64_t>(now - timing::kActivationRead - work.first + 1, 0, work.slots);
  while (work.slots_written < writes) {
    if (work.units_read <= work.slots_written / groups_) read(work);
    write(work);
  }
  while (work.units_read < ceil_div(read_slots, groups_)) read(work);
}

void TableBuilder::close(const Work& work) {
  for (const int window : work.activation_windows) pads_.activation.close(window);
  pads_.table.close(work.table_window);
}

bool TableBuilder::operate(Cycle now) {
  if (!stop_pending_) return catch_up(now);
  stop_pending_ = false;
  drop(stopped_at_);
  return true;
}

bool TableBuilder::catch_up(Cycle now) {
  bool seen = false;
  while (!works_.empty()) {
    Work& work = works_.front();
    const Cycle end = work.first + work.slots - 1 + timing::kTableWrite;
    const bool ended = end <= now;
    if (ended) advance(work, now);
    if (!ended) break;
    close(work);
    slots_ += work.slots;
    retire_sink_.retire(end, lutra::Unit::kBuild, work.command.signal);
    works_.pop_front();
    seen = true;
  }
  // A command behind the first reads while the first one's last slots are in the pipeline.
  if (pads_.activation.conflict() || pads_.table.conflict())
    for (Work& work : works_) advance(work, now);
  return seen;
}

void TableBuilder::drop(Cycle now) {
  catch_up(now);
  for (Work& work : works_) {
    advance(work, now);
    close(work);
    dropped_.push_back({work.first, std::clamp<std::int64_t>(now - work.first, 0, work.slots)});
  }
  works_.clear();
  if (queue_.size() > 0 || busy_until_ >= now) busy_until_ = now;
  queue_.clear();
  last_slot_ = now;
}

Cycle TableBuilder::next_event(Cycle now) const {
  if (stop_pending_) return now + 1;
  Cycle next = kNever;
  if (queue_.size() > 0 && last_slot_ > now) next = last_slot_;
  if (!works_.empty()) next = std::min(next, std::max(now + 1, works_.front().first + works_.front().slots - 1 + timing::kTableWrite));
  return next;
}

std::int64_t TableBuilder::busy(Cycle through) const {
  std::int64_t count = slots_;
  for (const Dropped& d : dropped_) count += std::clamp<std::int64_t>(through - d.first + 1, 0, d.slots);
  for (const Work& work : works_) count += std::clamp<std::int64_t>(through - work.first + 1, 0, work.slots);
  return count;
}

void TableBuilder::describe(std::ostream& out) const {
  out << "table_builder: " << queue_.size() << " commands queued, " << works_.size() << " started";
  if (!works_.empty()) out << ", newest has its last slot at cycle " << last_slot_;
  if (queue_.size() > 0) out << ", head waits for semaphores " << static_cast<int>(queue_.front().wait);
  out << '\n';
}

}  // namespace lutra::model
