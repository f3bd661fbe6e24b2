// The cases of issue and documentation, in one run with the machine's bounds.
#include "cli/kernels_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/measure_row.h"
#include "isa/error.h"
#include "kernels/bench/bench.h"
#include "workloads/trace.h"

namespace lutra::cli {
namespace {

using kernels::BenchCase;
using kernels::BenchResult;
using kernels::Family;
using kernels::Target;
using nlohmann::json;

constexpr const char* kCommand = "lutra kernels bench";
constexpr const char* kNoModel = "none";

Target target_of(const std::string& name) {
  if (name == "auto") return Target::kAuto;
  std::string allowed = "auto";
  for (const Target target : kernels::available_targets()) {
    if (name == to_string(target)) return target;
    allowed += fmt::format(", {}", to_string(target));
  }
  throw Error(fmt::format("--target '{}' is not available here; allowed are {}", name, allowed));
}

/// The cases that have a target in the issue; names say what each is.
std::vector<std::pair<std::string, BenchCase>> cases_of(Target target) {
  const auto make = [target](const char* weights, int outputs, int depth, int batch, bool cold, int threads) {
    BenchCase c;
    c.weights = kernels::parse_bench_weights(weights);
    c.outputs = outputs;
    c.depth = depth;
    c.batch = batch;
    c.cold = cold;
    c.threads = threads;
    c.target = target;
    return std::pair{fmt::format("{} {}x{} batch {} {}{}", weights, outputs, depth, batch, cold ? "cold" : "warm",
                                 threads > 1 ? fmt::format(" {} threads", threads) : ""),
                     c};
  };
  return {
      make("w2", 4096, 4096, 1, true, 1),         make("ternary", 4096, 4096, 1, true, 1),   make("ternary_dense", 4096, 4096, 1, true, 1),
      make("w1", 4096, 4096, 1, true, 1),         make("w4_g128", 4096, 4096, 1, true, 1),   make("w8", 4096, 4096, 1, true, 1),
      make("ternary", 8640, 3200, 1, true, 1),    make("ternary", 11008, 4096, 1, true, 1),  make("w2", 4096, 4096, 1, false, 1),
      make("w1", 4096, 4096, 1, false, 1),        make("w2", 4096, 4096, 128, false, 1),     make("ternary", 4096, 4096, 128, false, 1),
      make("w4_g128", 4096, 4096, 128, false, 1), make("ternary", 4096, 4096, 128, false, 2)};
}

json to_json(const std::string& name, const BenchResult& r) {
  return {{"name", name},
          {"weights", r.what.weights.name},
          {"outputs", r.what.outputs},
          {"depth", r.what.depth},
          {"batch", r.what.batch},
          {"threads", r.what.threads},
          {"temperature", r.what.cold ? "cold" : "warm"},
          {"family", to_string(r.family)},
          {"path", to_string(r.target)},
          {"bits_per_weight", r.bits_per_weight},
          {"seconds", r.seconds},
          {"gops", r.gops},
          {"weight_gbytes_per_s", r.weight_gbytes_per_s},
          {"bound", r.bound},
          {"bound_gops", r.bound_gops},
          {"percent_of_bound", r.percent_of_bound},
          {"repetitions", r.repetitions},
          {"dropped", r.dropped},
          {"disturbed", r.disturbed}};
}

/// One row for each target of the issue.
json target_rows(const std::map<std::string, BenchResult>& results) {
  const auto percent = [&](const char* name, double bound) {
    const BenchResult& r = results.at(name);
    return at_least(measured(fmt::format("{} ({})", name, to_string(r.target)), r.percent_of_bound, "% of " + r.bound, kCommand), bound);
  };
  const auto ratio = [&](const char* what, const char* fast, const char* slow, double bound) {
    return at_least(measured(fmt::format("{} ({})", what, to_string(results.at(fast).target)),
                             results.at(fast).gops / results.at(slow).gops, "x", kCommand),
                    bound);
  };
  const char *w2 = "w2 4096x4096 batch 1 cold", *ternary = "ternary 4096x4096 batch 1 cold", *w1 = "w1 4096x4096 batch 1 cold";
  return {percent(w2, 85),
          percent(ternary, 85),
          percent(w1, 65),
          ratio("1-bit over 2-bit speed, batch 1, cold", w1, w2, 1.5),
          percent("w4_g128 4096x4096 batch 1 cold", 85),
          percent("w2 4096x4096 batch 128 warm", 60),
          percent("ternary 4096x4096 batch 128 warm", 60),
          ratio("1.67-bit over 2-bit ternary speed, batch 1, cold", "ternary_dense 4096x4096 batch 1 cold", ternary, 1.0),
          ratio("two threads over one, ternary, batch 128", "ternary 4096x4096 batch 128 warm 2 threads",
                "ternary 4096x4096 batch 128 warm", 1.8)};
}

/// Both families at growing batch with weights in cache, and the batch up to which lookups win.
json crossovers(kernels::Bench& bench, Target target) {
  json out = json::array();
  for (const char* weights : {"w1", "w2", "w4"}) {
    std::vector<BenchCase> cases;
    for (const int batch : {1, 2, 4, 8, 32}) {
      for (const Family family : {Family::kMultiplyAdd, Family::kLookup}) {
        cases.push_back({kernels::parse_bench_weights(weights), 1024, 4096, batch, false, 1, family, target});
      }
    }
    const std::vector<BenchResult> results = bench.run(cases);
    int up_to = 0;
    json points = json::array();
    for (std::size_t i = 0; i < results.size(); i += 2) {
      points.push_back({{"batch", results[i].what.batch}, {"multiply_add_gops", results[i].gops}, {"lookup_gops", results[i + 1].gops}});
      if (results[i + 1].gops > results[i].gops) up_to = results[i].what.batch;
    }
    out.push_back({{"weights", weights}, {"path", to_string(results[0].target)}, {"lookup_faster_up_to_batch", up_to}, {"points", points}});
  }
  return out;
}

kernels::BenchWeights bench_weights(const workloads::WeightFormat& format, const std::string& layers) {
  if (format.kind == workloads::WeightKind::kTernary) return kernels::parse_bench_weights(layers.empty() ? "ternary" : layers);
  return kernels::parse_bench_weights(fmt::format("w{}{}", format.bits, format.group > 0 ? fmt::format("_g{}", format.group) : ""));
}

/// Every matrix product of one decode step, equal ones together.
std::vector<kernels::Projection> projections_of(const workloads::ModelConfig& model, const std::string& ternary) {
  std::vector<kernels::Projection> projections;
  for (const workloads::Operator& op : workloads::trace_model(model, {workloads::Phase::kDecode, 1, 1, 2048}).operators) {
    if (op.kind != "gemm" || !op.on_core) continue;
    const kernels::BenchWeights weights = bench_weights(*op.weights, ternary);
    const auto same = std::find_if(projections.begin(), projections.end(), [&](const kernels::Projection& p) {
      return p.outputs == op.n && p.depth == op.k && p.weights.name == weights.name;
    });
    if (same != projections.end()) {
      ++same->count;
    } else {
      projections.push_back({op.name, static_cast<int>(op.n), static_cast<int>(op.k), 1, weights});
    }
  }
  return projections;
}

json model_json(const std::string& name, const std::string& weights, const kernels::ModelTime& time) {
  return {{"model", name},
          {"weights", weights},
          {"path", to_string(time.target)},
          {"threads", time.threads},
          {"kernel_s_per_token", time.seconds},
          {"tokens_per_s", 1 / time.seconds},
          {"weight_gbytes", time.gbytes},
          {"percent_of_read_bound", time.percent_of_read_bound},
          {"disturbed", time.disturbed},
          {"includes",
           "every projection and the LM head (8 bits) at batch 1, activations and weights synthetic; no attention, norms or sampling"}};
}

json time_models(const std::vector<std::string>& names, Target target, int repetitions, const kernels::ReadProbe& probe) {
  json out = json::array();
  for (const std::string& name : names) {
    if (name == kNoModel) continue;
    const bool ternary = workloads::load_model(name).weights.kind == workloads::WeightKind::kTernary;
    const std::vector<std::string> formats =
        ternary ? std::vector<std::string>{"ternary", "ternary_dense"} : std::vector<std::string>{"int2", "int4_g128"};
    for (const std::string& format : formats) {
      const workloads::ModelConfig model =
          ternary ? workloads::load_model(name) : workloads::load_model(name, workloads::parse_weight_format(format));
      const std::vector<kernels::Projection> projections = projections_of(model, ternary ? format : "");
      for (const kernels::ModelTime& time : kernels::time_model(projections, target, {1, 2}, repetitions, probe))
        out.push_back(model_json(name, format, time));
    }
  }
  return out;
}

/// A model's tokens a second: no bound is set for them.
json model_row(const json& model) {
  const std::string name = fmt::format("{} {}, all projections and head, batch 1, {} thread{} ({})", model.at("model").get<std::string>(),
                                       model.at("weights").get<std::string>(), model.at("threads").get<int>(),
                                       model.at("threads").get<int>() > 1 ? "s" : "", model.at("path").get<std::string>());
  json row = measured(name, model.at("tokens_per_s").get<double>(), "tokens/s", kCommand);
  row["disturbed"] = model.at("disturbed");
  return row;
}

/// What simulation with values and co-simulation spend on the right answers of a decode step.
json values_row() {
  const std::vector<kernels::Projection> projections = projections_of(workloads::load_model("bitnet_b158_2b4t"), "ternary");
  return at_most(measured("BitNet 2B4T decode step with values, kernel time of sim --values and cosim",
                          kernels::time_unplanned(projections, 3), "s", kCommand),
                 2);
}

}  // namespace

json kernel_bench(const KernelBenchRequest& request) {
  const Target target = target_of(request.target);
  for (const std::string& name : request.models)  // before the work, not after it
    if (name != kNoModel) static_cast<void>(workloads::load_model(name));
  const auto cases = cases_of(target);
  kernels::BenchSettings settings;
  settings.repetitions = request.repetitions;
  double done = 0;
  const double steps = static_cast<double>(cases.size()) * request.repetitions;
  settings.progress = [&](const std::string&) {
    if (request.progress) request.progress(std::min(1.0, done++ / steps));
  };
  kernels::Bench bench(settings);
  std::vector<BenchCase> all;
  for (const auto& [name, what] : cases) all.push_back(what);
  const std::vector<BenchResult> results = bench.run(all);
  std::map<std::string, BenchResult> by_name;
  json list = json::array();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    by_name[cases[i].first] = results[i];
    list.push_back(to_json(cases[i].first, results[i]));
  }
  const kernels::Bounds bounds = bench.bounds(results[0].target);
  json document = {{"lutra_version", LUTRA_VERSION},
                   {"machine",
                    {{"cpu", kernels::cpu_name()},
                     {"path", to_string(results[0].target)},
                     {"read_gbytes_per_s", bounds.read_bytes_per_s / 1e9},
                     {"multiply_add_peak_gops", 2 * bounds.multiply_adds_per_s / 1e9},
                     {"last_level_cache_bytes", kernels::last_level_cache_bytes()},
                     {"read_buffer_bytes", bench.probe().bytes()},
                     {"cold_bytes", bench.cold_bytes()}}},
                   {"repetitions", request.repetitions},
                   {"cases", list}};
  document["rows"] = target_rows(by_name);
  const bool disturbed = std::any_of(results.begin(), results.end(), [](const BenchResult& r) { return r.disturbed; });
  document["disturbed"] = disturbed;  // other work ran all the time: percentages, even those above 100, say nothing
  document["models"] = time_models(request.models, target, std::min(request.repetitions, 5), bench.probe());
  for (const json& model : document["models"]) document["rows"].push_back(model_row(model));
  if (!document["models"].empty()) document["rows"].push_back(values_row());
  for (json& row : document["rows"])
    if (!row.contains("disturbed")) row["disturbed"] = disturbed;
  if (request.crossover) document["crossover"] = crossovers(bench, target);
  return document;
}

