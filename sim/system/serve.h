// Replays a log of requests on an edge device with continuous batching.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/system/edge_run.h"

namespace lutra::system {

struct Request {
  double arrival_s = 0;
  std::int64_t prompt = 1, output = 1;  // tokens
};

/// CSV with the header "arrival_s,prompt_tokens,output_tokens", arrivals in ascending order. Throws Error with file and line.
std::vector<Request> parse_requests(const std::string& csv, const std::string& file);

struct ServeOptions {
  int max_batch = 16;        // sequences at once
  std::int64_t chunk = 256;  // prompt tokens a step
  workloads::KvFormat kv = workloads::KvFormat::kFp16;
  std::function<void(double)> progress;  // share of the requests that are done
};

/// Of one request, seconds from its arrival.
struct Latency {
  double first_token_s = 0;  // TTFT
  double token_s = 0;        // TPOT: mean time of the tokens behind the first; 0 where there are none
  double end_s = 0;
};

struct ServeResult {
  std::vector<Latency> latencies;  // in the log's order
  double seconds = 0;              // from 0 to the last token
  std::int64_t tokens = 0;         // put out
  std::int64_t steps = 0;
  Energy energy;  // idle time costs leakage
};

/// One step at a time: every running sequence decodes a token; beside them the oldest sequence whose prompt is not through prefills its
/// next `chunk` tokens. A request joins when it has arrived and fewer than max_batch run, in order of arrival. A step's time is that of its
/// trace (EdgeSimulator::run); layers are alike, so one is timed and counted as often as there are layers (a router's draw aside: tokens
/// are spread evenly).
ServeResult serve(EdgeSimulator& simulator, const workloads::ModelConfig& model, const std::vector<Request>& requests,
                  const ServeOptions& options = {});

/// The value below which `percent` of 100 of the values lie, nearest rank. Throws Error when there are none.
double percentile(std::vector<double> values, double percent);

}  // namespace lutra::system
