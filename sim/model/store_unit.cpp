#include "sim/model/store_unit.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "kernels/half.h"
#include "sim/memory/beat_hash.h"

namespace lutra::model {
namespace {

constexpr std::uint64_t kBoundary = 4096;  // AXI bursts do not cross it

}  // namespace

StoreUnit::StoreUnit(const ArchConfig& config, const Geometry& geometry, MemoryPort& port, Scratchpads& pads, const AddressWindow& window,
                     RetireSink& retire_sink, TrapSink& trap_sink, EventSink* events)
    : bus_(geometry.bus_bytes),
      columns_(config.array.columns),
      output_bytes_(geometry.output_bytes),
      output_(config.scale.output),
      word_cols_(config.scale.outputs_per_cycle),
      words_per_beat_(geometry.bus_bytes / (geometry.output_bytes * config.scale.outputs_per_cycle)),
      max_burst_(config.axi.max_burst_beats),
      max_in_flight_(config.axi.outstanding_writes),
      geometry_(geometry),
      port_(port),
      memory_(port.memory()),
      pads_(pads),
      window_(window),
      retire_sink_(retire_sink),
      trap_sink_(trap_sink),
      events_(events),
      queue_(config.control.queue_depth),
      captured_(static_cast<std::size_t>(config.scale.outputs_per_cycle * geometry.output_bytes)),
      w_data_(static_cast<std::size_t>(geometry.bus_bytes)),
      w_strobe_(static_cast<std::size_t>(geometry.bus_bytes / 8)) {
  port.attach(static_cast<WriteMaster*>(this));
}

void StoreUnit::push(Cycle now, const StoreCommand& command) {
  if (stopped_at_ == kNever) queue_.push(now, command);
}

bool StoreUnit::wants_start(Cycle now) {
  port_.catch_up(now - 1);
  return stopped_at_ == kNever && !check_.valid && queue_.can_pop(now);
}

void StoreUnit::start(Cycle now) {
  check_ = {true, false, now + kAddressCheckCycles, queue_.pop(now), -1};
  check_.window = pads_.accumulator.open(Scratchpad::Access::kRead,
                                         static_cast<std::int64_t>(check_.command.src) * geometry_.accumulator_words_per_tile,
                                         static_cast<std::int64_t>(check_.command.rows) * geometry_.accumulator_words_per_row);
}

void StoreUnit::close_window(int window) {
  if (window >= 0) pads_.accumulator.close(window);
}

bool StoreUnit::idle(Cycle now) {
  port_.catch_up(now - 1);
  return queue_.empty(now) && !check_.valid && !issue_.valid && responses_.empty() && emptied_ < now;
}

void StoreUnit::stop(Cycle now) {
  port_.catch_up(now - 1);
  stopped_at_ = now;
  if (queue_.size() > 0 || check_.valid || issue_.valid) emptied_ = now;
  queue_.clear();
  if (check_.valid) close_window(check_.window);
  if (issue_.valid) close_window(issue_.window);
  check_.valid = false;
  issue_.valid = false;
}

void StoreUnit::take_response(Cycle now) {
  if (memory_.next_b(now) != now) return;
  const memory::Response answer = memory_.take_b(now);
  const Burst burst = responses_.front();
  responses_.pop_front();
  --data_burst_;
  last_b_ = emptied_ = now;
  if (events_) events_->event({now, Channel::kB, 0, static_cast<std::uint64_t>(answer), 0});
  if (answer != memory::Response::kOkay) raise(now, Trap::kWriteError, burst.address);
  if (!burst.final) return;
  if (stopped_at_ == kNever) {
    retirements_.push_back({now + 1, burst.signal, burst.window});
  } else {
    close_window(burst.window);
  }
}

void StoreUnit::step_data(Cycle now) {
  if (!data_busy_) {
    if (data_burst_ == responses_.size()) return;
    const Burst& burst = responses_[data_burst_++];
    data_busy_ = request_ = request_first_ = true;
    request_word_ = burst.word;
    request_lane_ = burst.lane;
    request_cols_ = burst.cols;
    return;
  }
  if (w_valid_) {
    if (memory_.w_ready(now)) send_beat(now);
    return;
  }
  if (capture_.valid) capture_word();
  if (request_ && !pads_.accumulator.read_reserved(now)) request_next();
}

void StoreUnit::send_beat(Cycle now) {
  // Without values there is nothing to write.
  memory_.take_write(now, pads_.accumulator.has_values() ? w_data_.data() : nullptr, w_strobe_.data(), w_last_);
  recent_beats_[static_cast<std::size_t>(beats_++ & 3)] = now;
  if (events_) {
    events_->event({now, Channel::kW, memory::beat_hash(w_data_.data(), w_strobe_.data(), bus_),
                    memory::strobe_hash(w_strobe_.data(), bus_, w_last_), 0});
  }
  w_valid_ = false;
  if (w_last_) {
    data_busy_ = false;
  } else {
    request_ = request_first_ = true;
  }
}

/// The word granted at the edge before goes to its place in the W register.
void StoreUnit::capture_word() {
  const int word_bytes = word_cols_ * output_bytes_;
  if (capture_.first) std::fill(w_strobe_.begin(), w_strobe_.end(), std::uint8_t{0});
  std::memcpy(w_data_.data() + capture_.lane * word_bytes, captured_.data(), static_cast<std::size_t>(word_bytes));
  for (int i = 0; i < capture_.cols * output_bytes_; ++i) {
    const int byte = capture_.lane * word_bytes + i;
    w_strobe_[static_cast<std::size_t>(byte / 8)] |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(byte % 8));
  }
  capture_.valid = false;
  w_valid_ = capture_.last;
  w_last_ = capture_.burst_last;
}

