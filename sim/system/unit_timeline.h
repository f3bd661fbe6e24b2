// What the units of a core, its bus and the channels of its memory do, cycle by cycle, as a Chrome trace.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "isa/program.h"
#include "sim/model/event.h"
#include "sim/system/simulate.h"

namespace lutra::system {

/// What is written: events that lie in these cycles, and at most so many; a note says how many were left out.
struct UnitTimelineFilter {
  model::Cycle first_cycle = 0;
  model::Cycle last_cycle = std::numeric_limits<model::Cycle>::max();
  std::size_t max_events = 200000;
};

/// Collects events while simulate() runs (SimulateOptions::events). Memory stays bounded by the filter.
class UnitTimeline : public model::EventSink {
 public:
  /// `channels` of the memory take turns every `interleave` bytes.
  UnitTimeline(const ArchConfig& config, int channels, int interleave, const UnitTimelineFilter& filter);

  void event(const model::Event& event) override;
  void started(model::Cycle now, int unit) override;

  /// The JSON object format of the Trace Event Format, in microseconds: complete events ("X") for jobs, for the commands of each unit
  /// (load, store: DMA; table builder; array) and for bursts on each channel. A unit that overlaps commands shows each from where it is
  /// first in line; `started` in its arguments is the cycle in which it began.
  [[nodiscard]] std::string json(const Program& program, const SimulationResult& result) const;

 private:
  struct Burst {
    std::uint64_t address;
    std::int64_t beats;
    model::Cycle begin;
  };

  void slice(int track, const char* name, model::Cycle begin, model::Cycle end, nlohmann::ordered_json arguments);
  void burst_ended(std::deque<Burst>& bursts, bool write, model::Cycle now);
  [[nodiscard]] nlohmann::ordered_json complete(int track, const std::string& name, model::Cycle begin, model::Cycle end,
                                                nlohmann::ordered_json arguments) const;

  double clock_mhz_;
  std::int64_t bus_;
  std::uint64_t channels_, interleave_;
  UnitTimelineFilter filter_;
  std::array<std::deque<model::Cycle>, 4> starts_;
  std::deque<Burst> reads_, writes_;
  std::vector<model::Cycle> ends_;  // of the last event of each track
  nlohmann::ordered_json events_ = nlohmann::ordered_json::array();
  std::size_t left_out_ = 0;
};

/// Throws Error when it is not what the Trace Event Format asks for: names of all tracks, numbers in place, no two complete events of a
/// track that overlap.
void check_trace_events(const nlohmann::json& document);

}  // namespace lutra::system