std::string kernel_bench_text(const json& document) {
  const json& machine = document.at("machine");
  std::string text = fmt::format("{}, {}: reads {:.1f} GB/s, {:.0f} GOP/s of 8-bit multiply-adds, one thread\n",
                                 machine.at("cpu").get<std::string>(), machine.at("path").get<std::string>(),
                                 machine.at("read_gbytes_per_s").get<double>(), machine.at("multiply_add_peak_gops").get<double>());
  if (document.at("disturbed").get<bool>())
    text += "The machine was busy with other work: these figures say nothing. Repeat on a quiet one.\n";
  for (const json& c : document.at("cases")) {
    text += fmt::format("{:<46} {:<12} {:6.3f} bit {:8.1f} GOP/s {:6.1f} GB/s {:6.1f} % of {}{}\n", c.at("name").get<std::string>(),
                        c.at("family").get<std::string>(), c.at("bits_per_weight").get<double>(), c.at("gops").get<double>(),
                        c.at("weight_gbytes_per_s").get<double>(), c.at("percent_of_bound").get<double>(), c.at("bound").get<std::string>(),
                        c.at("disturbed").get<bool>() ? " (machine busy)" : "");
  }
  for (const json& m : document.at("models")) {
    text +=
        fmt::format("{} {} {} thread(s): {:.1f} tokens/s, {:.2f} GB of weights, {:.0f} % of the read bound of one thread\n",
                    m.at("model").get<std::string>(), m.at("weights").get<std::string>(), m.at("threads").get<int>(),
                    m.at("tokens_per_s").get<double>(), m.at("weight_gbytes").get<double>(), m.at("percent_of_read_bound").get<double>());
  }
  return text;
}

