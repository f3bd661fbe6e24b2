// Edge devices: the rules of time, energy by component, the timeline's format, and requests served in batches.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "isa/error.h"
#include "sim/system/serve.h"
#include "sim/system/timeline.h"
#include "sim/system/unit_timeline.h"
#include "tests/shipped_config.h"

using namespace lutra;
using namespace lutra::system;
using Catch::Contains;

namespace {

ArchConfig core() { return test::shipped_config("edge_w2a8"); }

workloads::ModelConfig small_model() {
  workloads::ModelConfig model = workloads::load_model("bitnet_b158_2b4t");
  model.layers = 2;
  model.vocabulary = 4000;
  return model;
}

workloads::Trace decode(std::int64_t context, workloads::KvFormat kv = workloads::KvFormat::kFp16) {
  workloads::TraceRequest request{workloads::Phase::kDecode, 1, 1, context};
  request.kv = kv;
  return trace_model(small_model(), request);
}

EdgeHost host(int cores = 4) {
  EdgeHost host = load_edge_host("phone");
  host.cores = cores;
  return host;
}

}  // namespace

TEST_CASE("operators follow each other without gaps, and their times and energies add up") {
  EdgeSimulator simulator(host(), core());
  const workloads::Trace trace = decode(512);
  const EdgeResult result = simulator.run(trace);
  REQUIRE(result.operators.size() == trace.operators.size());
  double end = 0, joules = 0;
  for (const OperatorTime& time : result.operators) {
    CHECK(time.begin_s == Approx(end));
    end = time.begin_s + time.seconds;
    joules += time.energy.total();
    CHECK((time.cores > 0) == trace.operators[time.op].on_core);
  }
  CHECK(result.seconds == Approx(end));
  CHECK(result.energy.total() == Approx(joules));
  double shares = 0;
  for (const auto& [bound, share] : result.shares()) shares += share;
  CHECK(shares == Approx(1));
  CHECK_THAT(result.bottleneck("decode"), Contains("decode is bound by weight reads"));
}

TEST_CASE("no operator on the cores beats the shared memory or the arrays") {
  for (const int cores : {1, 4, 16}) {
    EdgeSimulator simulator(host(cores), core());
    const workloads::Trace trace = decode(16);
    for (const OperatorTime& time : simulator.run(trace).operators) {
      const workloads::Operator& op = trace.operators[time.op];
      if (!op.on_core) continue;
      CHECK(time.cores <= cores);
      CHECK(time.bytes / time.seconds <= host().bandwidth_gb_s * 1e9 * 1.0001);
      CHECK(time.ops / time.seconds <= simulator.peak_ops_s(workloads::plane_type(*op.weights).planes) * 1.0001);
    }
  }
}

TEST_CASE("more cores than the memory feeds do not make a decode step faster") {
  const workloads::Trace trace = decode(16);
  const double one = EdgeSimulator(host(1), core()).run(trace).seconds, two = EdgeSimulator(host(2), core()).run(trace).seconds;
  CHECK(two < one);
  CHECK(EdgeSimulator(host(16), core()).run(trace).seconds > 0.8 * two);
}

TEST_CASE("an INT8 or INT4 cache moves fewer bytes, and takes less time where attention waits for them") {
  EdgeHost wide = host();
  wide.lanes = 4096;
  EdgeSimulator simulator(wide, core());
  const EdgeResult fp16 = simulator.run(decode(131072)), int8 = simulator.run(decode(131072, workloads::KvFormat::kInt8)),
                   int4 = simulator.run(decode(131072, workloads::KvFormat::kInt4));
  CHECK(int8.seconds < fp16.seconds);
  CHECK(int4.seconds < int8.seconds);
  CHECK(int4.energy.dram < int8.energy.dram);
  CHECK_THAT(fp16.bottleneck("decode"), !Contains("weight reads"));
}

TEST_CASE("a repeated trace gives the same result from memory") {
  EdgeSimulator simulator(host(), core());
  const workloads::Trace trace = decode(100);
  CHECK(simulator.run(trace).seconds == simulator.run(trace).seconds);
}

