// lutra flash: models larger than memory.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/flash_inputs.h"
#include "cli/flash_phone.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "isa/file.h"
#include "sim/storage/bench.h"
#include "workloads/sparsity/generator.h"
#include "workloads/sparsity/statistics.h"
#include "workloads/sparsity/trace_file.h"

namespace lutra::cli {
namespace {

using nlohmann::json;

struct RunOptions {
  std::string model = "mixtral_8x7b", statistics = "turbosparse_mixtral", trace, phone = "oneplus12", json;
  PolicyOptions policy;
  double budget_gb = 12, bits = 4, predictor_gb = 0, runtime_gb = 0.3, staging_mb = 32;
  int scale_group = 0;
  std::int64_t tokens = 200, warm_up = 50;
  std::uint64_t seed = 1;
};

/// Passes tokens on and shows how many are done.
class Watched : public workloads::ActivitySource {
 public:
  Watched(workloads::ActivitySource& source, std::int64_t tokens) : source_(source), tokens_(tokens), progress_("flash run") {}
  [[nodiscard]] const workloads::SparsityShape& shape() const override { return source_.shape(); }
  bool next(workloads::TokenActivity& token) override {
    progress_.update(static_cast<double>(done_++) / static_cast<double>(tokens_));
    return source_.next(token);
  }

