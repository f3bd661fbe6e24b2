// States, traps and timing of the command processor.
#include "sim/model/control.h"

#include <algorithm>

#include "isa/error.h"
#include "isa/timing/stop_timing.h"

namespace lutra::model {
namespace {

constexpr std::uint64_t kRegisterMask = (std::uint64_t{1} << 40) - 1;
constexpr Cycle kDivideCycles = 16;  // one for each bit of ksteps

}  // namespace

Control::Control(const ArchConfig& config, const Geometry& geometry, const Csr& csr, ControlPorts& ports, EventSink* events)
    : config_(config), geometry_(geometry), csr_(csr), ports_(ports), events_(events) {
  program_.resize(static_cast<std::size_t>(config.buffer.instruction_words));
  known_.resize(program_.size());
}

void Control::unit_trap(Cycle now, lutra::Unit unit, Trap cause, std::uint64_t address) { traps_.push_back({now, unit, cause, address}); }

std::int64_t Control::cycles(Cycle now) const { return status_.busy ? now - start_ - 1 : last_cycles_; }

bool Control::operate(Cycle now) {
  if (csr_.clear(now)) status_.done = status_.trapped = false;
  if (state_ == State::kIdle) return csr_.start(now) ? start(now) : false;
  if (state_ == State::kStop) return finish_stop(now);
  if (state_ == State::kCheck) ports_.clear_semaphores(now);
  Trap cause = Trap::kNone;
  std::uint64_t address = 0;
  if (foreign_trap(now, &cause, &address)) {
    count_held(now - 1);
    if (state_ == State::kFetch) request_fetch(now);  // its handshake may fall on this very edge
    take_trap(now, cause, address, false);
    return true;
  }
  if (state_ == State::kCheck) return check_program(now);
  if (state_ == State::kFetch) return await_fetch(now);
  return run(now);
}

bool Control::start(Cycle now) {
  status_ = Status{};
  status_.busy = true;
  start_ = now;
  instructions_ = stalls_ = 0;
  deadline_ = csr_.watchdog() == 0 || csr_.watchdog() > static_cast<std::uint64_t>(kNever - now)
                  ? kNever
                  : now + static_cast<Cycle>(csr_.watchdog());
  registers_.fill(0);
  for (int i = 0; i < 8; ++i) registers_[static_cast<std::size_t>(8 + i)] = csr_.argument(i);
  pc_ = last_pc_ = 0;
  loops_.clear();
  planes_ = 1;
  shifts_ = 0;
  zmode_ = zero_ = 0;
  segment_valid_ = false;
  dividing_ = holding_ = false;
  traps_.clear();
  semaphore_trap_at_ = -1;
  state_ = State::kCheck;
  return true;
}

bool Control::foreign_trap(Cycle now, Trap* cause, std::uint64_t* address) const {
  *address = 0;
  if (csr_.abort(now)) {
    *cause = Trap::kAborted;
    return true;
  }
  if (now == deadline_) {
    *cause = Trap::kWatchdog;
    return true;
  }
  for (const lutra::Unit unit : {lutra::Unit::kLoad, lutra::Unit::kStore})
    for (const PendingTrap& t : traps_)
      if (t.edge == now && t.unit == unit) {
        *cause = t.cause;
        *address = t.address;
        return true;
      }
  *cause = Trap::kSemaphoreOverflow;
  return semaphore_trap_at_ == now;
}

void Control::take_trap(Cycle now, Trap cause, std::uint64_t address, bool own) {
  status_.cause = cause;
  status_.pc = own ? pc_ : last_pc_;
  status_.address = address;
  state_ = State::kStop;
  stop_from_ = now + 1;
  ports_.stop(stop_from_);
  if (events_ != nullptr) events_->event({now, Channel::kTrap, static_cast<std::uint64_t>(cause), address, 0});
}

bool Control::check_program(Cycle now) {
  const std::uint64_t address = csr_.program_address(), length = csr_.program_length();
  const std::uint64_t shown = address & kRegisterMask;
  const auto bus = static_cast<std::uint64_t>(geometry_.bus_bytes);
  const AddressWindow& window = csr_.window();
  if (length == 0 || length > static_cast<std::uint64_t>(config_.buffer.instruction_words)) {
    take_trap(now, Trap::kProgramTooLong, 0, false);
    return true;
  }
  length_ = static_cast<int>(length);
  const auto beats = static_cast<std::uint64_t>(ceil_div(length_ * 16LL, geometry_.bus_bytes));
  if (address % bus != 0) {
    take_trap(now, Trap::kMisaligned, shown, false);
  } else if ((address >> config_.axi.address_bits) != 0 || address < window.lo || address + beats * bus > window.hi) {
    take_trap(now, Trap::kOutsideWindow, shown, false);
  } else {
    state_ = State::kFetch;
    fetch_from_ = now + 1;
    fetch_accepted_ = false;
  }
  return true;
}

bool Control::request_fetch(Cycle now) {
  if (fetch_accepted_ || now < fetch_from_ || !ports_.fetch_ready(now)) return false;
  ports_.fetch(now, csr_.program_address(), static_cast<int>(ceil_div(length_ * 16LL, geometry_.bus_bytes)));
  fetch_accepted_ = true;
  return true;
}

bool Control::await_fetch(Cycle now) {
  if (!fetch_accepted_) return request_fetch(now);
  if (!ports_.fetch_done(now)) return false;
  std::fill(known_.begin(), known_.end(), 0);
  state_ = State::kRun;
  execute_from_ = held_from_ = now + 2;
  return true;
}

const DecodedInstruction& Control::decoded(int pc) {
  const auto index = static_cast<std::size_t>(pc);
  if (known_[index] == 0) {
    program_[index] = decode_instruction(ports_.instruction(pc), config_);
    known_[index] = 1;
  }
  return program_[index];
}

void Control::count_held(Cycle through) {
  if (state_ != State::kRun || !(holding_ || dividing_) || through < held_from_) return;
  stalls_ += through - held_from_ + 1;
  held_from_ = through + 1;
}

bool Control::run(Cycle now) {
  if (pc_ >= length_) {  // seen when the instruction would be read, an edge before it would execute
    if (now < execute_from_ - 1) return false;
    take_trap(now, Trap::kEndOfProgram, 0, false);
    return true;
  }
  if (now < execute_from_) {
    if (dividing_) count_held(now);
    return false;
  }
  count_held(now - 1);
  dividing_ = holding_ = false;
  const DecodedInstruction& i = decoded(pc_);
  std::uint64_t address = 0;
  const Trap fault = i.fault != Trap::kNone ? i.fault : register_fault(i, &address);
  if (fault != Trap::kNone) {
    take_trap(now, fault, address, true);
    return true;
  }
  if (i.opcode == Opcode::kLmma && i.c != 0 && !(segment_valid_ && segment_ == i.c && segment_ksteps_ == i.a)) {
    segment_valid_ = true;
    segment_ = i.c;
    segment_ksteps_ = i.a;
    dividing_ = true;
    held_from_ = now;
    count_held(now);
    execute_from_ = now + kDivideCycles + 1;
    return false;
  }
  if (!ready(now, i)) {
    holding_ = true;
    held_from_ = now;
    count_held(now);
    return false;
  }
  return execute(now, i);
}

Trap Control::register_fault(const DecodedInstruction& i, std::uint64_t* address) const {
  switch (i.opcode) {
    case Opcode::kLoop:
      if (static_cast<std::uint32_t>(static_cast<std::uint64_t>(i.imm) + value(i, 0)) == 0) return Trap::kBadField;
      return static_cast<int>(loops_.size()) == config_.control.loop_depth ? Trap::kLoopOverflow : Trap::kNone;
    case Opcode::kEndloop:
      return loops_.empty() ? Trap::kLoopUnderflow : Trap::kNone;
    case Opcode::kLoad:
    case Opcode::kStore:
      if ((value(i, 1) >> config_.axi.address_bits) == 0) return Trap::kNone;
      *address = value(i, 1);
      return Trap::kOutsideWindow;
    case Opcode::kLmma:
      return segment_valid_ && i.c != 0 && segment_ == i.c && segment_ksteps_ == i.a && i.a % i.c != 0 ? Trap::kBadField : Trap::kNone;
    default:
      return Trap::kNone;
  }
}

bool Control::ready(Cycle now, const DecodedInstruction& i) {
  switch (i.opcode) {
    case Opcode::kLoad:
      return ports_.can_push(now, lutra::Unit::kLoad);
    case Opcode::kStore:
      return ports_.can_push(now, lutra::Unit::kStore);
    case Opcode::kTbuild:
      return ports_.can_push(now, lutra::Unit::kBuild);
    case Opcode::kLmma:
      return ports_.can_push(now, lutra::Unit::kArray);
    case Opcode::kHalt:
    case Opcode::kBarrier:
      return ports_.all_idle(now);
    default:
      return true;
  }
}

bool Control::execute(Cycle now, const DecodedInstruction& i) {
  if (events_ != nullptr) events_->event({now, Channel::kIssue, static_cast<std::uint64_t>(pc_), static_cast<std::uint64_t>(i.opcode), 0});
  ++instructions_;
  last_pc_ = pc_++;
  execute_from_ = held_from_ = now + 2;
  if (i.opcode == Opcode::kHalt) {
    status_.busy = false;
    status_.done = true;
    last_cycles_ = now - start_;
    state_ = State::kIdle;
    return true;
  }
  if (i.opcode == Opcode::kPost) {
    ports_.post(now, static_cast<std::uint8_t>(i.a), i.b);
    return true;
  }
  if (execute_command(now, i)) return true;
  execute_register(now, i);
  return false;
}

bool Control::execute_command(Cycle now, const DecodedInstruction& i) {
  switch (i.opcode) {
    case Opcode::kLoad:
      ports_.push(now, LoadCommand{i.signal, i.wait, i.a, short_value(i, 0), value(i, 1), i.b, i.c, i.word, i.d});
      return true;
    case Opcode::kStore:
      ports_.push(now, StoreCommand{i.signal, i.wait, short_value(i, 0), value(i, 1), i.a, i.b, i.word});
      return true;
    case Opcode::kTbuild:
      ports_.push(now, BuildCommand{i.signal, i.wait, short_value(i, 0), short_value(i, 1), i.a, i.b, i.c});
      return true;
    case Opcode::kLmma:
      ports_.push(now, ArrayCommand{i.signal, i.wait, short_value(i, 0), short_value(i, 1), i.a, i.b, short_value(i, 2), short_value(i, 3),
                                    i.c, i.first, i.last, i.accumulate, planes_, shifts_, zmode_, zero_});
      return true;
    default:
      return false;
  }
}

void Control::execute_register(Cycle now, const DecodedInstruction& i) {
  std::uint64_t result = 0;
  switch (i.opcode) {
    case Opcode::kLi:
      result = static_cast<std::uint64_t>(i.imm);
      break;
    case Opcode::kAddi:
      result = value(i, 0) + static_cast<std::uint64_t>(i.imm);
      break;
    case Opcode::kAdd:
      result = value(i, 0) + value(i, 1);
      break;
    case Opcode::kLoop:
      loops_.push_back({pc_, static_cast<std::uint32_t>(static_cast<std::uint64_t>(i.imm) + value(i, 0))});
      return;
    case Opcode::kEndloop:
      if (loops_.back().left != 1) {
        --loops_.back().left;
        pc_ = loops_.back().begin;
        looped_at_ = now;
      } else {
        loops_.pop_back();
      }
      return;
    case Opcode::kSettype:
      planes_ = i.a;
      shifts_ = i.word;
      zmode_ = i.b;
      zero_ = i.c;
      return;
    default:
      return;
  }
  if (i.rd != 0) registers_[i.rd] = result & kRegisterMask;
}

bool Control::finish_stop(Cycle now) {
  if (now <= stop_from_ || !ports_.all_idle(now)) {
    // Units that do not come to rest do not keep the host.
    const bool gives_up = now == stop_from_ + timing::kDrainCycles - 1;
    status_.trapped = status_.trapped || gives_up;
    return gives_up;
  }
  state_ = State::kIdle;
  status_.busy = false;
  status_.trapped = true;
  last_cycles_ = now - start_;
  ports_.release(now + 1);
  return true;
}

Cycle Control::next_event(Cycle now) const {
  Cycle next = deadline_;
  for (const PendingTrap& t : traps_)
    if (t.edge > now) next = std::min(next, t.edge);
  if (semaphore_trap_at_ > now) next = std::min(next, semaphore_trap_at_);
  switch (state_) {
    case State::kIdle:
      return kNever;
    case State::kCheck:
      return now + 1;
    case State::kFetch:
      return fetch_accepted_ ? next : std::min(next, std::max(now + 1, fetch_from_));
    // Stopping is rare and short: every edge is looked at.
    case State::kStop:
      return now + 1;
    case State::kRun:
      break;
  }
  if (holding_) return next;  // until a neighbour moves
  const Cycle own = pc_ >= length_ ? execute_from_ - 1 : execute_from_;
  return std::min(next, std::max(now + 1, own));
}

void Control::describe(std::ostream& out) const {
  static constexpr const char* kNames[] = {"idle", "check", "fetch", "run", "stop"};
  out << "control: " << kNames[static_cast<int>(state_)] << ", pc " << pc_ << " of " << length_;
  if (state_ == State::kRun && pc_ < length_ && known_[static_cast<std::size_t>(pc_)] != 0) {
    const InstructionInfo* info = find_instruction(static_cast<std::uint8_t>(program_[static_cast<std::size_t>(pc_)].opcode));
    if (info != nullptr) out << " (" << info->mnemonic << (holding_ ? ", held" : "") << ')';
  }
  out << ", loops " << loops_.size() << '\n';
}

}  // namespace lutra::model