/// The word as it goes to memory.
void StoreUnit::capture_outputs(const std::uint8_t* word) {
  if (output_ == "full") {
    std::memcpy(captured_.data(), word, captured_.size());
    return;
  }
  for (int i = 0; i < word_cols_; ++i) {
    std::uint32_t value = 0;
    std::memcpy(&value, word + 4 * i, sizeof value);
    value = kernels::output_bits(output_, std::bit_cast<float>(value));
    std::memcpy(captured_.data() + i * output_bytes_, &value, static_cast<std::size_t>(output_bytes_));
  }
}

void StoreUnit::request_next() {
  if (pads_.accumulator.has_values()) capture_outputs(pads_.accumulator.word(request_word_));
  const bool burst_last = request_cols_ <= word_cols_;
  const bool last = burst_last || request_lane_ == words_per_beat_ - 1;
  capture_ = {true, request_lane_, std::min(request_cols_, word_cols_), request_first_, last, burst_last};
  request_first_ = false;
  request_ = !last;
  ++request_word_;
  request_lane_ = (request_lane_ + 1) % words_per_beat_;
  request_cols_ -= word_cols_;
}

void StoreUnit::step_issue(Cycle now) {
  if (aw_valid_) {
    if (!memory_.aw_ready(now)) return;
    memory_.accept_write(now, aw_address_, aw_beats_);
    if (events_) events_->event({now, Channel::kAw, aw_address_, static_cast<std::uint64_t>(aw_beats_ - 1), 0});
    aw_valid_ = false;
  }
  // Bursts in flight are counted in a register, which shows a response one edge later.
  const int in_flight = static_cast<int>(responses_.size()) + (last_b_ == now ? 1 : 0);
  if (issue_.valid && issue_.loaded < now && in_flight < max_in_flight_) load_aw(now);
}

void StoreUnit::load_aw(Cycle now) {
  const auto bus = static_cast<std::uint64_t>(bus_);
  const int beat_cols = bus_ / output_bytes_;
  const auto to_boundary = static_cast<int>((kBoundary - issue_.address % kBoundary) / bus);
  // A narrow row lies within one beat, a wide one starts at a beat.
  const int beats =
      columns_ <= beat_cols ? 1 : std::min({static_cast<int>(ceil_div(issue_.cols_left, beat_cols)), to_boundary, max_burst_});
  const int cols = std::min(issue_.cols_left, beats * beat_cols);
  const bool row_done = cols == issue_.cols_left;
  const bool final = row_done && issue_.rows_left == 1;
  const int lane = static_cast<int>(issue_.address % bus) / (word_cols_ * output_bytes_);
  aw_valid_ = true;
  aw_address_ = issue_.address / bus * bus;
  aw_beats_ = beats;
  responses_.push_back({aw_address_, issue_.word, lane, cols, final, issue_.command.signal, final ? issue_.window : -1});
  if (!row_done) {
    issue_.cols_left -= cols;
    issue_.word += cols / word_cols_;
    issue_.address += static_cast<std::uint64_t>(beats) * bus;
    return;
  }
  if (!final) {
    --issue_.rows_left;
    issue_.cols_left = issue_.command.cols;
    issue_.row_word += geometry_.accumulator_words_per_row;
    issue_.word = issue_.row_word;
    issue_.row_address += issue_.command.mem_pitch;
    issue_.address = issue_.row_address;
    return;
  }
  issue_.valid = false;
  if (check_.valid && check_.checked) move_to_issue(now);
}

void StoreUnit::step_check(Cycle now) {
  if (!check_.valid || check_.checked || check_.due != now) return;
  const Trap cause = check_result();
  if (cause != Trap::kNone) {
    raise(now, cause, check_.command.mem);
    close_window(check_.window);
    check_.valid = false;
    check_freed_ = emptied_ = now;
  } else if (issue_.valid) {
    check_.checked = true;
  } else {
    move_to_issue(now);
  }
}