 private:
  workloads::ActivitySource& source_;
  std::int64_t tokens_, done_ = 0;
  Progress progress_;
};

json document_of(const RunOptions& options, const flash::DecodeSetup& setup, const flash::DecodeResult& r) {
  const double n = static_cast<double>(r.tokens);
  return {{"lutra_version", LUTRA_VERSION},
          {"seed", options.seed},
          {"model", setup.model.name},
          {"activity", options.trace.empty() ? options.statistics : options.trace},
          {"phone", setup.phone.name},
          {"storage", setup.device.name},
          {"policy", setup.policy.name},
          {"layout", setup.policy.layout},
          {"residency", setup.policy.residency},
          {"schedule", setup.policy.schedule},
          {"dense_unit", setup.policy.dense_unit},
          {"sparse_unit", setup.policy.sparse_unit},
          {"budget_bytes", setup.budget_bytes},
          {"fixed_bytes", r.fixed_bytes},
          {"held_bytes", r.held_bytes},
          {"granule_neurons", r.granule},
          {"hot_granules_per_expert", r.hot_per_expert},
          {"cache_granules", r.cache_granules},
          {"tokens", r.tokens},
          {"tokens_per_s", r.tokens_per_s()},
          {"joules_per_token", r.joules() / n},
          {"latency_p50_ms", r.percentile(0.5) * 1e3},
          {"latency_p99_ms", r.percentile(0.99) * 1e3},
          {"attention_ms", r.attention_s / n * 1e3},
          {"predictor_ms", r.predictor_s / n * 1e3},
          {"ffn_ms", r.ffn_s / n * 1e3},
          {"ffn_compute_ms", r.ffn_compute_s / n * 1e3},
          {"miss_rate", r.miss_rate()},
          {"reads_per_token", static_cast<double>(r.reads) / n},
          {"flash_bytes_per_token", r.flash_bytes / n},
          {"dram_bytes_per_token", r.dram_bytes / n},
          {"flash_joules", r.flash_j / n},
          {"dram_joules", r.dram_j / n},
          {"compute_joules", r.compute_j / n},
          {"base_joules", r.base_j / n},
          {"utilisation", r.computed_neurons > 0 ? static_cast<double>(r.needed_neurons) / static_cast<double>(r.computed_neurons) : 0}};
}

std::string text_of(const json& d) {
  const auto f = [&d](const char* key) { return d.at(key).get<double>(); };
  return fmt::format(
      "{} on {} with {}, policy {} ({}, {}, {}; dense on {}, sparse on {}), {:.3g} GB of DRAM\n"
      "{:.4g} tokens/s, {:.4g} J/token; latency p50 {:.4g} ms, p99 {:.4g} ms\n"
      "a token: attention and head {:.4g} ms, predictor {:.4g} ms, feed-forward {:.4g} ms (its computing {:.4g} ms)\n"
      "misses {:.3g} %, {:.4g} reads, {:.4g} MB from flash, {:.4g} MB of DRAM traffic; {:.3g} % of what is computed was asked for\n"
      "energy: flash {:.3g}, DRAM {:.3g}, units {:.3g}, rest {:.3g} J\n",
      d.at("model").get<std::string>(), d.at("phone").get<std::string>(), d.at("storage").get<std::string>(),
      d.at("policy").get<std::string>(), d.at("layout").get<std::string>(), d.at("residency").get<std::string>(),
      d.at("schedule").get<std::string>(), d.at("dense_unit").get<std::string>(), d.at("sparse_unit").get<std::string>(),
      f("budget_bytes") / 1e9, f("tokens_per_s"), f("joules_per_token"), f("latency_p50_ms"), f("latency_p99_ms"), f("attention_ms"),
      f("predictor_ms"), f("ffn_ms"), f("ffn_compute_ms"), f("miss_rate") * 100, f("reads_per_token"), f("flash_bytes_per_token") / 1e6,
      f("dram_bytes_per_token") / 1e6, f("utilisation") * 100, f("flash_joules"), f("dram_joules"), f("compute_joules"), f("base_joules"));
}

int run(const RunOptions& options) {
  flash::DecodeSetup setup;
  setup.model = workloads::load_model(options.model);
  setup.storage.bits = options.bits;
  setup.storage.scale_group = options.scale_group;
  setup.storage.predictor_bytes = options.predictor_gb * 1e9;
  setup.storage.runtime_bytes = options.runtime_gb * 1e9;
  setup.phone = load_phone(options.phone);
  setup.device = load_storage(setup.phone.storage);
  setup.policy = chosen_policy(options.policy);
  setup.budget_bytes = options.budget_gb * 1e9;
  setup.staging_bytes = options.staging_mb * 1e6;
  setup.load_arch = load_arch;
  const workloads::SparsityShape shape = workloads::sparsity_shape(setup.model);
  flash::Profile profile;
  std::unique_ptr<workloads::ActivitySource> source;
  std::int64_t tokens = options.tokens + options.warm_up;
  if (options.trace.empty()) {
    const auto statistics = workloads::published_statistics(options.statistics);
    const workloads::ActivityGenerator known(shape, statistics, options.seed, 1);
    profile = flash::make_profile(shape, [&known](int l, int e, std::uint32_t n) { return known.probability(l, e, n); });
    source = std::make_unique<workloads::ActivityGenerator>(shape, statistics, options.seed, tokens);
  } else {
    workloads::SparsityTraceReader first(options.trace, shape);
    tokens = first.tokens();
    profile = flash::measure_profile(first);
    source = std::make_unique<workloads::SparsityTraceReader>(options.trace, shape);
  }
  if (tokens <= options.warm_up)
    throw Error(fmt::format("--warm-up: given {}, allowed less than the {} tokens of the trace", options.warm_up, tokens));
  setup.profile = &profile;
  flash::Decoder decoder(setup);
  Watched watched(*source, tokens);
  const json document = document_of(options, setup, decoder.run(watched, options.warm_up));
  emit(options.json, document, text_of(document));
  return 0;
}

struct TraceOptions {
  std::string model = "mixtral_8x7b", statistics = "turbosparse_mixtral", in, out, json;
  std::int64_t tokens = 100;
  int window = 5;
  std::uint64_t seed = 1;
};

int generate(const TraceOptions& options) {
  const workloads::SparsityShape shape = workloads::sparsity_shape(workloads::load_model(options.model));
  const auto statistics = workloads::published_statistics(options.statistics);
  workloads::ActivityGenerator generator(shape, statistics, options.seed, options.tokens);
  workloads::SparsityTraceWriter writer(options.out, shape, options.tokens,
                                        fmt::format("generated: {}, seed {}", options.statistics, options.seed));
  for (workloads::TokenActivity token; generator.next(token);) writer.append(token);
  writer.finish();
  const json document = {{"lutra_version", LUTRA_VERSION}, {"seed", options.seed},     {"model", shape.model},
                         {"statistics", statistics.name},  {"tokens", options.tokens}, {"out", options.out}};
  emit(options.json, document, fmt::format("{}: {} tokens of {}\n", options.out, options.tokens, shape.model));
  return 0;
}

int import(const TraceOptions& options) {
  const workloads::SparsityShape shape = workloads::sparsity_shape(workloads::load_model(options.model));
  const std::int64_t tokens = workloads::import_sparsity_trace(options.in, shape, options.out);
  emit(options.json, {{"lutra_version", LUTRA_VERSION}, {"model", shape.model}, {"tokens", tokens}, {"out", options.out}},
       fmt::format("{}: {} tokens of {}\n", options.out, tokens, shape.model));
  return 0;
}

int statistics(const TraceOptions& options) {
  std::unique_ptr<workloads::ActivitySource> source;
  std::string origin;
  if (options.in.empty()) {
    const auto chosen = workloads::published_statistics(options.statistics);
    origin = chosen.source;
    source = std::make_unique<workloads::ActivityGenerator>(workloads::sparsity_shape(workloads::load_model(options.model)), chosen,
                                                            options.seed, options.tokens);
  } else {
    auto reader = std::make_unique<workloads::SparsityTraceReader>(options.in);
    origin = reader->origin();
    source = std::move(reader);
  }
  const workloads::MeasuredSparsity m = workloads::measure_sparsity(*source, options.window);
  const json document = {{"lutra_version", LUTRA_VERSION},
                         {"model", source->shape().model},
                         {"origin", origin},
                         {"tokens", m.tokens},
                         {"active_share", m.active_share},
                         {"predicted_share", m.predicted_share},
                         {"false_negative", m.false_negative},
                         {"false_positive", m.false_positive},
                         {"overlap", m.overlap},
                         {"hot_half", m.hot_half},
                         {"hot_tenth", m.hot_tenth},
                         {"window", options.window},
                         {"window_load", m.window_load},
                         {"window_held", m.window_held}};
  const std::string text = fmt::format(
      "{}, {} tokens ({})\nactive {:.3g} % of the neurons used, predicted {:.3g} %; of the active {:.3g} % are missed, of the predicted "
      "{:.3g} % are not "
      "active\n{:.3g} % of the predicted were so a token before; the busier half takes {:.3g} %, the busiest tenth {:.3g} %\n"
      "a window of {} tokens holds {:.3g} % of all neurons and loads {:.3g} % a token\n",
      source->shape().model, m.tokens, origin, m.active_share * 100, m.predicted_share * 100, m.false_negative * 100,
      m.false_positive * 100, m.overlap * 100, m.hot_half * 100, m.hot_tenth * 100, options.window, m.window_held * 100,
      m.window_load * 100);
  emit(options.json, document, text);
  return 0;
}

struct StorageOptions {
  std::string storage = "ufs40", core = "big", json;
  int in_flight = 32, submitters = 1;
  double range_mib = 24576;
};

int bench(const StorageOptions& options) {
  const storage::StorageConfig config = load_storage(options.storage);
  json rows = json::array();
  std::string text =
      fmt::format("{}: {} reads in flight, submitted by {} thread(s) on a {} core; random reads over {:g} MiB; GB/s\n{:>8} {:>12} {:>12}\n",
                  config.name, options.in_flight, options.submitters, options.core, options.range_mib, "KiB", "sequential", "random");
  for (const std::uint32_t kib : {4U, 8U, 16U, 32U, 64U, 128U, 256U, 512U}) {
    double gb_s[2] = {};
    for (const auto pattern : {storage::Pattern::kSequential, storage::Pattern::kRandom}) {
      storage::FlashDevice device(config, options.core, options.submitters);
      gb_s[pattern == storage::Pattern::kRandom ? 1 : 0] =
          storage::bench(device, {pattern, kib * 1024, static_cast<std::uint64_t>(options.range_mib * 1048576), options.in_flight, 2000});
    }
    rows.push_back({{"block_kib", kib}, {"sequential_gb_s", gb_s[0]}, {"random_gb_s", gb_s[1]}});
    text += fmt::format("{:>8} {:>12.3f} {:>12.3f}\n", kib, gb_s[0], gb_s[1]);
  }
  emit(options.json, {{"lutra_version", LUTRA_VERSION}, {"storage", config.name}, {"rows", rows}}, text);
  return 0;
}

struct PolicyListOptions {
  std::string json;
};

int list_policies(const PolicyListOptions& options) {
  json document = {{"lutra_version", LUTRA_VERSION}};
  std::string text;
  const auto section = [&](const char* name, const auto& entries) {
    text += fmt::format("{}\n", name);
    for (const auto& entry : entries) {
      text += fmt::format("  {:<18} {}\n", entry.name, entry.doc);
      document[name].push_back({{"name", std::string(entry.name)}, {"doc", std::string(entry.doc)}});
    }
  };
  section("policies", flash::policies());
  section("layouts", flash::layouts());
  section("residencies", flash::residencies());
  section("schedules", flash::schedules());
  emit(options.json, document, text);
  return 0;
}

void add_run_options(CLI::App& command, RunOptions& options) {
  const CLI::Range size(0.0, 1e6);
  command.add_option("--model", options.model, "config.json of a model, or the name of a built-in one")->capture_default_str();
  command.add_option("--statistics", options.statistics, "Statistics of the generated activity")->capture_default_str();
  command.add_option("--trace", options.trace, "Sparsity trace instead of generated activity");
  command.add_option("--phone", options.phone, "Phone: a YAML file, or the name of a built-in one")->capture_default_str();
  command.add_option("--budget-gb", options.budget_gb, "DRAM that the model may take, 10^9 bytes")->capture_default_str()->check(size);
  command.add_option("--bits", options.bits, "Bits a weight")->capture_default_str()->check(CLI::Range(1.0, 16.0));
  command.add_option("--scale-group", options.scale_group, "Weights that share an FP16 scale; 0: a row")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 24));
  command.add_option("--predictor-gb", options.predictor_gb, "Predictors of all layers")->capture_default_str()->check(size);
  command.add_option("--runtime-gb", options.runtime_gb, "KV cache, activations, code")->capture_default_str()->check(size);
  command.add_option("--staging-mb", options.staging_mb, "Buffers for reads")->capture_default_str()->check(size);
  command.add_option("--tokens", options.tokens, "Tokens counted, when activity is generated")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 24));
  command.add_option("--warm-up", options.warm_up, "Tokens before them")->capture_default_str()->check(CLI::Range(0, 1 << 24));
  add_policy_options(command, options.policy);
  add_seed_option(command, options.seed);
  add_json_option(command, options.json);
}