std::string kernel_bench_plot(const json& document) {
  const json& cases = document.at("cases");
  constexpr int kRow = 22, kLabel = 330, kWidth = 400;
  std::string bars;
  int y = 40;
  for (const json& c : cases) {
    const double percent = c.at("percent_of_bound").get<double>();
    bars += fmt::format(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text><rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"14\" fill=\"{}\"/><text "
        "x=\"{:.1f}\" y=\"{}\">{:.0f} %, {:.0f} GOP/s</text>\n",
        kLabel - 8, y + 12, c.at("name").get<std::string>(), kLabel, y, kWidth * std::min(percent, 130.0) / 100,
        c.at("bound") == "read bandwidth" ? "#2b6cb0" : "#b7791f", kLabel + kWidth * std::min(percent, 130.0) / 100 + 6, y + 12, percent,
        c.at("gops").get<double>());
    y += kRow;
  }
  const int height = y + 20, right = kLabel + kWidth;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\" height=\"{}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"1000\" height=\"{}\" fill=\"white\"/>\n<text x=\"{}\" y=\"20\">percent of the bound: read bandwidth (blue), "
      "multiply-add peak (ochre); {}{}</text>\n{}"
      "<line x1=\"{}\" y1=\"32\" x2=\"{}\" y2=\"{}\" stroke=\"#444\" stroke-dasharray=\"4 3\"/>\n</svg>\n",
      height, height, kLabel, document.at("machine").at("cpu").get<std::string>(),
      document.at("disturbed").get<bool>() ? "; the machine was busy: these figures say nothing" : "", bars, right, right, y);
}

}  // namespace lutra::cli