TEST_CASE("an unknown host and a wrong key are refused with what is allowed") {
  CHECK_THROWS_WITH(load_edge_host("fone"), Contains("phone") && Contains("laptop"));
  CHECK(load_edge_host("laptop").cores == 8);
}

TEST_CASE("a timeline holds what the trace event format asks for, and no more events than allowed") {
  EdgeSimulator simulator(host(), core());
  const workloads::Trace trace = decode(64);
  const EdgeResult result = simulator.run(trace);
  for (const std::size_t most : {std::size_t{200000}, std::size_t{40}}) {
    TimelineFilter filter;
    filter.max_events = most;
    const nlohmann::json document = nlohmann::json::parse(timeline_json(trace, result, simulator.host(), filter));
    CHECK_NOTHROW(check_trace_events(document));
    std::size_t complete = 0;
    for (const nlohmann::json& event : document.at("traceEvents")) {
      CHECK(event.at("name").is_string());
      CHECK(event.at("pid").is_number_integer());
      CHECK(event.at("tid").is_number_integer());
      const std::string phase = event.at("ph").get<std::string>();
      if (phase == "M") {
        CHECK(event.at("args").at("name").is_string());
        continue;
      }
      if (phase == "C") {
        ++complete;
        continue;
      }
      REQUIRE(phase == "X");
      ++complete;
      CHECK(event.at("ts").get<double>() >= 0);
      CHECK(event.at("dur").get<double>() >= 0);
      CHECK(event.at("cat").is_string());
    }
    CHECK(complete > 0);
    CHECK(complete <= most);
    CHECK((document.at("otherData").at("operators_left_out").get<int>() > 0) == (most == 40));
  }
  TimelineFilter one;
  one.first_layer = one.last_layer = 1;
  CHECK(timeline_json(trace, result, simulator.host(), one).find("layers.0.") == std::string::npos);
}

TEST_CASE("requests are served in order of arrival, and every token is counted") {
  EdgeSimulator simulator(host(), core());
  const std::vector<Request> requests{{0, 20, 4}, {0, 300, 1}, {0.001, 5, 6}, {100, 8, 2}};
  ServeOptions options;
  options.max_batch = 2;
  options.chunk = 128;
  const ServeResult result = serve(simulator, small_model(), requests, options);
  CHECK(result.tokens == 13);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    CHECK(result.latencies[i].first_token_s > 0);
    CHECK(result.latencies[i].end_s >= result.latencies[i].first_token_s);
  }
  CHECK(result.latencies[1].token_s == 0);
  CHECK(result.seconds > 100);
  // The last request runs alone: its tokens are decode steps behind 8 and 9 cached ones.
  CHECK(result.latencies[3].token_s == Approx(simulator.run(decode(8)).seconds).epsilon(0.01));
}

TEST_CASE("a request log is read, and a wrong line is refused with its number") {
  const std::string header = "arrival_s,prompt_tokens,output_tokens\n";
  const auto requests = parse_requests(header + "0,10,20\n1.5,3,4\n", "log.csv");
  REQUIRE(requests.size() == 2);
  CHECK(requests[1].arrival_s == 1.5);
  CHECK(requests[1].output == 4);
  CHECK_THROWS_WITH(parse_requests("arrival,prompt,output\n", "log.csv"), Contains("log.csv:1"));
  CHECK_THROWS_WITH(parse_requests(header + "0,10,20\n0,x,4\n", "log.csv"), Contains("log.csv:3") && Contains("'x'"));
  CHECK_THROWS_WITH(parse_requests(header + "2,10,20\n1,3,4\n", "log.csv"), Contains("ascend"));
  CHECK_THROWS_AS(parse_requests(header, "log.csv"), Error);
}

TEST_CASE("a percentile is the nearest rank") {
  std::vector<double> values(100);
  std::iota(values.begin(), values.end(), 1);
  CHECK(percentile(values, 50) == 50);
  CHECK(percentile(values, 99) == 99);
  CHECK(percentile({3}, 99) == 3);
}