void add_traces(CLI::App& command, Action& action) {
  auto generated = std::make_shared<TraceOptions>(), imported = std::make_shared<TraceOptions>(),
       measured = std::make_shared<TraceOptions>();
  const auto common = [](CLI::App& app, TraceOptions& options) {
    app.add_option("--model", options.model, "config.json of a model, or the name of a built-in one")->capture_default_str();
    add_json_option(app, options.json);
  };
  const auto made = [](CLI::App& app, TraceOptions& options) {
    app.add_option("--statistics", options.statistics, "Published statistics: opt_6.7b, llama2_fatrelu, turbosparse_mistral, ...")
        ->capture_default_str();
    app.add_option("--tokens", options.tokens, "Tokens")->capture_default_str()->check(CLI::Range(1, 1 << 24));
    add_seed_option(app, options.seed);
  };
  CLI::App* generate_command = command.add_subcommand("generate", "Write a sparsity trace with stated statistics");
  common(*generate_command, *generated);
  made(*generate_command, *generated);
  generate_command->add_option("--out", generated->out, "Trace file to write")->required();
  bind(*generate_command, action, generated, generate);

  CLI::App* import_command = command.add_subcommand("import", "Turn lines of JSON into a sparsity trace");
  common(*import_command, *imported);
  import_command->add_option("--in", imported->in, "Text file, a line for each token, layer and expert")->required();
  import_command->add_option("--out", imported->out, "Trace file to write")->required();
  bind(*import_command, action, imported, import);

  CLI::App* statistics_command = command.add_subcommand("statistics", "Measure a sparsity trace, or a generated one");
  common(*statistics_command, *measured);
  made(*statistics_command, *measured);
  statistics_command->add_option("--in", measured->in, "Trace file; without it one is generated");
  statistics_command->add_option("--window", measured->window, "Tokens of the window")->capture_default_str()->check(CLI::Range(1, 1000));
  bind(*statistics_command, action, measured, statistics);
}

}  // namespace

