// lutra flash phone: tokens a second and joules a token over DRAM budget, model, width and design.
#include "cli/flash_phone.h"

#include <fmt/format.h>

#include <map>

#include "cli/flash_inputs.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "isa/file.h"
#include "sim/flash/experiment.h"
#include "sim/report/line_chart.h"

namespace lutra::cli {
namespace {

using nlohmann::json;

struct Options {
  std::string phone = "lut_phone", out, json;
  std::int64_t tokens = 40, warm_up = 60;
  std::uint64_t seed = 1;
};

struct Study {
  const char* model;
  const char* statistics;
  const char* title;
  double predictor_gb;  // at 4 bits, as PowerInfer-2's
};
constexpr Study kStudies[] = {
    {"mistral_7b", "turbosparse_mistral", "7B (TurboSparse-Mistral)", 0.325},
    {"llama2_13b", "llama2_fatrelu", "13B (LLAMA2, FATReLU)", 0.49},
    {"mixtral_8x7b", "turbosparse_mixtral", "47B (TurboSparse-Mixtral)", 2.6},
};

struct Design {
  const char* name;
  const char* title;
  const char* dense;
  const char* sparse;
  const char* color;
};
constexpr Design kDesigns[] = {
    {"cpu", "CPU only", "cpu", "cpu", "#888888"},
    {"npu", "MAC core + CPU", "npu", "cpu", "#1f77b4"},
    {"core_cpu", "LUT core + CPU", "core", "cpu", "#d62728"},
    {"core", "LUT core alone", "core", "core", "#ff9896"},
};
constexpr double kBudgets[] = {2, 3, 4, 6, 8, 12, 16, 20, 24};

/// What a token waits for most.
std::string bottleneck(const flash::DecodeResult& r, const flash::DecodeSetup& setup) {
  const double waiting = r.ffn_s - r.ffn_compute_s;
  if (waiting > 0.5 * r.seconds) return "flash";
  const double dram = r.dram_bytes / (setup.phone.dram_gb_s * 1e9);
  return dram > 0.8 * (r.seconds - waiting) ? "DRAM" : "unit";
}

json cell(flash::Experiment& experiment, const Design& design, double budget_gb, const Options& options) {
  flash::Policy policy = flash::find_policy("segmented");
  policy.dense_unit = design.dense;
  policy.sparse_unit = design.sparse;
  json result = {{"design", design.name}, {"budget_gb", budget_gb}};
  try {
    const flash::DecodeResult r = experiment.run(policy, budget_gb * 1e9, options.tokens, options.warm_up);
    const double n = static_cast<double>(r.tokens);
    result.update({{"tokens_per_s", r.tokens_per_s()},
                   {"joules_per_token", r.joules() / n},
                   {"bottleneck", bottleneck(r, experiment.setup())},
                   {"flash_wait_share", (r.ffn_s - r.ffn_compute_s) / r.seconds},
                   {"flash_mb_per_token", r.flash_bytes / n / 1e6},
                   {"dram_mb_per_token", r.dram_bytes / n / 1e6},
                   {"miss_rate", r.miss_rate()},
                   {"hot_share", static_cast<double>(r.hot_per_expert * r.granule) / static_cast<double>(experiment.setup().model.ffn)},
                   {"utilisation", static_cast<double>(r.needed_neurons) / static_cast<double>(r.computed_neurons)}});
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::kBadInput) throw;
    result["does_not_fit"] = error.what();
  }
  return result;
}

json prefill_of(flash::Experiment& experiment, const char* unit, double budget_gb) {
  experiment.setup().budget_bytes = budget_gb * 1e9;
  const flash::PrefillResult p = flash::prefill(experiment.setup(), unit, 512);
  return {{"unit", unit},       {"budget_gb", budget_gb},   {"tokens_per_s", 512 / p.seconds},
          {"read_s", p.read_s}, {"compute_s", p.compute_s}, {"joules_per_token", p.joules / 512}};
}

json study(const Options& options) {
  Progress progress("flash phone");
  json document = {{"lutra_version", LUTRA_VERSION}, {"seed", options.seed}, {"phone", options.phone}, {"studies", json::array()}};
  int done = 0;
  for (const Study& s : kStudies) {
    for (const int bits : {2, 4}) {
      flash::Experiment experiment(s.model, s.statistics, options.phone, flash_library(), options.seed);
      experiment.setup().storage.bits = bits;
      experiment.setup().storage.predictor_bytes = s.predictor_gb * 1e9 * bits / 4;
      experiment.setup().storage.runtime_bytes = 0.3e9;
      json entry = {{"model", s.model},
                    {"title", s.title},
                    {"bits", bits},
                    {"model_gb", experiment.sizes().model / 1e9},
                    {"fixed_gb", experiment.sizes().fixed / 1e9},
                    {"cells", json::array()},
                    {"prefill", json::array()}};
      for (const Design& design : kDesigns)
        for (const double budget : kBudgets) {
          entry["cells"].push_back(cell(experiment, design, budget, options));
          progress.update(++done / 216.0);
        }
      for (const char* unit : {"cpu", "npu", "core"}) entry["prefill"].push_back(prefill_of(experiment, unit, 8));
      document["studies"].push_back(std::move(entry));
    }
  }
  return document;
}

const json* find_cell(const json& entry, const char* design, double budget) {
  for (const json& c : entry.at("cells"))
    if (c.at("design") == design && c.at("budget_gb").get<double>() == budget) return &c;
  return nullptr;
}

std::string table(const json& entry) {
  std::string text =
      fmt::format("### {}, W{}: {:.1f} GB, of which {:.1f} GB always in DRAM\n\n| DRAM, GB |", entry.at("title").get<std::string>(),
                  entry.at("bits").get<int>(), entry.at("model_gb").get<double>(), entry.at("fixed_gb").get<double>());
  for (const Design& d : kDesigns) text += fmt::format(" {} |", d.title);
  text += "\n|---|";
  for (std::size_t i = 0; i < std::size(kDesigns); ++i) text += "---|";
  text += "\n";
  for (const double budget : kBudgets) {
    text += fmt::format("| {:g} |", budget);
    for (const Design& d : kDesigns) {
      const json& c = *find_cell(entry, d.name, budget);
      text += c.contains("does_not_fit") ? " – |"
                                         : fmt::format(" {:.2f} · {:.2f} J · {} |", c.at("tokens_per_s").get<double>(),
                                                       c.at("joules_per_token").get<double>(), c.at("bottleneck").get<std::string>());
    }
    text += "\n";
  }
  text += "\nPrefill of 512 tokens at 8 GB:";
  for (const json& p : entry.at("prefill"))
    text += fmt::format(" {} {:.0f} tokens/s ({:.2f} s of reads, {:.2f} s of products);", p.at("unit").get<std::string>(),
                        p.at("tokens_per_s").get<double>(), p.at("read_s").get<double>(), p.at("compute_s").get<double>());
  text.back() = '.';
  return text + "\n\n";
}

report::LineChart chart(const json& document, const Study& s) {
  report::LineChart c;
  c.title = fmt::format("{}: decode", s.title);
  c.x_title = "DRAM that the model may take, GB";
  c.y_title = "tokens/s";
  c.x_ticks = {kBudgets, kBudgets + std::size(kBudgets)};
  c.log_y = true;
  for (const json& entry : document.at("studies")) {
    if (entry.at("model") != s.model) continue;
    for (const Design& d : kDesigns) {
      report::Line line{fmt::format("{}, W{}", d.title, entry.at("bits").get<int>()), d.color, entry.at("bits") == 4, {}};
      for (const double budget : kBudgets) {
        const json& cell = *find_cell(entry, d.name, budget);
        if (!cell.contains("does_not_fit")) line.points.emplace_back(budget, cell.at("tokens_per_s").get<double>());
      }
      c.lines.push_back(std::move(line));
    }
  }
  return c;
}

int run(const Options& options) {
  if (!options.out.empty()) make_directory(options.out);  // before the work, not after it
  const json document = study(options);
  std::string text;
  for (const json& entry : document.at("studies")) text += table(entry);
  if (!options.out.empty()) {
    write_file_atomically(options.out + "/phone_tables.md", text);
    for (const Study& s : kStudies)
      write_file_atomically(fmt::format("{}/phone_{}.svg", options.out, s.model), report::line_chart_svg(chart(document, s)));
  }
  emit(options.json, document, text);
  return 0;
}

}  // namespace

void add_flash_phone(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* phone = command.add_subcommand("phone", "Decode 7B, 13B and 47B models at W2 and W4 under DRAM budgets from 2 to 24 GB");
  phone->add_option("--phone", options->phone, "Phone with units cpu, npu and core")->capture_default_str();
  phone->add_option("--tokens", options->tokens, "Tokens of a cell")->capture_default_str()->check(CLI::Range(1, 100000));
  phone->add_option("--warm-up", options->warm_up, "Tokens before them")->capture_default_str()->check(CLI::Range(0, 100000));
  phone->add_option("--out", options->out, "Directory for phone_tables.md and the charts");
  add_seed_option(*phone, options->seed);
  add_json_option(*phone, options->json);
  bind(*phone, action, options, run);
}

}  // namespace lutra::cli
