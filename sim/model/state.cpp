// What each block's future depends on. A member that decides when something happens has to be written here; counters, bytes, on-chip
// addresses and edges that have passed do not. Every function describes the block after all its work at writer.now().
#include "sim/model/state.h"

#include "sim/model/core.h"

namespace lutra::model {
namespace {

template <typename T, int kDepth, typename Put>
void put_queue(StateWriter& out, const Fifo<T, kDepth>& queue, const Put& put) {
  out.put(queue.size());
  for (int i = 0; i < queue.size(); ++i) put(queue.at(i));
}

void put_command(StateWriter& out, const LoadCommand& c, int bus) {
  out.put(c.signal);
  out.put(c.wait);
  out.put(c.beats);
  out.put(c.rows);
  out.rows(c.mem, static_cast<std::uint64_t>(c.beats) * static_cast<std::uint64_t>(bus), c.rows, c.mem_pitch);
}

void put_command(StateWriter& out, const StoreCommand& c, int bytes) {
  out.put(c.signal);
  out.put(c.wait);
  out.put(c.cols);
  out.put(c.rows);
  out.rows(c.mem, static_cast<std::uint64_t>(c.cols) * static_cast<std::uint64_t>(bytes), c.rows, c.mem_pitch);
}

void put_command(StateWriter& out, const BuildCommand& c) {
  for (const std::int64_t value : {std::int64_t{c.signal}, std::int64_t{c.wait}, std::int64_t{c.ksteps}, std::int64_t{c.rows}})
    out.put(value);
}

void put_command(StateWriter& out, const ArrayCommand& c) {
  for (const int value :
       {int{c.signal}, int{c.wait}, c.ksteps, c.rows, c.segment, int{c.first}, int{c.last}, int{c.accumulate}, c.planes, c.zmode})
    out.put(value);
}

}  // namespace

void LoadUnit::append_state(StateWriter& out) const {
  if (stopped_at_ != kNever || !traps_.empty() || careful_ > 0) out.refuse("the load unit traps or stops");
  if (!staged_.empty()) out.refuse("the load unit holds beats back");
  const auto bus = static_cast<std::uint64_t>(bus_);
  put_queue(out, queue_, [&](const LoadCommand& c) { put_command(out, c, bus_); });
  out.put(check_.valid ? 1 + static_cast<int>(check_.checked) : 0);
  if (check_.valid) {
    out.edge(check_.due);
    put_command(out, check_.command, bus_);
  }
  out.put(issue_.valid ? 1 + static_cast<int>(issue_.fetch) : 0);
  if (issue_.valid) {
    out.edge(issue_.loaded);
    put_command(out, issue_.command, bus_);
    out.put(issue_.rows_left);
    out.put(issue_.left);
    out.rows(issue_.address, static_cast<std::uint64_t>(issue_.left) * bus, 1, 0);
    out.rows(issue_.row_address, static_cast<std::uint64_t>(issue_.command.beats) * bus, issue_.rows_left, issue_.command.mem_pitch);
  }
  out.put(ar_valid_ ? ar_beats_ : 0);
  out.edge(ar_valid_ ? ar_from_ : 0);
  out.edge(ar_free_);
  out.edge(room_from_);
  out.put(static_cast<std::int64_t>(bursts_.size()));
  for (const Burst& b : bursts_)
    for (const int value : {b.left, int{b.final}, int{b.fetch}, int{b.signal}}) out.put(value);
  out.put(static_cast<std::int64_t>(retirements_.size()));
  for (const Retirement& r : retirements_) {
    out.exact_edge(r.edge);
    out.put(r.signal);
    out.put(r.fetch);
  }
}

void StoreUnit::append_state(StateWriter& out) const {
  if (stopped_at_ != kNever || !traps_.empty()) out.refuse("the store unit traps or stops");
  // A narrow row lies within one beat: where in it changes nothing.
  const bool narrow = columns_ * output_bytes_ <= bus_;
  put_queue(out, queue_, [&](const StoreCommand& c) { put_command(out, c, output_bytes_); });
  out.put(check_.valid ? 1 + static_cast<int>(check_.checked) : 0);
  if (check_.valid) {
    out.edge(check_.due);
    put_command(out, check_.command, output_bytes_);
  }
  out.put(issue_.valid);
  if (issue_.valid) {
    out.edge(issue_.loaded);
    put_command(out, issue_.command, output_bytes_);
    out.put(issue_.rows_left);
    out.put(issue_.cols_left);
    out.rows(issue_.address, static_cast<std::uint64_t>(issue_.cols_left) * output_bytes_, 1, 0);
    out.rows(issue_.row_address, static_cast<std::uint64_t>(issue_.command.cols) * output_bytes_, issue_.rows_left,
             issue_.command.mem_pitch);
  }
  out.put(aw_valid_ ? aw_beats_ : 0);
  out.put(static_cast<std::int64_t>(data_burst_));
  out.put(static_cast<std::int64_t>(responses_.size()));
  for (const Burst& b : responses_)
    for (const int value : {narrow ? 0 : b.lane, b.cols, int{b.final}, int{b.signal}}) out.put(value);
  out.put(data_busy_);
  out.put(request_);
  if (request_)
    for (const int value : {narrow ? 0 : request_lane_, request_cols_, int{request_first_}}) out.put(value);
  out.put(capture_.valid);
  if (capture_.valid)
    for (const int value : {narrow ? 0 : capture_.lane, capture_.cols, int{capture_.first}, int{capture_.last}, int{capture_.burst_last}})
      out.put(value);
  // While a beat waits to be sent, what it leaves to ask for decides what comes after it.
  if (data_busy_ && !request_)
    for (const int value : {narrow ? 0 : request_lane_, request_cols_}) out.put(value);
  out.put(w_valid_ ? 1 + static_cast<int>(w_last_) : 0);
  out.put(cursor_ == out.now());
  out.put(static_cast<std::int64_t>(retirements_.size()));
  for (const Retirement& r : retirements_) {
    out.exact_edge(r.edge);
    out.put(r.signal);
  }
}

void Array::append_state(StateWriter& out) const {
  if (stopped_at_ != kNever || stop_pending_) out.refuse("the array stops");
  put_queue(out, queue_, [&](const ArrayCommand& c) { put_command(out, c); });
  out.put(static_cast<std::int64_t>(works_.size()));
  for (const Work& w : works_) {
    put_command(out, w.command);
    out.exact_edge(w.first);
    out.exact_edge(w.last);
    for (const std::int64_t value : {w.runs, w.run_steps, std::int64_t{w.words}, std::int64_t{w.drains}, std::int64_t{w.add}})
      out.put(value);
  }
  out.edge(last_issue_);
  out.edge(ready_from_);
  out.edge(credit_from_);
  out.edge(busy_until_);
}

void ScaleUnit::append_state(StateWriter& out) const {
  out.put(static_cast<std::int64_t>(tokens_.size()));
  for (const SegmentToken& t : tokens_) {
    out.exact_edge(t.first_issue);
    for (const int value : {t.words, int{t.drains}, int{t.retires}, int{t.signal}}) out.put(value);
  }
}

void TableBuilder::append_state(StateWriter& out) const {
  if (stopped_at_ != kNever || stop_pending_) out.refuse("the table builder stops");
  put_queue(out, queue_, [&](const BuildCommand& c) { put_command(out, c); });
  out.put(static_cast<std::int64_t>(works_.size()));
  for (const Work& w : works_) {
    put_command(out, w.command);
    out.exact_edge(w.first);
    out.put(w.slots);
  }
  out.edge(last_slot_);
  out.edge(busy_until_);
}

void Scratchpad::append_reservations(StateWriter& out) const {
  for (std::size_t i = next_reservation_; i < reservations_.size(); ++i) {
    // Gone at the next edge.
    if (reservations_[i].end <= out.now() + 1) continue;
    out.edge(reservations_[i].first - 1);
    out.edge(reservations_[i].end);
  }
  out.put(-1);
}

void Semaphores::append_state(StateWriter& out, bool running) const {
  if (overflowed_) out.refuse("a semaphore overflows");
  for (const int count : counts_) out.put(running ? count : 0);
  out.put(static_cast<std::int64_t>(pending_.size()));
  for (const Increment& i : pending_) {
    out.exact_edge(i.edge);
    out.put(i.mask);
    out.put(i.count);
  }
}

void Control::append_state(StateWriter& out) const {
  if (state_ != State::kRun && state_ != State::kIdle) out.refuse("no program runs");
  if (deadline_ != kNever && state_ == State::kRun) out.refuse("a watchdog runs");
  if (!traps_.empty() || semaphore_trap_at_ > out.now()) out.refuse("a trap is on its way");
  out.put(static_cast<std::int64_t>(state_));
  if (state_ != State::kRun) return;
  out.put(pc_);
  out.put(length_);
  out.edge(execute_from_);
  out.edge(held_from_);
  out.put(holding_ ? 1 : dividing_ ? 2 : 0);
  for (const int value : {planes_, zmode_, int{segment_valid_}}) out.put(value);
  if (segment_valid_)
    for (const int value : {segment_, segment_ksteps_}) out.put(value);
  out.put(static_cast<std::int64_t>(loops_.size()));
  // What is left of the innermost loop is what a caller compares states for.
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    out.put(loops_[i].begin);
    if (i + 1 < loops_.size()) out.put(loops_[i].left);
  }
}

std::optional<LoopMark> Control::looped_at(Cycle edge) const {
  if (state_ != State::kRun || looped_at_ != edge || loops_.empty()) return std::nullopt;
  return LoopMark{static_cast<int>(loops_.size()), loops_.back().begin, loops_.back().left, registers_};
}

void Control::skip_iterations(std::uint32_t iterations, const std::array<std::uint64_t, 16>& registers) {
  loops_.back().left -= iterations;
  registers_ = registers;
}

bool Core::append_state(StateWriter& out) const {
  if (!csr_.quiet()) out.refuse("a register is being accessed");
  load_.append_state(out);
  store_.append_state(out);
  array_.append_state(out);
  scale_.append_state(out);
  builder_.append_state(out);
  pads_.accumulator.append_reservations(out);
  semaphores_.append_state(out, control_.running());
  control_.append_state(out);
  if (!port_.memory().append_state(out.now(), out.words())) out.refuse("the memory's state is not comparable");
  return out.refused() == nullptr;
}

}  // namespace lutra::model
