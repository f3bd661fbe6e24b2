#include "sim/system/unit_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "isa/error.h"

namespace lutra::system {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kCore = 1, kMemory = 2;  // processes
constexpr const char* kUnitNames[] = {"load (DMA)", "store (DMA)", "table builder", "array"};
constexpr int kJobTrack = 4, kChannelTrack = 5;  // behind the units, in the order of lutra::Unit

Json metadata(const char* what, int process, int track, const std::string& name) {
  return {{"name", what}, {"ph", "M"}, {"pid", process}, {"tid", track}, {"args", {{"name", name}}}};
}

}  // namespace

UnitTimeline::UnitTimeline(const ArchConfig& config, int channels, int interleave, const UnitTimelineFilter& filter)
    : clock_mhz_(config.clock_mhz),
      bus_(config.axi.data_bits / 8),
      channels_(static_cast<std::uint64_t>(channels)),
      interleave_(static_cast<std::uint64_t>(interleave)),
      filter_(filter),
      ends_(static_cast<std::size_t>(kChannelTrack + channels)) {}

Json UnitTimeline::complete(int track, const std::string& name, model::Cycle begin, model::Cycle end, Json arguments) const {
  arguments["cycles"] = end - begin;
  return {{"name", name},
          {"cat", track < kJobTrack    ? "unit"
                  : track == kJobTrack ? "job"
                                       : "memory"},
          {"ph", "X"},
          {"ts", static_cast<double>(begin) / clock_mhz_},
          {"dur", static_cast<double>(end - begin) / clock_mhz_},
          {"pid", track < kChannelTrack ? kCore : kMemory},
          {"tid", track},
          {"args", std::move(arguments)}};
}

void UnitTimeline::slice(int track, const char* name, model::Cycle begin, model::Cycle end, Json arguments) {
  model::Cycle& last = ends_[static_cast<std::size_t>(track)];
  const model::Cycle shown = std::max(begin, last);
  last = std::max(last, end);
  if (end <= shown || end < filter_.first_cycle || shown > filter_.last_cycle) return;
  if (events_.size() >= filter_.max_events) {
    ++left_out_;
    return;
  }
  arguments["started"] = begin;
  events_.push_back(complete(track, name, shown, end, std::move(arguments)));
}

void UnitTimeline::started(model::Cycle now, int unit) { starts_[static_cast<std::size_t>(unit)].push_back(now); }

/// A burst is seen on every channel that holds some of its bytes.
void UnitTimeline::burst_ended(std::deque<Burst>& bursts, bool write, model::Cycle now) {
  if (bursts.empty()) return;
  const Burst burst = bursts.front();
  bursts.pop_front();
  const auto bytes = static_cast<std::uint64_t>(burst.beats * bus_);
  const std::uint64_t first = burst.address / interleave_, last = (burst.address + bytes - 1) / interleave_;
  for (std::uint64_t unit = first; unit <= std::min(last, first + channels_ - 1); ++unit)
    slice(kChannelTrack + static_cast<int>(unit % channels_), write ? "write" : "read", burst.begin, now + 1,
          {{"address", fmt::format("{:#x}", burst.address)}, {"bytes", bytes}});
}

void UnitTimeline::event(const model::Event& event) {
  switch (event.channel) {
    case model::Channel::kRetire: {
      auto& starts = starts_[event.a];
      if (starts.empty()) return;
      const auto unit = static_cast<int>(event.a);
      slice(unit, kUnitNames[unit], starts.front(), event.cycle, Json::object());
      starts.pop_front();
      return;
    }
    case model::Channel::kAr:
      reads_.push_back({event.a, static_cast<std::int64_t>(event.b) + 1, event.cycle});
      return;
    case model::Channel::kAw:
      writes_.push_back({event.a, static_cast<std::int64_t>(event.b) + 1, event.cycle});
      return;
    case model::Channel::kR:
      if ((event.b & 1) != 0) burst_ended(reads_, false, event.cycle);
      return;
    case model::Channel::kB:
      burst_ended(writes_, true, event.cycle);
      return;
    default:
      return;
  }
}

