// lutra serve: a log of requests on an edge device.
#include "sim/system/serve.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "isa/file.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string host = "phone", arch, model = "bitnet_b158_2b4t", requests, kv = "fp16", json;
  system::ServeOptions serve;
};

nlohmann::json percentiles(const std::vector<double>& values) {
  if (values.empty()) return nullptr;
  return {{"p50", system::percentile(values, 50)}, {"p90", system::percentile(values, 90)}, {"p99", system::percentile(values, 99)}};
}

std::string line(const char* what, const nlohmann::json& p) {
  if (p.is_null()) return "";
  return fmt::format("{:<34} {:>12.5g} {:>12.5g} {:>12.5g}\n", what, p["p50"].get<double>(), p["p90"].get<double>(),
                     p["p99"].get<double>());
}

int run(const Options& options) {
  constexpr std::uint64_t kMaxLogBytes = std::uint64_t{256} << 20;
  system::EdgeSimulator simulator(system::load_edge_host(options.host), load_arch(options.arch));
  const workloads::ModelConfig model = workloads::load_model(options.model);
  const auto requests = system::parse_requests(read_file(options.requests, kMaxLogBytes), options.requests);
  system::ServeOptions serve = options.serve;
  serve.kv = workloads::parse_kv_format(options.kv);
  system::ServeResult result;
  {
    Progress progress("serve");
    serve.progress = [&](double fraction) { progress.update(fraction); };
    result = system::serve(simulator, model, requests, serve);
  }
  std::vector<double> first, token, end;
  for (const system::Latency& latency : result.latencies) {
    first.push_back(latency.first_token_s);
    end.push_back(latency.end_s);
    if (latency.token_s > 0) token.push_back(latency.token_s);
  }
  nlohmann::json document = {{"host", simulator.host().name},
                             {"model", model.name},
                             {"requests", requests.size()},
                             {"steps", result.steps},
                             {"tokens", result.tokens},
                             {"seconds", result.seconds},
                             {"tokens_per_s", static_cast<double>(result.tokens) / result.seconds},
                             {"j_per_token", result.energy.total() / static_cast<double>(result.tokens)},
                             {"ttft_s", percentiles(first)},
                             {"tpot_s", percentiles(token)},
                             {"end_to_end_s", percentiles(end)}};
  document.update(provenance(simulator.core_config(simulator.host().cores), 0));
  const std::string text = fmt::format("{:<34} {:>12} {:>12} {:>12}\n", "seconds", "median", "90 %", "99 %") +
                           line("to the first token", document["ttft_s"]) + line("a token behind it", document["tpot_s"]) +
                           line("to the last token", document["end_to_end_s"]) +
                           fmt::format("{} requests, {} tokens in {:.2f} s: {:.2f} tokens/s, {:.5f} J/token; {} steps\n", requests.size(),
                                       result.tokens, result.seconds, static_cast<double>(result.tokens) / result.seconds,
                                       result.energy.total() / static_cast<double>(result.tokens), result.steps);
  emit(options.json, document, text);
  return 0;
}

}  // namespace

void add_serve(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("--host", options->host, "Host: a YAML file, or phone or laptop")->capture_default_str();
  add_arch_option(command, options->arch);
  command.add_option("--model", options->model, "config.json of a model, or the name of a built-in one")->capture_default_str();
  command.add_option("--requests", options->requests, "CSV: arrival_s,prompt_tokens,output_tokens")->required();
  command.add_option("--max-batch", options->serve.max_batch, "Sequences that run at once")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command.add_option("--chunk", options->serve.chunk, "Prompt tokens that a step prefills")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command.add_option("--kv", options->kv, "KV cache: fp16, int8 or int4")->capture_default_str();
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
