#include "sim/model/load_unit.h"

#include <algorithm>
#include <utility>

#include "sim/memory/beat_hash.h"

namespace lutra::model {
namespace {

constexpr std::uint64_t kBoundary = 4096;  // AXI bursts do not cross it

std::uint64_t footprint(const LoadCommand& command, int bus) {
  return static_cast<std::uint64_t>(command.rows - 1) * command.mem_pitch +
         static_cast<std::uint64_t>(command.beats) * static_cast<std::uint64_t>(bus);
}

}  // namespace

LoadUnit::LoadUnit(const ArchConfig& config, const Geometry& geometry, MemoryPort& port, Scratchpads& pads, const AddressWindow& window,
                   RetireSink& retire_sink, TrapSink& trap_sink, EventSink* events)
    : bus_(geometry.bus_bytes),
      max_burst_(config.axi.max_burst_beats),
      max_in_flight_(config.axi.outstanding_reads),
      geometry_(geometry),
      port_(port),
      memory_(port.memory()),
      pads_(pads),
      window_(window),
      retire_sink_(retire_sink),
      trap_sink_(trap_sink),
      events_(events),
      queue_(config.control.queue_depth) {
  port.attach(static_cast<ReadMaster*>(this));
}

void LoadUnit::push(Cycle now, const LoadCommand& command) {
  if (stopped_at_ == kNever) queue_.push(now, command);
}

bool LoadUnit::fetch_ready(Cycle now) {
  port_.catch_up(now - 1);
  // Registers as they were before this edge: what starts now does not show yet, what ended now still does.
  const bool checking = check_.valid && check_.due - kAddressCheckCycles < now;
  return stopped_at_ == kNever && !checking && !issue_.valid && check_freed_ < now && issue_freed_ < now;
}

void LoadUnit::fetch(Cycle now, std::uint64_t address, int beats) {
  issue(now, LoadCommand{0, 0, static_cast<int>(Buffer::kInstruction), 0, address, beats, 1, 0, 0}, true, -1);
}

bool LoadUnit::fetch_done(Cycle now) { return fetch_done_at_ == now; }

bool LoadUnit::wants_start(Cycle now) {
  port_.catch_up(now - 1);
  return stopped_at_ == kNever && !check_.valid && queue_.can_pop(now);
}

void LoadUnit::start(Cycle now) {
  check_ = {true, false, now + kAddressCheckCycles, queue_.pop(now), -1};
  check_.window = open_window(check_.command);
}

int LoadUnit::open_window(const LoadCommand& command) {
  const WordLayout& layout = loadable_layout(geometry_, command.buffer);
  const std::int64_t words_a_row = layout.beats_per_line > 1 ? ceil_div(command.beats, layout.beats_per_line)
                                                             : static_cast<std::int64_t>(command.beats) * layout.words_per_line;
  const std::int64_t first = command.dst / layout.words_per_line * layout.words_per_line;
  // Later rows may start up to a beat earlier than their pitch says, never before the first.
  return pads_.loadable(command.buffer)
      .open(Scratchpad::Access::kWrite, first,
            static_cast<std::int64_t>(command.rows - 1) * command.dst_pitch + words_a_row + layout.words_per_line);
}

void LoadUnit::close_window(int buffer, int window) {
  if (window >= 0) pads_.loadable(buffer).close(window);
}

bool LoadUnit::idle(Cycle now) {
  port_.catch_up(now - 1);
  return queue_.empty(now) && !check_.valid && (!issue_.valid || issue_.loaded == now) && bursts_.empty() && emptied_ < now &&
         check_freed_ < now;
}

void LoadUnit::stop(Cycle now) {
  port_.catch_up(now - 1);
  stopped_at_ = now;
  if (queue_.size() > 0 || check_.valid || issue_.valid) emptied_ = now;
  queue_.clear();
  if (check_.valid) close_window(check_.command.buffer, check_.window);
  if (issue_.valid) close_window(issue_.command.buffer, issue_.window);
  // Without its final burst nothing would count the command down.
  if (issue_.valid && issue_.careful) --careful_;
  check_.valid = false;
  issue_.valid = false;
}

Trap LoadUnit::check_result() const {
  const LoadCommand& command = check_.command;
  const auto bus = static_cast<std::uint64_t>(bus_);
  if (command.mem % bus != 0 || command.mem_pitch % bus != 0) return Trap::kMisaligned;
  if (command.mem < window_.lo || command.mem + footprint(command, bus_) > window_.hi) return Trap::kOutsideWindow;
  return Trap::kNone;
}

void LoadUnit::decide_check(Cycle now) {
  const Trap cause = check_result();
  if (cause != Trap::kNone) {
    raise(now, cause, check_.command.mem);
    close_window(check_.command.buffer, check_.window);
    check_.valid = false;
    check_freed_ = emptied_ = now;
  } else if (issue_.valid) {
    check_.checked = true;
  } else {
    move_to_issue(now);
  }
}

void LoadUnit::move_to_issue(Cycle now) {
  issue(now, check_.command, false, check_.window);
  check_.valid = false;
  check_freed_ = now;
}

void LoadUnit::issue(Cycle now, const LoadCommand& command, bool fetch, int window) {
  const bool careful = memory_.has_error(command.mem, footprint(command, bus_));
  if (careful) ++careful_;
  const WordLayout& layout = loadable_layout(geometry_, command.buffer);
  const std::int64_t first = static_cast<std::int64_t>(command.dst) / layout.words_per_line * layout.words_per_line * layout.stride_bytes;
  issue_ = {true, fetch, now, command, command.mem, command.mem, command.rows, command.beats, first, command.dst, window, careful};
}

Cycle LoadUnit::next_load_edge() const {
  if (!issue_.valid || ar_valid_) return kNever;
  if (static_cast<int>(bursts_.size()) >= max_in_flight_) return kNever;
  return std::max({issue_.loaded + 1, ar_free_, room_from_});
}

void LoadUnit::load_ar(Cycle now) {
  const auto to_boundary = static_cast<int>((kBoundary - issue_.address % kBoundary) / static_cast<std::uint64_t>(bus_));
  const int beats = std::min({issue_.left, to_boundary, max_burst_});
  const bool row_done = beats == issue_.left;
  const bool final = row_done && issue_.rows_left == 1;
  ar_valid_ = true;
  ar_from_ = now + 1;
  ar_address_ = issue_.address;
  ar_beats_ = beats;
  bursts_.push_back({issue_.address, beats, issue_.command.buffer, issue_.byte, final, issue_.fetch, issue_.command.signal,
                     final ? issue_.window : -1, final && issue_.careful});
  if (!row_done) {
    issue_.left -= beats;
    issue_.address += static_cast<std::uint64_t>(beats) * static_cast<std::uint64_t>(bus_);
    issue_.byte += static_cast<std::int64_t>(beats) * bus_;
    return;
  }
  if (!final) {
    const WordLayout& layout = loadable_layout(geometry_, issue_.command.buffer);
    --issue_.rows_left;
    issue_.left = issue_.command.beats;
    issue_.row_address += issue_.command.mem_pitch;
    issue_.address = issue_.row_address;
    issue_.row_word += issue_.command.dst_pitch;
    issue_.byte = issue_.row_word / layout.words_per_line * layout.words_per_line * layout.stride_bytes;
    return;
  }
  issue_.valid = false;
  issue_freed_ = now;
  if (check_.valid && check_.checked) move_to_issue(now);
}

void LoadUnit::accept_ar(Cycle now) {
  memory_.accept_read(now, ar_address_, ar_beats_);
  if (events_) events_->event({now, Channel::kAr, ar_address_, static_cast<std::uint64_t>(ar_beats_ - 1), 0});
  ar_valid_ = false;
  ar_free_ = now;
}

void LoadUnit::write_beats(const Burst& burst, std::uint64_t address, std::int64_t beats, Cycle edge) {
  Scratchpad& pad = pads_.loadable(burst.buffer);
  const std::int64_t bytes = beats * bus_;
  if (pad.has_values() || events_) {
    scratch_.resize(static_cast<std::size_t>(bytes));
    memory_.read_data(address, scratch_.data(), bytes);
  }
  if (!pad.has_values() || stopped_at_ != kNever) return;
  // Beats behind staged ones wait too, whatever their buffer, so that they stay in order.
  if (pad.conflict() || !staged_.empty()) {
    staged_.push_back({edge + 1, burst.buffer, burst.byte, scratch_});
    return;
  }
  pad.write_bytes(burst.byte, scratch_.data(), bytes);
}

void LoadUnit::flush_staged(Cycle now) {
  while (!staged_.empty() && staged_.front().write <= now) {
    const StagedBeats& beats = staged_.front();
    pads_.loadable(beats.buffer).write_bytes(beats.byte, beats.data.data(), static_cast<std::int64_t>(beats.data.size()));
    staged_.pop_front();
  }
}

/// Takes beats of the burst from edge `first` on, all that are due by `limit`; one only where each matters by itself.
/// Returns the edge of the last one.
Cycle LoadUnit::take_run(Burst& burst, Cycle first, Cycle limit) {
  const bool singly = events_ || careful_ > 0 || pads_.loadable(burst.buffer).conflict();
  Cycle last = first;
  std::int64_t count = 0;
  memory::Memory::ReadBeat beat{};
  std::uint64_t start = 0;
  for (Cycle edge = first; edge != kNever; edge = memory_.next_read(limit)) {
    beat = memory_.take_read(edge);
    if (count++ == 0) start = beat.address;
    recent_beats_[static_cast<std::size_t>(beats_++ & 3)] = edge;
    last = edge;
    if (beat.last || singly) break;
  }
  write_beats(burst, start, count, last);
  burst.byte += count * bus_;
  burst.left -= static_cast<int>(count);
  if (beat.response != memory::Response::kOkay) raise(last, Trap::kReadError, burst.address);
  if (events_) {
    const auto flags = static_cast<std::uint64_t>(beat.response) << 1U | static_cast<std::uint64_t>(beat.last);
    events_->event({last, Channel::kR, memory::beat_hash(scratch_.data(), bus_), flags, 0});
  }
  return last;
}

/// Takes beats due by `limit`, up to the end of a burst; returns whether one ended.
bool LoadUnit::take_beats(Cycle limit) {
  while (true) {
    const Cycle first = memory_.next_read(limit);
    if (first == kNever) return false;
    const Cycle last = take_run(bursts_.front(), first, limit);
    if (bursts_.front().left == 0) {
      finish_burst(last);
      return true;
    }
  }
}

void LoadUnit::finish_burst(Cycle now) {
  const Burst burst = bursts_.front();
  // The register of bursts in flight shows room one edge later.
  if (static_cast<int>(bursts_.size()) == max_in_flight_) room_from_ = now + 1;
  bursts_.pop_front();
  emptied_ = now;
  if (!burst.final) return;
  if (burst.careful) --careful_;
  if (stopped_at_ == kNever) {
    retirements_.push_back({now + 1, burst.signal, burst.fetch, burst.buffer, burst.window});
  } else {
    close_window(burst.buffer, burst.window);
  }
}

void LoadUnit::raise(Cycle now, Trap cause, std::uint64_t address) {
  if (stopped_at_ != kNever || (!traps_.empty() && traps_.back().edge == now + 1)) return;
  traps_.push_back({now + 1, cause, address});
}

void LoadUnit::advance(Cycle to) {
  if (to <= cursor_) return;
  while (true) {
    const Cycle accept = ar_valid_ ? memory_.ar_ready_from(ar_from_) : kNever;
    const Cycle load = next_load_edge();
    const Cycle check = check_.valid && !check_.checked ? check_.due : kNever;
    const Cycle next = std::min({accept, load, check});
    // The end of a burst may let something go on that waited for it.
    if (take_beats(std::min(to, next))) continue;
    if (next > to) break;
    if (accept == next) {
      accept_ar(next);
    } else if (load == next) {
      load_ar(next);
    } else {
      decide_check(next);
    }
  }
  cursor_ = to;
}

bool LoadUnit::deliver(Cycle now) {
  bool seen = false;
  flush_staged(now);
  while (!retirements_.empty() && retirements_.front().edge <= now) {
    const Retirement done = retirements_.front();
    retirements_.pop_front();
    close_window(done.buffer, done.window);
    if (done.fetch) {
      fetch_done_at_ = done.edge;
    } else {
      retire_sink_.retire(done.edge, lutra::Unit::kLoad, done.signal);
    }
    seen = true;
  }
  for (; !traps_.empty() && traps_.front().edge <= now; traps_.pop_front()) {
    trap_sink_.trap(traps_.front().edge, lutra::Unit::kLoad, traps_.front().cause, traps_.front().address);
    seen = true;
  }
  return seen;
}

bool LoadUnit::operate(Cycle now) {
  port_.catch_up(now);
  return deliver(now);
}

std::int64_t LoadUnit::beats_to_next_end() const {
  std::int64_t beats = 0;
  for (const Burst& burst : bursts_) {
    beats += burst.left;
    if (burst.final && stopped_at_ == kNever) return beats;
  }
  if (issue_.valid) beats += static_cast<std::int64_t>(issue_.rows_left - 1) * issue_.command.beats + issue_.left;
  return beats;
}

/// A lower bound of the edge at which the issue stage issues its last burst.
Cycle LoadUnit::earliest_issue_end(Cycle now) const {
  const std::int64_t beats = static_cast<std::int64_t>(issue_.rows_left - 1) * issue_.command.beats + issue_.left;
  const std::int64_t bursts = ceil_div(beats, max_burst_);
  std::int64_t must_end = bursts - (max_in_flight_ - static_cast<std::int64_t>(bursts_.size()));
  if (must_end <= 0) return now + 1;
  std::int64_t first = 0;
  for (const Burst& burst : bursts_) {
    first += burst.left;
    if (--must_end == 0) break;
  }
  return memory_.earliest_read(now, std::max<std::int64_t>(1, first)) + 1;
}

Cycle LoadUnit::next_event(Cycle now) const {
  // A command with an error ahead is looked at from its issue on: its first beat may be the one that traps.
  if (!staged_.empty() || careful_ > 0) return now + 1;
  Cycle next = kNever;
  if (!retirements_.empty()) next = std::min(next, retirements_.front().edge);
  if (!traps_.empty()) next = std::min(next, traps_.front().edge);
  if (check_.valid && !check_.checked) next = std::min(next, check_.due);
  if ((check_freed_ == now && queue_.size() > 0) || emptied_ == now) next = now + 1;
  if (check_.valid && check_.checked && queue_.size() > 0) next = std::min(next, earliest_issue_end(now));
  if (const std::int64_t beats = beats_to_next_end(); beats > 0) next = std::min(next, memory_.earliest_read(now, beats) + 1);
  return std::max(next, now + 1);
}

std::int64_t LoadUnit::beats_received(Cycle through) const {
  std::int64_t count = beats_;
  for (const Cycle edge : recent_beats_) count -= edge > through;
  return count;
}

void LoadUnit::describe(std::ostream& out) const {
  out << "load unit: " << queue_.size() << " commands waiting";
  if (check_.valid) out << ", one to be checked at cycle " << check_.due << " (address " << check_.command.mem << ")";
  if (issue_.valid) out << ", issuing from address " << issue_.address << " with " << issue_.rows_left << " rows left";
  out << ", " << bursts_.size() << " bursts in flight";
  if (!bursts_.empty()) out << " (the oldest has " << bursts_.front().left << " beats left)";
  if (ar_valid_) out << ", AR waits since cycle " << ar_from_;
  if (stopped_at_ != kNever) out << ", stopped at cycle " << stopped_at_;
  out << ", at cycle " << cursor_ << "\n";
}

}  // namespace lutra::model
