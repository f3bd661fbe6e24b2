// lutra flash gather: a sparse layer on the core, bit by bit against RTL and golden, and what irregularity costs.
#include <fmt/format.h>

#include <algorithm>

#include "cli/flash_inputs.h"
#include "cli/flash_phone.h"
#include "cli/inputs.h"
#include "isa/file.h"
#include "sim/flash/gather_check.h"
#include "sim/flash/profile.h"
#include "workloads/sparsity/generator.h"

namespace lutra::cli {
namespace {

using nlohmann::json;
using workloads::NeuronAxis;

struct Options {
  std::string arch, model = "mistral_7b", statistics = "turbosparse_mistral", weights = "int4", json;
  bool skip_cosim = false;
  int hot_percent = 50;
  std::uint64_t seed = 1;
};

/// Predicted slots of the layer's neurons, hot ones left out, in the planner's order.
std::vector<int> cold_slots(const Options& options, const workloads::SparsityShape& shape, double share) {
  workloads::SparsityStatistics statistics = workloads::published_statistics(options.statistics);
  if (share > 0) {
    statistics.active_share = share;
    statistics.predicted_share = share;
    statistics.false_negative = 0;
  }
  workloads::ActivityGenerator generator(shape, statistics, options.seed, 8);
  const flash::Profile profile =
      flash::make_profile(shape, [&generator](int l, int e, std::uint32_t n) { return generator.probability(l, e, n); });
  workloads::TokenActivity token;
  while (generator.next(token)) continue;
  workloads::ActivityGenerator again(shape, statistics, options.seed, 8);
  for (int t = 0; t < 8; ++t) again.next(token);
  std::vector<int> slots;
  const int hot = shape.neurons * options.hot_percent / 100;
  for (std::uint32_t i = token.slices.front().begin; i < token.slices.front().end; ++i) {
    const int slot = profile.slot(0, token.neurons[i].id());
    if (token.neurons[i].predicted() && slot >= hot) slots.push_back(slot);
  }
  std::sort(slots.begin(), slots.end());
  return slots;
}

std::vector<int> clusters_of(const std::vector<int>& slots, int cluster) {
  std::vector<int> clusters;
  for (const int slot : slots)
    if (clusters.empty() || clusters.back() != slot / cluster) clusters.push_back(slot / cluster);
  return clusters;
}

workloads::GatherRequest request_of(const workloads::ModelConfig& model, NeuronAxis axis, int cluster, std::vector<int> clusters) {
  const bool outputs = axis == NeuronAxis::kOutputs;
  const workloads::GemmShape shape{1, outputs ? model.ffn : model.hidden, outputs ? model.hidden : model.ffn, model.weights};
  return {outputs ? "layers.0.mlp.up_proj" : "layers.0.mlp.down_proj", shape, axis, cluster, std::move(clusters)};
}

json cosimulated(const ArchConfig& arch, const workloads::GatherRequest& request, std::uint64_t seed) {
  const workloads::GatheredProduct product = workloads::compile_gather(arch, request);
  const system::CosimResult r = flash::cosimulate_gather(arch, product, seed);
  return {{"operator", r.op},
          {"clusters", request.clusters.size()},
          {"launches", product.parts.size()},
          {"macs", r.macs},
          {"events", r.events},
          {"cycles", r.rtl_cycles},
          {"cycle_difference", r.cycle_difference},
          {"mismatched_bits", r.mismatched_bits},
          {"equal", r.equal()}};
}

/// What the array does for the neurons that were asked for, over sparsity and cluster size.
json use_table(const ArchConfig& arch, const workloads::ModelConfig& model, const workloads::SparsityShape& shape, const Options& options) {
  json rows = json::array();
  const long long planes = ceil_div(workloads::plane_type(model.weights).planes, arch.array.planes_per_cycle);
  const double ideal_per_neuron =
      static_cast<double>(model.hidden * planes) / (arch.array.columns * arch.array.table_inputs * arch.array.tables_per_lane);
  for (const double share : {0.02, 0.05, 0.1, 0.2, 0.5}) {
    const std::vector<int> slots = cold_slots(options, shape, share);
    for (const int cluster : {32, 64, 128, 256}) {
      const std::vector<int> clusters = clusters_of(slots, cluster);
      if (clusters.empty()) continue;
      json row = {{"predicted_share", share},
                  {"cluster", cluster},
                  {"neurons", slots.size()},
                  {"clusters", clusters.size()},
                  {"asked_for", static_cast<double>(slots.size()) / (static_cast<double>(clusters.size()) * cluster)}};
      for (const NeuronAxis axis : {NeuronAxis::kOutputs, NeuronAxis::kDepth}) {
        const flash::GatherUse use = flash::time_gather(arch, workloads::compile_gather(arch, request_of(model, axis, cluster, clusters)));
        const std::string prefix = axis == NeuronAxis::kOutputs ? "up_" : "down_";
        row[prefix + "cycles"] = use.cycles;
        row[prefix + "launches"] = use.launches;
        row[prefix + "array_busy"] = use.array_busy;
        row[prefix + "utilisation"] = ideal_per_neuron * static_cast<double>(slots.size()) / static_cast<double>(use.cycles);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::string text_of(const json& document) {
  std::string text;
  for (const json& c : document.at("cosimulated"))
    text += fmt::format("{}: {} clusters in {} launches, {} multiply-accumulates, {} cycles, {} events; {} bits and {} cycles apart: {}\n",
                        c.at("operator").get<std::string>(), c.at("clusters").get<int>(), c.at("launches").get<int>(),
                        c.at("macs").get<std::int64_t>(), c.at("cycles").get<std::int64_t>(), c.at("events").get<std::int64_t>(),
                        c.at("mismatched_bits").get<std::int64_t>(), c.at("cycle_difference").get<std::int64_t>(),
                        c.at("equal").get<bool>() ? "equal" : "DIFFERENT");
  text += fmt::format(
      "| predicted | cluster | asked for of computed | up: array busy | up: useful | down: array busy | down: useful "
      "|\n|---|---|---|---|---|---|---|\n");
  for (const json& r : document.at("rows"))
    text += fmt::format("| {:g} % | {} | {:.1f} % | {:.1f} % | {:.1f} % | {:.1f} % | {:.1f} % |\n",
                        r.at("predicted_share").get<double>() * 100, r.at("cluster").get<int>(), r.at("asked_for").get<double>() * 100,
                        r.at("up_array_busy").get<double>() * 100, r.at("up_utilisation").get<double>() * 100,
                        r.at("down_array_busy").get<double>() * 100, r.at("down_utilisation").get<double>() * 100);
  return text;
}

int run(const Options& options) {
  const ArchConfig arch = load_arch(options.arch);
  const workloads::ModelConfig model = workloads::load_model(options.model, workloads::parse_weight_format(options.weights));
  workloads::SparsityShape shape = workloads::sparsity_shape(model);
  shape.layers = 1;
  shape.experts = shape.active_experts = 1;
  json document = {{"model", model.name},
                   {"statistics", options.statistics},
                   {"weights", options.weights},
                   {"hot_percent", options.hot_percent},
                   {"cosimulated", json::array()}};
  document.update(provenance(arch, options.seed));
  bool equal = true;
  if (!options.skip_cosim) {
    const std::vector<int> clusters = clusters_of(cold_slots(options, shape, 0), 32);
    for (const NeuronAxis axis : {NeuronAxis::kOutputs, NeuronAxis::kDepth}) {
      document["cosimulated"].push_back(cosimulated(arch, request_of(model, axis, 32, clusters), options.seed));
      equal = equal && document["cosimulated"].back().at("equal").get<bool>();
    }
  }
  document["rows"] = use_table(arch, model, shape, options);
  emit(options.json, document, text_of(document));
  return equal ? 0 : 1;
}

}  // namespace

void add_flash_gather(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* gather =
      command.add_subcommand("gather", "Run the cold neurons of a real layer on the core: RTL beside model and golden, and utilisation");
  add_arch_option(*gather, options->arch);
  gather->add_option("--model", options->model, "config.json of a model, or the name of a built-in one")->capture_default_str();
  gather->add_option("--statistics", options->statistics, "Statistics of the token's activity")->capture_default_str();
  gather->add_option("--weights", options->weights, "Weight type")->capture_default_str();
  gather->add_option("--hot-percent", options->hot_percent, "Busiest neurons that are left out")
      ->capture_default_str()
      ->check(CLI::Range(0, 99));
  gather->add_flag("--skip-cosim", options->skip_cosim, "Only the table of utilisation");
  add_seed_option(*gather, options->seed);
  add_json_option(*gather, options->json);
  bind(*gather, action, options, run);
}

}  // namespace lutra::cli
