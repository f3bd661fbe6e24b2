// A flash device: command queues in front of one medium whose bandwidth depends on block size, pattern and range.
#pragma once

#include <cstdint>
#include <deque>
#include <ostream>
#include <string>
#include <vector>

#include "sim/model/block.h"
#include "sim/storage/storage_config.h"

namespace lutra::storage {

/// Time in the storage simulator: nanoseconds.
using Nanoseconds = model::Cycle;

struct ReadCommand {
  std::uint64_t id = 0;
  std::uint32_t bytes = 0;
  Pattern pattern = Pattern::kRandom;
  std::uint64_t range_bytes = 0;  // region that reads of this kind are spread over
  int queue = 0;
};

struct Completion {
  std::uint64_t id = 0;
  Nanoseconds at = 0;
};

/// Counters since construction.
struct StorageCounters {
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t bytes = 0;
  Nanoseconds busy = 0;  // the medium served a command
  double energy_pj = 0;
};

/// Commands of a queue are served in order, queues take turns. A command occupies the medium for its bytes at the bandwidth of the
/// curve, at least for the driver's time of the core that submits; its data are there `latency` after that. With few commands in flight
/// latency bounds the bandwidth, with full queues the curve does.
class FlashDevice : public model::Block {
 public:
  /// `io_core` is a key of host_us; `submitters` threads submit commands. Throws Error for a core that the description does not have.
  FlashDevice(const StorageConfig& config, const std::string& io_core, int submitters = 1);

  /// Whether the queue has room at `now`; operate(now) must have been called.
  [[nodiscard]] bool can_submit(int queue = 0) const { return in_flight_[static_cast<std::size_t>(queue)] < config_.queue_depth; }
  /// Takes a command at `now`, not before the last operate(). Throws Error (check failed) when the queue is full.
  void submit(Nanoseconds now, const ReadCommand& command);

  bool operate(Nanoseconds now) override;
  [[nodiscard]] Nanoseconds next_event(Nanoseconds now) const override;
  void describe(std::ostream& out) const override;

  /// Completed reads that nobody has taken, oldest first.
  [[nodiscard]] bool has_completion() const { return !completions_.empty(); }
  Completion take_completion();

  [[nodiscard]] int in_flight(int queue = 0) const { return in_flight_[static_cast<std::size_t>(queue)]; }
  [[nodiscard]] const StorageCounters& counters() const { return counters_; }
  [[nodiscard]] const StorageConfig& config() const { return config_; }
  /// How long the medium is occupied by a command.
  [[nodiscard]] Nanoseconds service_time(const ReadCommand& command) const;

 private:
  struct Waiting {
    ReadCommand command;
    Nanoseconds since = 0;
  };
  struct Served {
    std::uint64_t id = 0;
    Nanoseconds at = 0;
    int queue = 0;
  };
  /// The queue to serve next, at the earliest possible time; -1: none waits.
  [[nodiscard]] int next_queue(Nanoseconds& start) const;

  StorageConfig config_;
  double host_ns_;
  double slowdown_;
  Nanoseconds latency_;
  std::vector<std::deque<Waiting>> waiting_;
  std::vector<int> in_flight_;
  std::deque<Served> served_;  // in order of completion
  std::deque<Completion> completions_;
  Nanoseconds free_at_ = 0;
  int last_queue_ = 0;
  StorageCounters counters_;
};

}  // namespace lutra::storage
