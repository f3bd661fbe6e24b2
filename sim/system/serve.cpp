// Batches requests step by step, and times the steps.
#include "sim/system/serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "isa/error.h"

namespace lutra::system {
namespace {

constexpr std::int64_t kMaxTokens = 1 << 20;
constexpr const char* kHeader = "arrival_s,prompt_tokens,output_tokens";

struct Running {
  std::size_t request = 0;
  std::int64_t prefilled = 0;  // prompt tokens in the cache
  std::int64_t produced = 0;   // tokens put out
  [[nodiscard]] std::int64_t cached() const { return prefilled + std::max<std::int64_t>(0, produced - 1); }
};

std::int64_t parse_tokens(const std::string& text, const char* what, const SourceLocation& where) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || value < 1 || value > kMaxTokens)
    throw Error(fmt::format("{} is '{}', allowed is 1 to {}", what, text, kMaxTokens), where);
  return value;
}

Request parse_request(const std::string& line, const SourceLocation& where) {
  std::istringstream fields(line);
  std::string arrival, prompt, output, more;
  std::getline(fields, arrival, ',');
  std::getline(fields, prompt, ',');
  std::getline(fields, output, ',');
  if (std::getline(fields, more, ',')) throw Error(fmt::format("a line has three fields: {}", kHeader), where);
  std::size_t used = 0;
  double seconds = -1;
  try {
    seconds = std::stod(arrival, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used != arrival.size() || used == 0 || !(seconds >= 0 && seconds < 1e9))
    throw Error(fmt::format("arrival_s is '{}', allowed is a number of seconds from 0", arrival), where);
  return {seconds, parse_tokens(prompt, "prompt_tokens", where), parse_tokens(output, "output_tokens", where)};
}

/// A step's time and energy; the trace of one layer is run and scaled, of layers with different windows one each.
class StepTimer {
 public:
  StepTimer(EdgeSimulator& simulator, const workloads::ModelConfig& model, workloads::KvFormat kv) : simulator_(simulator), model_(model) {
    model_.windows.clear();
    for (int layer = 0; layer < model.layers; ++layer) {
      const int window = model.windows.empty() ? 0 : model.windows[static_cast<std::size_t>(layer)];
      const auto known = std::find(model_.windows.begin(), model_.windows.end(), window);
      if (known == model_.windows.end()) {
        model_.windows.push_back(window);
        layers_.push_back(1);
      } else {
        ++layers_[static_cast<std::size_t>(known - model_.windows.begin())];
      }
    }
    model_.layers = static_cast<int>(layers_.size());
    request_.phase = workloads::Phase::kMixed;
    request_.kv = kv;
  }

  double run(std::vector<workloads::SequenceGroup> groups, Energy& energy) {
    request_.groups = std::move(groups);
    const workloads::Trace trace = workloads::trace_model(model_, request_);
    const EdgeResult result = simulator_.run(trace);
    double seconds = 0;
    for (const OperatorTime& time : result.operators) {
      const int layer = trace.operators[time.op].layer, times = layer < 0 ? 1 : layers_[static_cast<std::size_t>(layer)];
      seconds += times * time.seconds;
      energy.add(time.energy, times);
    }
    return seconds;
  }

 private:
  EdgeSimulator& simulator_;
  workloads::ModelConfig model_;
  std::vector<int> layers_;  // that each layer of model_ stands for
  workloads::TraceRequest request_;
};

class Server {
 public:
  Server(EdgeSimulator& simulator, const workloads::ModelConfig& model, const std::vector<Request>& requests, const ServeOptions& options)
      : requests_(requests), options_(options), timer_(simulator, model, options.kv), leakage_w_(simulator.leakage_w()) {
    result_.latencies.resize(requests.size());
  }

  ServeResult run() {
    while (next_ < requests_.size() || !running_.empty()) {
      admit();
      step();
      retire();
      if (options_.progress) options_.progress(static_cast<double>(done_) / static_cast<double>(requests_.size()));
    }
    result_.seconds = now_;
    return std::move(result_);
  }

 private:
  void admit() {
    if (running_.empty() && requests_[next_].arrival_s > now_) {
      result_.energy.leakage += leakage_w_ * (requests_[next_].arrival_s - now_);
      now_ = requests_[next_].arrival_s;
    }
    while (next_ < requests_.size() && requests_[next_].arrival_s <= now_ && static_cast<int>(running_.size()) < options_.max_batch)
      running_.push_back({next_++, 0, 0});
  }

  void step() {
    std::vector<workloads::SequenceGroup> groups;
    Running* prefilling = nullptr;
    for (Running& r : running_) {
      if (r.prefilled < requests_[r.request].prompt) {
        if (prefilling == nullptr) prefilling = &r;
      } else {
        groups.push_back({1, 1, r.cached()});
      }
    }
    std::int64_t chunk = 0;
    if (prefilling != nullptr) {
      chunk = std::min(options_.chunk, requests_[prefilling->request].prompt - prefilling->prefilled);
      groups.push_back({1, chunk, prefilling->prefilled});
    }
    now_ += timer_.run(std::move(groups), result_.energy);
    ++result_.steps;
    for (Running& r : running_)
      if (&r != prefilling && r.prefilled == requests_[r.request].prompt) produce(r);
    if (prefilling == nullptr) return;
    prefilling->prefilled += chunk;
    if (prefilling->prefilled == requests_[prefilling->request].prompt) produce(*prefilling);
  }

  void produce(Running& r) {
    ++result_.tokens;
    if (++r.produced == 1) result_.latencies[r.request].first_token_s = now_ - requests_[r.request].arrival_s;
  }

  void retire() {
    const auto ended = [this](const Running& r) {
      if (r.produced < requests_[r.request].output) return false;
      Latency& latency = result_.latencies[r.request];
      latency.end_s = now_ - requests_[r.request].arrival_s;
      if (r.produced > 1) latency.token_s = (latency.end_s - latency.first_token_s) / static_cast<double>(r.produced - 1);
      ++done_;
      return true;
    };
    running_.erase(std::remove_if(running_.begin(), running_.end(), ended), running_.end());
  }

  const std::vector<Request>& requests_;
  const ServeOptions& options_;
  StepTimer timer_;
  double leakage_w_;
  ServeResult result_;
  double now_ = 0;
  std::size_t next_ = 0, done_ = 0;
  std::vector<Running> running_;
};

}  // namespace

std::vector<Request> parse_requests(const std::string& csv, const std::string& file) {
  std::istringstream lines(csv);
  std::string line;
  std::vector<Request> requests;
  int number = 0;
  while (std::getline(lines, line)) {
    const SourceLocation where{file, ++number};
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (number == 1) {
      if (line != kHeader) throw Error(fmt::format("the first line is '{}', allowed is '{}'", line, kHeader), where);
      continue;
    }
    if (line.empty()) continue;
    requests.push_back(parse_request(line, where));
    if (requests.size() > 1 && requests.back().arrival_s < requests[requests.size() - 2].arrival_s)
      throw Error("arrivals have to ascend", where);
  }
  if (requests.empty()) throw Error("no requests", {file});
  return requests;
}

ServeResult serve(EdgeSimulator& simulator, const workloads::ModelConfig& model, const std::vector<Request>& requests,
                  const ServeOptions& options) {
  return Server(simulator, model, requests, options).run();
}

double percentile(std::vector<double> values, double percent) {
  if (values.empty()) throw Error("no values to take a percentile of");
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

}  // namespace lutra::system