std::string UnitTimeline::json(const Program& program, const SimulationResult& result) const {
  Json events = Json::array();
  events.push_back(metadata("process_name", kCore, 0, "core"));
  events.push_back(metadata("process_name", kMemory, 0, "memory"));
  for (int unit = 0; unit < kJobTrack; ++unit) events.push_back(metadata("thread_name", kCore, unit, kUnitNames[unit]));
  events.push_back(metadata("thread_name", kCore, kJobTrack, "jobs"));
  for (int c = 0; c < static_cast<int>(channels_); ++c)
    events.push_back(metadata("thread_name", kMemory, kChannelTrack + c, fmt::format("channel {}", c)));
  std::size_t written = events_.size(), left_out = left_out_;
  model::Cycle begin = 0;
  for (const JobResult& job : result.jobs) {
    const model::Cycle end = begin + job.cycles;
    if (end >= filter_.first_cycle && begin <= filter_.last_cycle) {
      if (written < filter_.max_events) {
        events.push_back(complete(kJobTrack, program.jobs[job.job].op, begin, end,
                                  {{"array_steps", job.counters.array_steps}, {"read_beats", job.counters.read_beats}}));
        ++written;
      } else {
        ++left_out;
      }
    }
    begin = end;
  }
  events.insert(events.end(), events_.begin(), events_.end());
  const Json document = {{"displayTimeUnit", "ns"},
                         {"otherData", {{"lutra_version", LUTRA_VERSION}, {"clock_mhz", clock_mhz_}, {"events_left_out", left_out}}},
                         {"traceEvents", std::move(events)}};
  return document.dump() + "\n";
}

void check_trace_events(const nlohmann::json& document) {
  using Track = std::pair<int, int>;
  std::set<Track> named;
  std::map<Track, std::vector<std::pair<double, double>>> slices;
  const auto require = [](bool holds, const char* what, const nlohmann::json& event) {
    if (!holds) throw Error(fmt::format("trace event {}: {}", event.dump(), what), {}, Error::Kind::kCheckFailed);
  };
  for (const nlohmann::json& event : document.at("traceEvents")) {
    const std::string phase = event.value("ph", "");
    require(event.contains("name") && event["name"].is_string(), "needs a name", event);
    require(event.contains("pid") && event["pid"].is_number_integer() && event.contains("tid") && event["tid"].is_number_integer(),
            "needs integers pid and tid", event);
    const Track track{event["pid"].get<int>(), event["tid"].get<int>()};
    if (phase == "M") {
      require(event.contains("args") && event["args"].contains("name"), "metadata needs args.name", event);
      if (event["name"] == "thread_name") named.insert(track);
      continue;
    }
    require(event.contains("ts") && event["ts"].is_number() && event["ts"].get<double>() >= 0, "needs ts in microseconds", event);
    if (phase == "C") {
      require(event.contains("args") && !event["args"].empty() && event["args"].begin()->is_number(), "a counter needs numbers", event);
      continue;
    }
    require(phase == "X", "is of a phase that is not written here", event);
    require(event.contains("dur") && event["dur"].is_number() && event["dur"].get<double>() >= 0, "needs dur in microseconds", event);
    require(event.contains("cat") && event["cat"].is_string(), "needs a category", event);
    slices[track].emplace_back(event["ts"].get<double>(), event["dur"].get<double>());
  }
  for (auto& [track, list] : slices) {
    const std::string name = fmt::format("track {} of process {}", track.second, track.first);
    if (named.count(track) == 0) throw Error(name + " has no name", {}, Error::Kind::kCheckFailed);
    std::sort(list.begin(), list.end());
    // Times are quotients: neighbours meet but for their rounding.
    for (std::size_t i = 1; i < list.size(); ++i)
      if (list[i].first < list[i - 1].first + list[i - 1].second - 1e-9 * std::max(1.0, list[i].first))
        throw Error(fmt::format("{} has two events at {} us", name, list[i].first), {}, Error::Kind::kCheckFailed);
  }
}

}  // namespace lutra::system
