// The order of work at an edge, and the way from one edge to the next.
#include "sim/model/core.h"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "isa/error.h"

namespace lutra::model {

Core::Core(const ArchConfig& config, memory::Memory& memory, HostScript script, CoreOptions options)
    : config_(config),
      geometry_(config_),
      events_(options.events),
      host_(std::move(script)),
      csr_(config_, events_),
      pads_(config_, geometry_, options.values),
      port_(memory),
      store_(config_, geometry_, port_, pads_, csr_.window(), *this, *this, events_),
      scale_(config_, geometry_, pads_, *this),
      array_(config_, geometry_, pads_, scale_),
      builder_(config_, geometry_, pads_, *this),
      load_(config_, geometry_, port_, pads_, csr_.window(), *this, *this, events_),
      control_(config_, geometry_, csr_, *this, events_),
      units_{&load_, &store_, &builder_, &array_} {}

bool Core::begin_edge(Cycle now) {
  bool visible = false;
  if (const auto data = csr_.answer(now)) {
    host_.answered(now, *data);
    visible = true;
  }
  if (host_.waits_for_irq() && csr_.irq()) {
    host_.sample_irq(now, true);
    visible = true;
  }
  if (const HostOp* op = host_.request(now)) {
    csr_.accept(now, *op);
    host_.accepted();
    visible = true;
  }
  if (csr_.reads_at(now)) csr_.capture(control_.status(), counters_at(now));
  csr_.sample_status(now, control_.status());
  if (semaphores_.overflowed()) control_.semaphore_trap(now);
  if (stop_at_ == now) {
    for (Unit* unit : units_) unit->stop(now);
    visible = true;
  }
  if (release_at_ == now)
    for (Unit* unit : units_) unit->release();
  return visible;
}

bool Core::operate(Cycle now) {
  bool visible = store_.operate(now);
  visible |= array_.operate(now);
  visible |= scale_.operate(now);
  visible |= builder_.operate(now);
  visible |= load_.operate(now);
  visible |= control_.operate(now);
  if (control_.running() && control_.started_at() == now) baseline_ = unit_counts(now - 1);
  return visible;
}

bool Core::step_at(Cycle now) {
  if (finished()) return false;
  now_ = last_edge_ = now;
  ++edges_visited_;
  bool visible = begin_edge(now);
  const std::uint8_t started = semaphores_.arbitrate(now, units_);
  visible |= started != 0;
  for (int unit = 0; events_ != nullptr && unit < kUnits; ++unit)
    if (((started >> unit) & 1) != 0) events_->started(now, unit);
  visible |= operate(now);
  visible |= semaphores_.finish(now);
  visible |= csr_.finish(now);
  if (events_ != nullptr) log_retirements(now);
  if (visible || pads_.conflict() || finished()) {
    now_ = now + 1;
    return !finished();
  }
  now_ = next_edge(now);
  if (now_ != kNever) return true;
  now_ = now + 1;
  std::ostringstream state;
  state << "deadlock at cycle " << now << ": the host's script has not ended and no block can ever do anything again\n";
  describe(state);
  throw Error(state.str(), {}, Error::Kind::kCheckFailed);
}

void Core::run() {
  while (step()) {
  }
}

Cycle Core::next_edge(Cycle now) const {
  Cycle next = std::min(host_.next_request(now + 1), csr_.next_event(now));
  if (host_.waits_for_irq() && csr_.irq()) next = std::min(next, std::max(now + 1, host_.begin()));
  next = std::min(next, semaphores_.next_event(now));
  next = std::min(next, control_.next_event(now));
  next = std::min({next, store_.next_event(now), array_.next_event(now), scale_.next_event(now)});
  return std::min({next, builder_.next_event(now), load_.next_event(now)});
}

Counters Core::unit_counts(Cycle through) const {
  Counters c;
  c.array_steps = array_.steps(through);
  c.array_waits = array_.waits(through);
  c.builder_busy = builder_.busy(through);
  c.read_beats = load_.beats_received(through);
  c.write_beats = store_.beats_sent(through);
  return c;
}

// The counters' registers as seen at edge `now`: they count strobes up to the edge before, and a strobe comes an edge after its cause.
Counters Core::counters_at(Cycle now) const {
  Counters c = unit_counts(now - 2);
  c.array_steps -= baseline_.array_steps;
  c.array_waits -= baseline_.array_waits;
  c.builder_busy -= baseline_.builder_busy;
  c.read_beats -= baseline_.read_beats;
  c.write_beats -= baseline_.write_beats;
  c.cycles = control_.cycles(now);
  c.instructions = control_.instructions();
  c.control_stalls = control_.stalls();
  return c;
}

Counters Core::counters() const { return counters_at(now_); }

Counters Core::progress() const {
  Counters c = unit_counts(last_edge_);
  c.cycles = last_edge_;
  c.instructions = control_.instructions();
  c.control_stalls = control_.stalls();
  return c;
}

bool Core::can_push(Cycle now, lutra::Unit unit) {
  switch (unit) {
    case lutra::Unit::kLoad:
      return load_.can_push(now);
    case lutra::Unit::kStore:
      return store_.can_push(now);
    case lutra::Unit::kBuild:
      return builder_.can_push(now);
    case lutra::Unit::kArray:
      return array_.can_push(now);
    case lutra::Unit::kControl:
      break;
  }
  throw std::logic_error("control has no queue");
}

Encoded Core::instruction(int index) {
  Encoded encoded;
  const std::uint8_t* bytes = pads_.instruction.word(index);
  for (std::size_t i = 0; i < 16; ++i) encoded.word[i / 8] |= static_cast<std::uint64_t>(bytes[i]) << (8 * (i % 8));
  return encoded;
}

void Core::retire(Cycle d, lutra::Unit unit, std::uint8_t signal) {
  if (d < now_) throw std::logic_error("a unit reports a retirement too late");
  semaphores_.signal(d, signal);
  if (events_ != nullptr) retirements_.push_back({d, unit, signal});
}

void Core::log_retirements(Cycle now) {
  std::stable_sort(retirements_.begin(), retirements_.end(),
                   [](const Retirement& a, const Retirement& b) { return a.edge != b.edge ? a.edge < b.edge : a.unit < b.unit; });
  std::size_t logged = 0;
  for (; logged < retirements_.size() && retirements_[logged].edge <= now; ++logged) {
    const Retirement& r = retirements_[logged];
    events_->event({r.edge, Channel::kRetire, static_cast<std::uint64_t>(r.unit), r.signal, 0});
  }
  retirements_.erase(retirements_.begin(), retirements_.begin() + static_cast<std::ptrdiff_t>(logged));
}

void Core::describe(std::ostream& out) const {
  out << "host: step " << host_.position() << " of " << host_.script().size() << (host_.waits_for_irq() ? ", waits for the interrupt" : "")
      << '\n';
  csr_.describe(out);
  control_.describe(out);
  semaphores_.describe(out);
  load_.describe(out);
  store_.describe(out);
  builder_.describe(out);
  array_.describe(out);
  scale_.describe(out);
}

}  // namespace lutra::model