Trap StoreUnit::check_result() const {
  const StoreCommand& command = check_.command;
  const auto unit = static_cast<std::uint64_t>(std::min(columns_ * output_bytes_, bus_));
  if (command.mem % unit != 0 || command.mem_pitch % unit != 0) return Trap::kMisaligned;
  const std::uint64_t bytes = static_cast<std::uint64_t>(command.rows - 1) * command.mem_pitch +
                              static_cast<std::uint64_t>(command.cols) * static_cast<std::uint64_t>(output_bytes_);
  if (command.mem < window_.lo || command.mem + bytes > window_.hi) return Trap::kOutsideWindow;
  return Trap::kNone;
}

void StoreUnit::move_to_issue(Cycle now) {
  const StoreCommand& command = check_.command;
  const int tiles = geometry_.accumulator_words / geometry_.accumulator_words_per_tile;
  const int word = command.src % tiles * geometry_.accumulator_words_per_tile;
  issue_ = {true, now, command, command.mem, command.mem, command.rows, command.cols, word, word, check_.window};
  check_.valid = false;
  check_freed_ = now;
}

void StoreUnit::raise(Cycle now, Trap cause, std::uint64_t address) {
  if (stopped_at_ != kNever || (!traps_.empty() && traps_.back().edge == now + 1)) return;
  traps_.push_back({now + 1, cause, address});
}

void StoreUnit::step(Cycle now) {
  take_response(now);
  step_data(now);
  step_issue(now);
  step_check(now);
  cursor_ = now;
}

Cycle StoreUnit::next_edge() const {
  if (aw_valid_ || data_busy_ || data_burst_ < responses_.size()) return cursor_ + 1;
  if (issue_.valid && static_cast<int>(responses_.size()) < max_in_flight_) return cursor_ + 1;
  Cycle edge = kNever;
  if (!responses_.empty()) edge = memory_.next_b(cursor_ + 1);
  if (check_.valid && !check_.checked) edge = std::min(edge, check_.due);
  return edge;
}

bool StoreUnit::deliver(Cycle now) {
  bool seen = false;
  while (!retirements_.empty() && retirements_.front().edge <= now) {
    const Retirement done = retirements_.front();
    retirements_.pop_front();
    close_window(done.window);
    retire_sink_.retire(done.edge, lutra::Unit::kStore, done.signal);
    seen = true;
  }
  for (; !traps_.empty() && traps_.front().edge <= now; traps_.pop_front()) {
    trap_sink_.trap(traps_.front().edge, lutra::Unit::kStore, traps_.front().cause, traps_.front().address);
    seen = true;
  }
  return seen;
}

bool StoreUnit::operate(Cycle now) {
  port_.catch_up(now);
  return deliver(now);
}

Cycle StoreUnit::next_event(Cycle now) const {
  Cycle next = kNever;
  if (!retirements_.empty()) next = std::min(next, retirements_.front().edge);
  if (!traps_.empty()) next = std::min(next, traps_.front().edge);
  if (check_.valid && !check_.checked) next = std::min(next, check_.due);
  if (emptied_ == now || (queue_.size() > 0 && (check_freed_ == now || (check_.valid && check_.checked)))) next = now + 1;
  // The response of the oldest burst may end a command or raise a trap; before it come a read of each word, a capture, a W beat.
  if (!responses_.empty() && (data_burst_ > 1 || (data_burst_ == 1 && !data_busy_))) {
    next = std::min(next, memory_.next_b(now + 1) + 1);
  } else if (data_busy_) {
    const Cycle words = request_ ? ceil_div(request_cols_, word_cols_) : 0;
    next = std::min(next, now + words + 3);
  } else if (issue_.valid || !responses_.empty()) {
    next = std::min(next, now + 4);
  }
  return std::max(next, now + 1);
}

std::int64_t StoreUnit::beats_sent(Cycle through) const {
  std::int64_t count = beats_;
  for (const Cycle edge : recent_beats_) count -= edge > through;
  return count;
}

void StoreUnit::describe(std::ostream& out) const {
  out << "store unit: " << queue_.size() << " commands waiting";
  if (check_.valid) out << ", one to be checked at cycle " << check_.due << " (address " << check_.command.mem << ")";
  if (issue_.valid) out << ", issuing from address " << issue_.address << " with " << issue_.rows_left << " rows left";
  out << ", " << responses_.size() << " bursts in flight, data of " << data_burst_ << " begun";
  if (aw_valid_) out << ", AW waits for ready";
  if (w_valid_) out << ", W waits for ready";
  if (request_) out << ", asks for accumulator word " << request_word_;
  if (stopped_at_ != kNever) out << ", stopped at cycle " << stopped_at_;
  out << ", at cycle " << cursor_ << "\n";
}

}  // namespace lutra::model
