#include "sim/model/table_builder.h"

#include <algorithm>
#include <cstring>

#include "isa/timing/compute_timing.h"
#include "sim/model/packed_bits.h"

namespace lutra::model {

TableBuilder::TableBuilder(const ArchConfig& config, const Geometry& geometry, Scratchpads& pads, RetireSink& retire_sink)
    : rows_(config.array.rows),
      activation_bytes_(geometry.activation_bits / 8),
      row_bytes_(geometry.kstep * activation_bytes_),
      groups_(config.array.tables_per_lane / config.table.builder_tables),
      group_bytes_(config.table.builder_tables * config.array.table_inputs * activation_bytes_),
      table_write_(timing::table_write(config)),
      held_(table_write_ + 2),
      config_(config),
      geometry_(geometry),
      tables_(config, geometry),
      float_tables_(config, geometry),
      pads_(pads),
      retire_sink_(retire_sink),
      queue_(config.control.queue_depth) {}

void TableBuilder::start(Cycle now) {
  for (const Dropped& d : dropped_) slots_ += slots_in(d.ksteps, d.rows, d.until);
  dropped_.clear();
  Work work;
  work.command = queue_.pop(now);
  const BuildCommand& c = work.command;
  work.first = now + 1;
  if (pads_.table.has_values()) work.held.resize(static_cast<std::size_t>(held_ * row_bytes_));
  if (geometry_.grouped)
    for (std::vector<GroupLook>& looks : work.looks) looks.resize(static_cast<std::size_t>(rows_));
  work.slots = timing::build_slots(config_, c.ksteps, c.rows);
  work.span = timing::build_span(config_, geometry_, c.ksteps, c.rows);
  for (int r = 0; r < c.rows; ++r)
    work.activation_windows.push_back(pads_.activation.open(Scratchpad::Access::kRead, c.src + r * c.src_pitch, c.ksteps));
  work.table_window = pads_.table.open(Scratchpad::Access::kWrite, c.dst, c.ksteps);
  last_slot_ = now + work.span;
  busy_until_ = last_slot_ + table_write_;
  works_.push_back(std::move(work));
}

/// Reads the next unit's activations.
void TableBuilder::read(Work& work) {
  const BuildCommand& c = work.command;
  const std::int64_t kstep = work.units_read / c.rows;
  const auto row = static_cast<int>(work.units_read % c.rows);
  std::memcpy(work.held.data() + work.units_read % held_ * row_bytes_, pads_.activation.word(c.src + row * c.src_pitch + kstep),
              static_cast<std::size_t>(row_bytes_));
  ++work.units_read;
}

/// Writes the next slot's tables, and S with the last of a unit.
void TableBuilder::write(Work& work) {
  const BuildCommand& c = work.command;
  const std::int64_t unit = work.slots_written / groups_;
  const auto group = static_cast<int>(work.slots_written % groups_);
  const auto row = static_cast<int>(unit % c.rows);
  const std::uint8_t* held = work.held.data() + unit % held_ * row_bytes_;
  std::uint8_t* word = pads_.table.word(c.dst + unit / c.rows);
  if (geometry_.floating) {
    float_tables_.put(held, row, word);
    ++work.slots_written;
    return;
  }
  std::memcpy(word + row * row_bytes_ + group * group_bytes_, held + group * group_bytes_, static_cast<std::size_t>(group_bytes_));
  if (group == groups_ - 1) {
    std::int32_t sum = 0;
    for (int i = 0; i < row_bytes_; i += activation_bytes_)
      sum += activation_bytes_ == 1 ? static_cast<std::int8_t>(held[i]) : static_cast<std::int16_t>(held[i] | held[i + 1] << 8);
    std::memcpy(word + rows_ * row_bytes_ + row * 4, &sum, sizeof sum);
  }
  ++work.slots_written;
}

std::int64_t TableBuilder::slots_in(std::int64_t ksteps, int rows, std::int64_t edges) const {
  edges = std::max<std::int64_t>(edges, 0);
  if (!geometry_.grouped) return std::min<std::int64_t>(edges, timing::build_slots(config_, ksteps, rows));
  std::int64_t count = 0;
  for (std::int64_t left = ksteps; left > 0 && edges > 0; left -= geometry_.group_ksteps) {
    const std::int64_t looks = std::min<std::int64_t>(left, geometry_.group_ksteps) * rows;
    count += std::min(edges, looks);
    edges -= looks + timing::scale_delay(config_);
    count += std::clamp<std::int64_t>(edges, 0, looks * groups_);
    edges -= looks * groups_;
  }
  return count;
}

TableBuilder::Place TableBuilder::place_of(const BuildCommand& command, std::int64_t unit) const {
  const std::int64_t whole = std::int64_t{geometry_.group_ksteps} * command.rows, group = unit / whole;
  return {group, std::min<std::int64_t>(geometry_.group_ksteps, command.ksteps - group * geometry_.group_ksteps),
          group * (whole * (groups_ + 1) + timing::scale_delay(config_))};
}

/// Edges from a command's first slot to a slot that builds tables of a unit.
std::int64_t TableBuilder::build_edge(const BuildCommand& command, std::int64_t unit, std::int64_t slot) const {
  const Place place = place_of(command, unit);
  const std::int64_t inside = unit - place.group * geometry_.group_ksteps * command.rows;
  return place.start + place.ksteps * command.rows + timing::scale_delay(config_) + inside * groups_ + slot;
}

/// Looks at the next unit's activations.
void TableBuilder::look(Work& work) {
  const BuildCommand& c = work.command;
  const auto row = static_cast<int>(work.looked % c.rows);
  const std::int64_t kstep = work.looked / c.rows;
  GroupLook& found = work.looks[static_cast<std::size_t>(place_of(c, work.looked).group & 1)][static_cast<std::size_t>(row)];
  if (kstep % geometry_.group_ksteps == 0) found = {};
  tables_.look(pads_.activation.word(c.src + row * c.src_pitch + kstep), found);
  ++work.looked;
}

/// Writes the next slot's tables, and with the last of a unit S and the scale.
void TableBuilder::write_grouped(Work& work) {
  const BuildCommand& c = work.command;
  const std::int64_t unit = work.slots_written / groups_;
  const auto group = static_cast<int>(work.slots_written % groups_), row = static_cast<int>(unit % c.rows);
  const GroupLook& found = work.looks[static_cast<std::size_t>(place_of(c, unit).group & 1)][static_cast<std::size_t>(row)];
  std::uint8_t* word = pads_.table.word(c.dst + unit / c.rows);
  if (group == 0) work.sum = 0;
  work.sum += tables_.put(work.held.data() + unit % held_ * row_bytes_, found, row, group * config_.table.builder_tables,
                          config_.table.builder_tables, word);
  if (group == groups_ - 1) {
    const std::int64_t sums = std::int64_t{rows_} * geometry_.table_row_bits, scales = sums + std::int64_t{rows_} * geometry_.sum_bits;
    put_bits(word, sums + std::int64_t{row} * geometry_.sum_bits, geometry_.sum_bits, static_cast<std::uint32_t>(work.sum));
    put_bits(word, scales + std::int64_t{row} * geometry_.table_scale_bits, geometry_.table_scale_bits, tables_.scale(found));
  }
  ++work.slots_written;
}

/// Looks, reads and writes up to edge `now`, in the order of their edges: looks of a group come before the last writes of the one before.
void TableBuilder::advance_grouped(Work& work, Cycle now) {
  const BuildCommand& c = work.command;
  const std::int64_t units = std::int64_t{c.ksteps} * c.rows;
  for (;;) {
    Cycle looks = kNever, reads = kNever, writes = kNever;
    if (work.looked < units) {
      const Place place = place_of(c, work.looked);
      looks = work.first + place.start + work.looked - place.group * geometry_.group_ksteps * c.rows + timing::kActivationRead;
    }
    if (work.units_read < units) reads = work.first + build_edge(c, work.units_read, 0) + timing::kActivationRead;
    if (work.slots_written < units * groups_)
      writes = work.first + build_edge(c, work.slots_written / groups_, work.slots_written % groups_) + table_write_;
    const Cycle next = std::min({looks, reads, writes});
    if (next == kNever || next > now) return;
    if (next == looks) {
      look(work);
    } else if (next == reads) {
      read(work);
    } else {
      write_grouped(work);
    }
  }
}

/// Moves values up to edge `now`, each access at its edge.
void TableBuilder::advance(Work& work, Cycle now) {
  if (!pads_.table.has_values()) return;
  if (geometry_.grouped) return advance_grouped(work, now);
  const std::int64_t writes = std::clamp<std::int64_t>(now - table_write_ - work.first + 1, 0, work.slots);
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
    const Cycle end = work.first + work.span - 1 + table_write_;
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
    dropped_.push_back({work.first, now - work.first, work.command.ksteps, work.command.rows});
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
  if (!works_.empty()) next = std::min(next, std::max(now + 1, works_.front().first + works_.front().span - 1 + table_write_));
  return next;
}

std::int64_t TableBuilder::busy(Cycle through) const {
  std::int64_t count = slots_;
  for (const Dropped& d : dropped_) count += slots_in(d.ksteps, d.rows, std::min(through - d.first + 1, d.until));
  for (const Work& work : works_) count += slots_in(work.command.ksteps, work.command.rows, through - work.first + 1);
  return count;
}

void TableBuilder::describe(std::ostream& out) const {
  out << "table_builder: " << queue_.size() << " commands queued, " << works_.size() << " started";
  if (!works_.empty()) out << ", newest has its last slot at cycle " << last_slot_;
  if (queue_.size() > 0) out << ", head waits for semaphores " << static_cast<int>(queue_.front().wait);
  out << '\n';
}

}  // namespace lutra::model
