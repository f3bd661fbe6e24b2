#include "sim/model/array.h"

#include <algorithm>
#include <bit>

#include "isa/timing/compute_timing.h"

namespace lutra::model {
namespace {

constexpr Cycle kHistory = 4;  // edges for which issued runs are remembered one by one

}  // namespace

Array::Array(const ArchConfig& config, const Geometry& geometry, Scratchpads& pads, ScaleUnit& scale)
    : config_(config),
      interval_(timing::step_interval(config)),
      geometry_(geometry),
      pads_(pads),
      scale_(scale),
      values_(config, geometry, pads),
      queue_(config.control.queue_depth) {}

void Array::push(Cycle now, const ArrayCommand& command) {
  if (stopped_at_ != kNever) return;
  if (queue_.size() == 0 && last_issue_ <= now) {
    end_stretch(last_issue_);
    present_from_ = now + 1;
  }
  queue_.push(now, command);
}

void Array::end_stretch(Cycle last) {
  if (last < present_from_) return;
  present_ += before_.until(before_.last);
  before_ = {present_from_, last};
}

Cycle Array::period(const Work& work) const {
  return std::max<Cycle>(work.run_steps * interval_, timing::credit_delay(config_, work.words));
}

void Array::open_windows(Work& work) {
  const ArrayCommand& c = work.command;
  work.table_window = pads_.table.open(Scratchpad::Access::kRead, c.table, c.ksteps);
  work.weight_window = pads_.weight.open(Scratchpad::Access::kRead, c.weight, work.run_steps * work.runs);
  if (!work.drains) return;
  const int tile = (c.out & (config_.buffer.accumulator_tiles - 1)) * geometry_.accumulator_words_per_tile;
  work.tile_window = pads_.accumulator.open(Scratchpad::Access::kWrite, tile, work.words);
  if (geometry_.scaled) work.scale_window = pads_.token_scale.open(Scratchpad::Access::kRead, c.out, 1);
  if (c.zmode == 2 || geometry_.scaled) {
    work.parameter_window = pads_.parameter.open(Scratchpad::Access::kRead, c.param, work.runs * geometry_.accumulator_words_per_row);
  }
}

/// The scale unit's reads of old outputs have priority over the store unit's; they are known now.
void Array::reserve_reads(const Work& work, Cycle now) {
  Cycle last = work.last;
  bool add = work.add;
  for (std::int64_t run = 0; run < work.runs; ++run, last += period(work), add = true)
    if (add) pads_.accumulator.reserve_read(now, last + timing::drain_start_delay(config_) + timing::old_read(config_), work.words);
}

void Array::start(Cycle now) {
  Work work;
  work.command = queue_.pop(now);
  const ArrayCommand& c = work.command;
  const bool segmented = c.segment != 0;
  work.runs = segmented ? c.ksteps / c.segment : 1;
  work.run_steps = timing::array_steps(config_.array, segmented ? c.segment : c.ksteps, c.planes);
  work.drains = segmented || c.last;
  work.words = work.drains ? timing::drain_words(geometry_, c.rows) : 1;
  work.clear = c.first;
  work.add = c.accumulate;
  work.first = std::max(now + 1, ready_from_);
  work.last = std::max(work.first + (work.run_steps - 1) * interval_, credit_from_);
  work.table = c.table;
  work.weight = c.weight;
  work.param = c.param;
  open_windows(work);
  if (work.drains) reserve_reads(work, now);
  last_issue_ = work.last + (work.runs - 1) * period(work);
  ready_from_ = last_issue_ + interval_;
  credit_from_ = last_issue_ + timing::credit_delay(config_, work.words);
  busy_until_ = last_issue_ + timing::array_retire_delay(config_, work.words);
  works_.push_back(work);
}

std::int64_t Array::issued(const Work& work, Cycle through) const {
  if (through >= work.last) return work.run_steps;
  return through < work.first ? 0 : std::min<std::int64_t>((through - work.first) / interval_ + 1, work.run_steps - 1);
}

Cycle Array::retire_edge(const Work& work) const {
  return work.last + (work.runs - 1) * period(work) + timing::array_retire_delay(config_, work.words);
}

void Array::consume(Work& work, std::int64_t to) {
  if (to <= work.consumed) return;
  if (pads_.table.has_values()) {
    if (work.consumed == 0 && work.clear) values_.clear(work.command.rows);
    const std::int64_t ksteps = work.command.segment != 0 ? work.command.segment : work.command.ksteps;
    values_.accumulate(work.command, {work.table, work.weight, ksteps}, work.consumed, to);
  }
  work.consumed = to;
}

void Array::hand_over(Work& work) {
  const ArrayCommand& c = work.command;
  SegmentToken token;
  token.first_issue = work.last + timing::drain_start_delay(config_);
  token.words = work.words;
  token.drains = work.drains;
  token.retires = work.runs == 1;
  token.add = work.add;
  token.rows = c.rows;
  token.tile = c.out;
  token.param = work.param;
  token.zmode = c.zmode;
  token.zero = c.zero;
  token.signal = c.signal;
  token.tile_window = work.tile_window;
  token.parameter_window = work.parameter_window;
  token.scale_window = work.scale_window;
  if (work.drains && pads_.table.has_values()) {
    for (int m = 0; m < c.rows; ++m) {
      for (int n = 0; n < config_.array.columns; ++n) token.results.push_back(values_.result(m, n));
      token.sums.push_back(values_.sum(m));
      if (geometry_.grouped) token.table_scales.push_back(std::bit_cast<float>(values_.table_scale(m)));
    }
  }
  scale_.push(std::move(token));
}

/// Takes the values that are due and hands runs over; returns whether the command is through.
bool Array::advance(Work& work, Cycle now) {
  while (work.last + timing::kReadDelay <= now) {
    consume(work, work.run_steps);
    hand_over(work);
    recent_.push_back(work);
    if (--work.runs == 0) {
      pads_.table.close(work.table_window);
      pads_.weight.close(work.weight_window);
      return true;
    }
    work.first = work.last + interval_;
    work.last += period(work);
    work.consumed = 0;
    work.clear = work.drains;
    work.table += work.command.segment;
    work.weight += work.run_steps;
    work.param += geometry_.accumulator_words_per_row;
    work.add = true;
  }
  if (pads_.table.conflict() || pads_.weight.conflict()) consume(work, issued(work, now - timing::kReadDelay));
  return false;
}

bool Array::operate(Cycle now) {
  if (stop_pending_) {
    stop_pending_ = false;
    drop(stopped_at_);
    return true;
  }
  catch_up(now);
  return false;
}

void Array::catch_up(Cycle now) {
  while (!works_.empty() && advance(works_.front(), now)) works_.pop_front();
  while (!recent_.empty() && recent_.front().last + kHistory <= now) {
    steps_ += recent_.front().run_steps;
    recent_.pop_front();
  }
}

void Array::drop(Cycle now) {
  catch_up(now);
  scale_.stop(now);
  // Steps already issued run out of the pipeline; the rest is dropped.
  for (Work& work : works_) {
    const std::int64_t done = issued(work, now - 1);
    consume(work, done);
    if (done > 0) {
      work.run_steps = done;
      work.last = std::min(work.last, now - 1);
      work.runs = 1;
      recent_.push_back(work);
    }
    pads_.table.close(work.table_window);
    pads_.weight.close(work.weight_window);
    if (work.tile_window >= 0) pads_.accumulator.close(work.tile_window);
    if (work.parameter_window >= 0) pads_.parameter.close(work.parameter_window);
    if (work.scale_window >= 0) pads_.token_scale.close(work.scale_window);
  }
  works_.clear();
  end_stretch(queue_.size() > 0 || last_issue_ >= now ? now - 1 : last_issue_);
  present_from_ = now + 1;
  if (queue_.size() > 0 || busy_until_ >= now) busy_until_ = now;
  queue_.clear();
  last_issue_ = now;
  ready_from_ = credit_from_ = now + 1;
  pads_.accumulator.drop_reservations(now + 1);
}

Cycle Array::next_event(Cycle now) const {
  if (stop_pending_) return now + 1;
  Cycle next = kNever;
  if (queue_.size() > 0 && last_issue_ > now) next = last_issue_;
  if (!works_.empty()) next = std::min(next, std::max(now + 1, retire_edge(works_.front())));
  return next;
}

std::int64_t Array::steps(Cycle through) const {
  std::int64_t count = steps_;
  for (const Work& run : recent_) count += issued(run, through);
  for (const Work& work : works_) {
    count += issued(work, through);
    Work run = work;
    while (--run.runs > 0 && run.last < through) {
      run.first = run.last + interval_;
      run.last += period(run);
      count += issued(run, through);
    }
  }
  return count;
}

std::int64_t Array::waits(Cycle through) const {
  const Stretch present{present_from_, queue_.size() > 0 ? through : last_issue_};
  return present_ + before_.until(through) + present.until(through) - steps(through);
}

void Array::describe(std::ostream& out) const {
  out << "array: " << queue_.size() << " commands queued, " << works_.size() << " started";
  if (!works_.empty()) out << ", last step of the newest issues at cycle " << last_issue_;
  if (queue_.size() > 0) out << ", head waits for semaphores " << static_cast<int>(queue_.front().wait);
  out << '\n';
}

}  // namespace lutra::model
