// The load unit: moves rows of beats from memory to the buffers, several commands in flight, retiring in order.
#pragma once

#include <array>
#include <deque>
#include <ostream>
#include <vector>

#include "isa/geometry.h"
#include "sim/model/event.h"
#include "sim/model/memory_port.h"
#include "sim/model/scratchpad.h"
#include "sim/model/state.h"
#include "sim/model/unit.h"

namespace lutra::model {

class LoadUnit : public Unit, public ReadMaster {
 public:
  /// `events` may be null: then nothing is logged and nothing is hashed. Attaches itself to the port. All references must outlive it.
  LoadUnit(const ArchConfig& config, const Geometry& geometry, MemoryPort& port, Scratchpads& pads, const AddressWindow& window,
           RetireSink& retire_sink, TrapSink& trap_sink, EventSink* events);

  // Commands from control. A command pushed at edge `now` is seen at the queue's head at now + 1; ignored while stopped.
  [[nodiscard]] bool can_push(Cycle now) const { return queue_.can_push(now); }
  void push(Cycle now, const LoadCommand& command);
  /// The program fetch: `beats` beats from `address` to beat 0 of the instruction buffer. fetch() is the handshake at edge `now`.
  [[nodiscard]] bool fetch_ready(Cycle now);
  void fetch(Cycle now, std::uint64_t address, int beats);
  /// fetch_done as sampled at edge `now`.
  [[nodiscard]] bool fetch_done(Cycle now);

  bool wants_start(Cycle now) override;
  [[nodiscard]] std::uint8_t wait_mask() const override { return queue_.front().wait; }
  void start(Cycle now) override;
  [[nodiscard]] bool idle(Cycle now) override;
  void stop(Cycle now) override;
  void release() override { stopped_at_ = kNever; }

  bool operate(Cycle now) override;
  [[nodiscard]] Cycle next_event(Cycle now) const override;
  void describe(std::ostream& out) const override;

  void advance(Cycle to) override;

  /// R beats received at edges up to and including `through`; rd_beats_o of the beat at edge t is sampled at t + 1.
  /// `through` may lie at most two edges before the last edge operated.
  [[nodiscard]] std::int64_t beats_received(Cycle through) const;

  /// What the future depends on, after all work at an edge (sim/model/state.h).
  void append_state(StateWriter& out) const;

 private:
  struct Burst {            // an AR that was issued: its descriptor and what is left of it
    std::uint64_t address;  // of its first beat
    int left;
    int buffer;
    std::int64_t byte;  // of the next beat in the buffer, not wrapped
    bool final;
    bool fetch;
    std::uint8_t signal;
    int window;    // handle to close at the end of a final burst, or -1
    bool careful;  // of a final burst: counted in careful_
  };
  struct Issue {
    bool valid = false;
    bool fetch = false;
    Cycle loaded = 0;
    LoadCommand command{};
    std::uint64_t address = 0, row_address = 0;
    int rows_left = 0, left = 0;
    std::int64_t byte = 0;
    std::int64_t row_word = 0;
    int window = -1;
    bool careful = false;  // some beat may answer with an error
  };
  struct Check {
    bool valid = false;
    bool checked = false;
    Cycle due = 0;
    LoadCommand command{};
    int window = -1;
  };
  struct StagedBeats {  // beats that a reader must not see before their write edge
    Cycle write;
    int buffer;
    std::int64_t byte;
    std::vector<std::uint8_t> data;
  };
  struct Retirement {
    Cycle edge;
    std::uint8_t signal;
    bool fetch;
    int buffer;
    int window;
  };

  struct PendingTrap {
    Cycle edge;
    Trap cause;
    std::uint64_t address;
  };

  [[nodiscard]] int open_window(const LoadCommand& command);
  void close_window(int buffer, int window);
  void decide_check(Cycle now);
  [[nodiscard]] Trap check_result() const;
  void move_to_issue(Cycle now);
  void issue(Cycle now, const LoadCommand& command, bool fetch, int window);
  [[nodiscard]] Cycle next_load_edge() const;
  void load_ar(Cycle now);
  void accept_ar(Cycle now);
  bool take_beats(Cycle limit);
  Cycle take_run(Burst& burst, Cycle first, Cycle limit);
  void write_beats(const Burst& burst, std::uint64_t address, std::int64_t beats, Cycle edge);
  void flush_staged(Cycle now);
  void finish_burst(Cycle now);
  void raise(Cycle now, Trap cause, std::uint64_t address);
  bool deliver(Cycle now);
  [[nodiscard]] std::int64_t beats_to_next_end() const;
  [[nodiscard]] Cycle earliest_issue_end(Cycle now) const;

  int bus_;
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

  Fifo<LoadCommand> queue_;
  Check check_;
  Issue issue_;
  bool ar_valid_ = false;
  Cycle ar_from_ = 0;  // first edge at which the AR register's burst may be accepted
  Cycle ar_free_ = 0;  // first edge at which the AR register may be loaded
  std::uint64_t ar_address_ = 0;
  int ar_beats_ = 0;
  std::deque<Burst> bursts_;
  Cycle room_from_ = 0;  // first edge at which bursts in flight were seen to be below the limit
  Cycle check_freed_ = -1;
  Cycle issue_freed_ = -1;
  Cycle emptied_ = -1;  // last edge that emptied something idle() looks at
  Cycle stopped_at_ = kNever;
  Cycle cursor_ = -1;  // every edge up to here is done
  int careful_ = 0;    // commands in flight of which a beat may answer with an error

  std::deque<Retirement> retirements_;
  std::deque<StagedBeats> staged_;
  std::vector<std::uint8_t> scratch_;  // bytes of beats on their way
  std::deque<PendingTrap> traps_;
  Cycle fetch_done_at_ = -1;

  std::int64_t beats_ = 0;
  std::array<Cycle, 4> recent_beats_{-1, -1, -1, -1};
};

}  // namespace lutra::model
