#include "sim/system/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lutra::system {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kProcess = 1, kVectorTrack = 100, kMemoryTrack = 101;

Json named(const char* what, int track, const std::string& name) {
  return {{"name", what}, {"ph", "M"}, {"pid", kProcess}, {"tid", track}, {"args", {{"name", name}}}};
}

Json event(const std::string& name, const std::string& category, int track, const OperatorTime& time, const Json& arguments) {
  return {{"name", name},    {"cat", category}, {"ph", "X"},        {"ts", time.begin_s * 1e6}, {"dur", time.seconds * 1e6},
          {"pid", kProcess}, {"tid", track},    {"args", arguments}};
}

/// Which share of its time the units of the cores at work are busy, as a counter track each.
void push_counters(Json& events, const OperatorTime& time) {
  const double cycles = std::max<double>(1, static_cast<double>(time.cycles) * std::max(1, time.cores));
  const auto counter = [&](const char* name, std::int64_t count) {
    events.push_back({{"name", name},
                      {"ph", "C"},
                      {"ts", time.begin_s * 1e6},
                      {"pid", kProcess},
                      {"tid", 0},
                      {"args", {{"% of cycles", 100 * static_cast<double>(count) / cycles}}}});
  };
  counter("array busy", time.counters.array_steps);
  counter("table builder busy", time.counters.builder_busy);
  counter("DMA reads busy", time.counters.read_beats);
  counter("DMA writes busy", time.counters.write_beats);
}

constexpr std::size_t kCounters = 4;

}  // namespace

std::string timeline_json(const workloads::Trace& trace, const EdgeResult& result, const EdgeHost& host, const TimelineFilter& filter) {
  Json events = Json::array();
  events.push_back(named("process_name", 0, host.name));
  for (int core = 0; core < host.cores; ++core) events.push_back(named("thread_name", core + 1, fmt::format("core {}", core)));
  events.push_back(named("thread_name", kVectorTrack, "vector unit"));
  events.push_back(named("thread_name", kMemoryTrack, "memory"));
  std::size_t written = 0, left_out = 0;
  for (const OperatorTime& time : result.operators) {
    const workloads::Operator& op = trace.operators[time.op];
    if (op.layer < filter.first_layer || op.layer > filter.last_layer) continue;
    const auto tracks = static_cast<std::size_t>(std::max(1, time.cores)) + 1 + kCounters;
    if (written + tracks > filter.max_events) {
      ++left_out;
      continue;
    }
    const Json arguments = {{"bound", to_string(time.bound)}, {"bytes", time.bytes}, {"energy_uj", time.energy.total() * 1e6}};
    if (time.cores == 0) events.push_back(event(op.name, op.kind, kVectorTrack, time, arguments));
    for (int core = 0; core < time.cores; ++core) events.push_back(event(op.name, op.kind, core + 1, time, arguments));
    if (time.bytes > 0) {
      const double gb_s = time.seconds > 0 ? time.bytes / time.seconds / 1e9 : 0;
      events.push_back(event(op.name, op.kind, kMemoryTrack, time, {{"bytes", time.bytes}, {"gb_s", gb_s}}));
    }
    push_counters(events, time);
    written += tracks;
  }
  const Json document = {{"displayTimeUnit", "ns"},
                         {"otherData", {{"lutra_version", LUTRA_VERSION}, {"model", trace.model}, {"operators_left_out", left_out}}},
                         {"traceEvents", events}};
  return document.dump() + "\n";
}

}  // namespace lutra::system
