// How the reads of one layer and its computing share time.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/flash/policy.h"
#include "sim/storage/flash_device.h"

namespace lutra::flash {

using storage::Nanoseconds;

/// One layer's cold work. Granules that are present are computed without reads, missing ones are read as the plan says.
struct LayerWork {
  Nanoseconds reads_from = 0;        // reads may be submitted
  Nanoseconds compute_from = 0;      // inputs are there
  double present_ns = 0;             // computing of all present granules
  double granule_ns = 0;             // computing of one missing granule, all parts
  std::vector<std::uint8_t> passes;  // for each missing granule: whether conditional parts are needed
  const ReadPlan* plan = nullptr;
  std::uint64_t range_bytes = 0;  // that reads are spread over
  std::int64_t staging = 0;       // missing granules that may be in flight or loaded and not computed
};

struct LayerTiming {
  Nanoseconds end = 0;
  double compute_ns = 0;  // the unit worked
  std::int64_t most_staged = 0;
};

/// Reads of a layer on the device: submits in order as queues allow, and tells when a granule's part is there.
class LayerReads {
 public:
  LayerReads(storage::FlashDevice& device, const LayerWork& work);

  /// Asks for a part of a missing granule.
  void request(std::size_t granule, std::size_t part);
  /// Submits and collects up to `now`. Parts that completed are appended to `done`.
  void operate(Nanoseconds now, std::vector<std::pair<std::size_t, std::size_t>>& done);
  [[nodiscard]] Nanoseconds next_event(Nanoseconds now) const;
  [[nodiscard]] bool idle() const { return outstanding_ == 0; }
  /// Throws Error (check failed) when a requested read has not come back.
  void expect_all() const;

 private:
  struct Request {
    std::uint32_t granule = 0, part = 0, command = 0;
  };
  storage::FlashDevice& device_;
  const LayerWork& work_;
  std::deque<Request> waiting_;
  std::vector<std::pair<std::size_t, std::size_t>> owners_;  // by command id since first_id_
  std::vector<std::uint16_t> left_;                          // commands left, by granule and part
  std::uint64_t first_id_;
  std::int64_t outstanding_ = 0;  // commands requested and not completed
  int next_queue_ = 0;
};

class Schedule {
 public:
  virtual ~Schedule() = default;
  /// Runs the layer. Throws Error (check failed) when a granule would be computed before it is there, or a read is lost.
  virtual LayerTiming run(storage::FlashDevice& device, const LayerWork& work) = 0;
};

/// Part after part: all reads, then all computing.
class SerialSchedule : public Schedule {
 public:
  LayerTiming run(storage::FlashDevice& device, const LayerWork& work) override;
};

/// Part after part, present granules computed while missing ones are read; a part waits for all of the one before it.
class MatrixSchedule : public Schedule {
 public:
  LayerTiming run(storage::FlashDevice& device, const LayerWork& work) override;
};

/// A cluster is computed as soon as its own reads are there, whatever others do (PowerInfer-2).
class ClusterSchedule : public Schedule {
 public:
  explicit ClusterSchedule(int cluster) : cluster_(cluster) {}
  LayerTiming run(storage::FlashDevice& device, const LayerWork& work) override;

 private:
  int cluster_;
};

}  // namespace lutra::flash
