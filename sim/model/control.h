// The command processor (gen/control): fetches a program, executes it, hands commands to the units, decides what stops it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

#include "isa/arch_config.h"
#include "isa/geometry.h"
#include "isa/instruction.h"
#include "sim/model/csr.h"
#include "sim/model/event.h"
#include "sim/model/state.h"
#include "sim/model/unit.h"

namespace lutra::model {

/// What the command processor asks of its neighbours; implemented by the core. `now` is the edge that is being processed.
class ControlPorts {
 public:
  virtual ~ControlPorts() = default;
  /// <unit>_cmd_ready.
  virtual bool can_push(Cycle now, lutra::Unit unit) = 0;
  virtual void push(Cycle now, const LoadCommand& command) = 0;
  virtual void push(Cycle now, const StoreCommand& command) = 0;
  virtual void push(Cycle now, const BuildCommand& command) = 0;
  virtual void push(Cycle now, const ArrayCommand& command) = 0;
  virtual bool fetch_ready(Cycle now) = 0;
  virtual void fetch(Cycle now, std::uint64_t address, int beats) = 0;
  virtual bool fetch_done(Cycle now) = 0;
  /// Word of the instruction buffer.
  virtual Encoded instruction(int index) = 0;
  virtual bool all_idle(Cycle now) = 0;
  virtual void post(Cycle now, std::uint8_t mask, int count) = 0;
  virtual void clear_semaphores(Cycle now) = 0;
  /// Units sample stop high from edge `first` on.
  virtual void stop(Cycle first) = 0;
  /// Units sample stop low from edge `first` on.
  virtual void release(Cycle first) = 0;
};

/// An instruction as the command processor sees it: checked once, executed often.
struct DecodedInstruction {
  Opcode opcode = Opcode::kNop;
  Trap fault = Trap::kNone;  // found without looking at registers
  std::uint8_t wait = 0, signal = 0;
  std::array<std::uint8_t, 4> sources{};  // source registers in field order
  std::uint8_t rd = 0;
  std::int64_t imm = 0;            // li, addi; loop: count
  int a = 0, b = 0, c = 0, d = 0;  // plain fields, in field order (see decode_instruction)
  std::uint32_t word = 0;          // mem_pitch, shifts
  bool first = false, last = false, accumulate = false;
};

/// Decodes and checks everything that does not depend on registers (docs/microarchitecture.md, "Control checks").
DecodedInstruction decode_instruction(const Encoded& encoded, const ArchConfig& config);

/// A jump back to the start of a loop.
struct LoopMark {
  int depth = 0;           // loops that are open, this one included
  int begin = 0;           // its first instruction
  std::uint32_t left = 0;  // iterations still to run, the one that begins included
  std::array<std::uint64_t, 16> registers{};
};

class Control : public Block {
 public:
  Control(const ArchConfig& config, const Geometry& geometry, const Csr& csr, ControlPorts& ports, EventSink* events);

  /// A unit's trap, as control samples it at edge `now`.
  void unit_trap(Cycle now, lutra::Unit unit, Trap cause, std::uint64_t address);
  /// A semaphore overflowed at the edge before `now`.
  void semaphore_trap(Cycle now) { semaphore_trap_at_ = now; }

  bool operate(Cycle now) override;
  [[nodiscard]] Cycle next_event(Cycle now) const override;
  void describe(std::ostream& out) const override;

  [[nodiscard]] const Status& status() const { return status_; }
  /// Values of the registers at edge `now`, before operate(now).
  [[nodiscard]] std::int64_t cycles(Cycle now) const;
  [[nodiscard]] std::int64_t instructions() const { return instructions_; }
  [[nodiscard]] std::int64_t stalls() const { return stalls_; }
  /// Edge of the last start.
  [[nodiscard]] Cycle started_at() const { return start_; }
  [[nodiscard]] bool running() const { return state_ != State::kIdle; }

  /// What the future depends on but for registers and the innermost loop's count (sim/model/state.h).
  void append_state(StateWriter& out) const;
  /// The jump back that was executed at `edge`, if one was.
  [[nodiscard]] std::optional<LoopMark> looped_at(Cycle edge) const;
  /// Leaves out iterations of the innermost loop, fewer than are left: only the count and the registers change.
  void skip_iterations(std::uint32_t iterations, const std::array<std::uint64_t, 16>& registers);

 private:
  enum class State : std::uint8_t { kIdle, kCheck, kFetch, kRun, kStop };
  struct PendingTrap {
    Cycle edge;
    lutra::Unit unit;
    Trap cause;
    std::uint64_t address;
  };
  struct Loop {
    int begin;
    std::uint32_t left;
  };

  bool start(Cycle now);
  [[nodiscard]] bool foreign_trap(Cycle now, Trap* cause, std::uint64_t* address) const;
  void take_trap(Cycle now, Trap cause, std::uint64_t address, bool own);
  bool check_program(Cycle now);
  bool request_fetch(Cycle now);
  bool await_fetch(Cycle now);
  bool run(Cycle now);
  bool finish_stop(Cycle now);
  void count_held(Cycle through);
  [[nodiscard]] Trap register_fault(const DecodedInstruction& i, std::uint64_t* address) const;
  [[nodiscard]] bool ready(Cycle now, const DecodedInstruction& i);
  bool execute(Cycle now, const DecodedInstruction& i);
  void execute_register(Cycle now, const DecodedInstruction& i);
  bool execute_command(Cycle now, const DecodedInstruction& i);
  const DecodedInstruction& decoded(int pc);
  [[nodiscard]] std::uint64_t value(const DecodedInstruction& i, int source) const {
    return registers_[i.sources[static_cast<std::size_t>(source)]];
  }
  [[nodiscard]] int short_value(const DecodedInstruction& i, int source) const { return static_cast<int>(value(i, source) & 0xFFFFU); }

  const ArchConfig& config_;
  const Geometry& geometry_;
  const Csr& csr_;
  ControlPorts& ports_;
  EventSink* events_;

  State state_ = State::kIdle;
  Status status_;
  Cycle start_ = 0;
  std::int64_t last_cycles_ = 0;  // of the program before
  std::int64_t instructions_ = 0;
  std::int64_t stalls_ = 0;
  Cycle deadline_ = kNever;  // watchdog

  bool fetch_accepted_ = false;
  Cycle fetch_from_ = 0;
  int length_ = 0;
  int pc_ = 0, last_pc_ = 0;
  Cycle held_from_ = 0;     // first edge at which the instruction is held and not yet counted
  Cycle execute_from_ = 0;  // edge at which the instruction at pc_ may execute
  bool holding_ = false;    // it could not
  bool dividing_ = false;
  Cycle looped_at_ = -1;  // edge of the last jump back
  std::array<std::uint64_t, 16> registers_{};
  std::vector<Loop> loops_;
  int planes_ = 1, zmode_ = 0, zero_ = 0;
  std::uint32_t shifts_ = 0;
  bool segment_valid_ = false;
  int segment_ = 0, segment_ksteps_ = 0;

  Cycle stop_from_ = 0;
  std::vector<PendingTrap> traps_;
  Cycle semaphore_trap_at_ = -1;
  std::vector<DecodedInstruction> program_;
  std::vector<char> known_;
};

}  // namespace lutra::model