void add_flash(CLI::App& command, Action& action) {
  command.require_subcommand(1);
  auto run_options = std::make_shared<RunOptions>();
  CLI::App* run_command = command.add_subcommand("run", "Decode a sparse model from flash under a DRAM budget");
  add_run_options(*run_command, *run_options);
  bind(*run_command, action, run_options, run);
  add_traces(command, action);

  auto storage_options = std::make_shared<StorageOptions>();
  CLI::App* storage_command = command.add_subcommand("storage", "Measure a storage device's bandwidth by block size under SystemC");
  storage_command->add_option("--storage", storage_options->storage, "Storage: a YAML file, or the name of a built-in one")
      ->capture_default_str();
  storage_command->add_option("--core", storage_options->core, "Kind of CPU core that submits")->capture_default_str();
  storage_command->add_option("--in-flight", storage_options->in_flight, "Reads in flight")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  storage_command->add_option("--threads", storage_options->submitters, "Threads that submit")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  storage_command->add_option("--range-mib", storage_options->range_mib, "Region of the random reads")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 1e7));
  add_json_option(*storage_command, storage_options->json);
  bind(*storage_command, action, storage_options, bench);

  auto list_options = std::make_shared<PolicyListOptions>();
  CLI::App* list_command = command.add_subcommand("policies", "List policies and what they are made of");
  add_json_option(*list_command, list_options->json);
  bind(*list_command, action, list_options, list_policies);

  add_flash_phone(command, action);
  add_flash_gather(command, action);
}

}  // namespace lutra::cli
