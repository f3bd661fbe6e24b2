// The timeline of a core's units: every command and burst on its track, within the format, within its bounds.
#include "sim/system/unit_timeline.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "isa/error.h"
#include "tests/shipped_config.h"
#include "workloads/compile.h"

using namespace lutra;
using Catch::Contains;

namespace {

struct Run {
  Program program;
  system::SimulationResult result;
  nlohmann::json document;
  std::string text;
};

Run run(int channels, const system::UnitTimelineFilter& filter = {}) {
  const ArchConfig config = test::shipped_config("tiny");
  const workloads::Trace trace = workloads::trace_list("test", {{"gemm", 3, 64, 48, "int2"}, {"again", 3, 64, 48, "int2"}}, {}, {});
  Run run{workloads::compile(config, trace), {}, {}, {}};
  system::UnitTimeline timeline(config, channels, 256, filter);
  system::SimulateOptions options;
  options.events = &timeline;
  run.result = system::simulate(config, run.program, options);
  CHECK(run.result.cycles == system::simulate(config, run.program).cycles);
  run.text = timeline.json(run.program, run.result);
  run.document = nlohmann::json::parse(run.text);
  return run;
}

std::int64_t sum(const nlohmann::json& document, int process, const std::string& name, const char* argument) {
  std::int64_t total = 0;
  for (const nlohmann::json& event : document.at("traceEvents"))
    if (event.at("ph") == "X" && event.at("pid") == process && event.at("name") == name)
      total += event["args"][argument].get<std::int64_t>();
  return total;
}

}  // namespace

TEST_CASE("a timeline of the units is what the trace event format asks for") {
  const Run r = run(2);
  CHECK_NOTHROW(system::check_trace_events(r.document));
  for (const char* track : {"load (DMA)", "store (DMA)", "table builder", "array", "jobs", "channel 0", "channel 1"})
    CHECK_THAT(r.text, Contains(std::string("\"") + track + "\""));
  CHECK(r.document.at("otherData").at("events_left_out") == 0);
}

TEST_CASE("jobs fill a timeline's cycles, and its bursts carry the bytes that were moved") {
  const Run r = run(1);
  CHECK(sum(r.document, 1, "gemm", "cycles") + sum(r.document, 1, "again", "cycles") == r.result.cycles);
  std::int64_t beats = 0;
  for (const system::JobResult& job : r.result.jobs) beats += job.counters.read_beats;
  const ArchConfig config = test::shipped_config("tiny");
  // The counters begin behind the code's fetch of the first job.
  CHECK(sum(r.document, 2, "read", "bytes") >= beats * config.axi.data_bits / 8);
  CHECK(sum(r.document, 2, "write", "bytes") >= 2 * 3 * 64 * 4);
  CHECK(sum(r.document, 1, "array", "cycles") > 0);
  CHECK(sum(r.document, 1, "array", "cycles") < r.result.cycles);
}

TEST_CASE("a timeline keeps to its cycles and its number of events") {
  system::UnitTimelineFilter few;
  few.max_events = 10;
  const Run bounded = run(1, few);
  CHECK(bounded.document.at("otherData").at("events_left_out").get<int>() > 0);
  const auto complete = [](const nlohmann::json& document) {
    return std::count_if(document.at("traceEvents").begin(), document.at("traceEvents").end(),
                         [](const nlohmann::json& event) { return event.at("ph") == "X"; });
  };
  CHECK(complete(bounded.document) == 10);
  system::UnitTimelineFilter window;
  window.first_cycle = 200;
  window.last_cycle = 300;
  const Run part = run(1, window);
  CHECK(complete(part.document) > 0);
  CHECK(complete(part.document) < complete(run(1).document));
}

TEST_CASE("events that do not fit the format are found") {
  const nlohmann::json name = {{"name", "thread_name"}, {"ph", "M"}, {"pid", 1}, {"tid", 1}, {"args", {{"name", "a"}}}};
  nlohmann::json slice = {{"name", "x"}, {"cat", "c"}, {"ph", "X"}, {"pid", 1}, {"tid", 1}, {"ts", 0}, {"dur", 2}};
  CHECK_NOTHROW(system::check_trace_events({{"traceEvents", {name, slice}}}));
  CHECK_THROWS_WITH(system::check_trace_events({{"traceEvents", {slice}}}), Contains("no name"));
  nlohmann::json second = slice;
  second["ts"] = 1;
  CHECK_THROWS_WITH(system::check_trace_events({{"traceEvents", {name, slice, second}}}), Contains("two events"));
  slice.erase("dur");
  CHECK_THROWS_WITH(system::check_trace_events({{"traceEvents", {name, slice}}}), Contains("dur"));
}
