// The store unit: reads a tile of accumulators and writes its outputs to memory, row-major, with byte strobes.
#pragma once

#include <array>
#include <deque>
#include <ostream>
#include <string>
#include <vector>

#include "isa/geometry.h"
#include "sim/model/event.h"
#include "sim/model/memory_port.h"
#include "sim/model/scratchpad.h"
#include "sim/model/state.h"
#include "sim/model/unit.h"

namespace lutra::model {

class StoreUnit : public Unit, public WriteMaster {
 public:
  /// `events` may be null: then nothing is logged and nothing is hashed. Attaches itself to the port. All references must outlive it.
  /// The scale unit's reads of the accumulator buffer, which go first, are the reservations of `pads.accumulator`.
  StoreUnit(const ArchConfig& config, const Geometry& geometry, MemoryPort& port, Scratchpads& pads, const AddressWindow& window,
            RetireSink& retire_sink, TrapSink& trap_sink, EventSink* events);

  // Commands from control. A command pushed at edge `now` is seen at the queue's head at now + 1; ignored while stopped.
  [[nodiscard]] bool can_push(Cycle now) const { return queue_.can_push(now); }
  void push(Cycle now, const StoreCommand& command);

  bool wants_start(Cycle now) override;
  [[nodiscard]] std::uint8_t wait_mask() const override { return queue_.front().wait; }
  void start(Cycle now) override;
  [[nodiscard]] bool idle(Cycle now) override;
  void stop(Cycle now) override;
  void release() override { stopped_at_ = kNever; }

  bool operate(Cycle now) override;
  [[nodiscard]] Cycle next_event(Cycle now) const override;
  void describe(std::ostream& out) const override;

  [[nodiscard]] Cycle next_edge() const override;
  void step(Cycle now) override;

  /// W beats sent at edges up to and including `through`; wr_beats_o of the beat at edge t is sampled at t + 1.
  /// `through` may lie at most two edges before the last edge operated.
  [[nodiscard]] std::int64_t beats_sent(Cycle through) const;

  /// What the future depends on, after all work at an edge (sim/model/state.h).
  void append_state(StateWriter& out) const;

 private:
  struct Burst {  // an AW that was issued
    std::uint64_t address;
    int word;  // accumulator word of its first output
    int lane;  // word of the beat where that goes
    int cols;
    bool final;
    std::uint8_t signal;
    int window;  // handle to close at the end of a final burst, or -1
  };
  struct Issue {
    bool valid = false;
    Cycle loaded = 0;
    StoreCommand command{};
    std::uint64_t address = 0, row_address = 0;
    int rows_left = 0, cols_left = 0;
    int word = 0, row_word = 0;
    int window = -1;
  };
  struct Check {
    bool valid = false;
    bool checked = false;
    Cycle due = 0;
    StoreCommand command{};
    int window = -1;
  };
  struct Retirement {
    Cycle edge;
    std::uint8_t signal;
    int window;
  };

  struct PendingTrap {
    Cycle edge;
    Trap cause;
    std::uint64_t address;
  };

  void take_response(Cycle now);
  void step_data(Cycle now);
  void send_beat(Cycle now);
  void capture_word();
  void capture_outputs(const std::uint8_t* word);
  void request_next();
  void step_issue(Cycle now);
  void load_aw(Cycle now);
  void step_check(Cycle now);
  [[nodiscard]] Trap check_result() const;
  void move_to_issue(Cycle now);
  void close_window(int window);
  void raise(Cycle now, Trap cause, std::uint64_t address);
  bool deliver(Cycle now);

  int bus_;
  int columns_;
  int output_bytes_;    // of an output in memory
  std::string output_;  // scale.output
  int word_cols_;       // outputs_per_cycle
  int words_per_beat_;
  int max_burst_;
  int max_in_flight_;
  const Geometry& geometry_;
  MemoryPort& port_;
  memory::Memory& memory_;
  Scratchpads& pads_;
  const AddressWindow& window_;
  RetireSink& retire_sink_;
  TrapSink& trap_sink_;
  EventSink* events_;

  Fifo<StoreCommand> queue_;
  Check check_;
  Issue issue_;
  bool aw_valid_ = false;
  std::uint64_t aw_address_ = 0;
  int aw_beats_ = 0;
  std::deque<Burst> responses_;  // issued bursts whose response has not come
  std::size_t data_burst_ = 0;   // index in responses_ of the burst whose data come next

  // The words of a beat are requested one by one and gathered in the W register.
  bool data_busy_ = false;  // a burst's data are on their way
  bool request_ = false;    // osr_en
  int request_word_ = 0;    // word asked for, its place in the beat, outputs from there to the burst's end
  int request_lane_ = 0;
  int request_cols_ = 0;
  bool request_first_ = false;  // first word of a beat
  struct Capture {
    bool valid = false;
    int lane = 0;
    int cols = 0;
    bool first = false;  // of the beat
    bool last = false;   // of the beat
    bool burst_last = false;
  } capture_;
  std::vector<std::uint8_t> captured_;  // the SRAM's output register
  bool w_valid_ = false;
  bool w_last_ = false;
  std::vector<std::uint8_t> w_data_, w_strobe_;

  Cycle last_b_ = -1;
  Cycle check_freed_ = -1;
  Cycle emptied_ = -1;  // last edge that emptied something idle() looks at
  Cycle stopped_at_ = kNever;
  Cycle cursor_ = -1;  // last edge stepped

  std::deque<Retirement> retirements_;
  std::deque<PendingTrap> traps_;

  std::int64_t beats_ = 0;
  std::array<Cycle, 4> recent_beats_{-1, -1, -1, -1};
};

}  // namespace lutra::model
