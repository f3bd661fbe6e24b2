// A run on an edge device as a Chrome trace: load the file in Perfetto or chrome://tracing.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "sim/system/edge_run.h"

namespace lutra::system {

/// What is written: operators of these layers only (-1: those outside of layers), and at most so many events; a note says what was left
/// out.
struct TimelineFilter {
  int first_layer = -1;
  int last_layer = std::numeric_limits<int>::max();
  std::size_t max_events = 200000;
};

/// JSON object format of the Trace Event Format: process and thread names, one complete event ("X", microseconds) an operator on the
/// track of every core that works on it or of the vector unit, and one on the memory's, with bytes, bound and energy; counters ("C") of how
/// busy the units of the cores are.
std::string timeline_json(const workloads::Trace& trace, const EdgeResult& result, const EdgeHost& host, const TimelineFilter& filter = {});

}  // namespace lutra::system
