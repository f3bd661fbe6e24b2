// Draws key by key from the schema and draws again what a rule refuses.
#include "sim/regression/random_config.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "isa/geometry.h"
#include "isa/schema.h"

namespace lutra::regression {
namespace {

using Rng = std::mt19937_64;

struct Range {
  double low, high;
};

/// Ranges that keep a machine small; other keys are drawn from all that the schema allows.
const std::map<std::string_view, Range>& small() {
  static const std::map<std::string_view, Range> kRanges = {
      {"clock_mhz", {20, 800}},
      {"array.rows", {1, 4}},
      {"array.columns", {1, 8}},
      {"array.tables_per_lane", {1, 6}},
      {"array.planes_per_cycle", {1, 4}},
      {"array.accumulator_bits", {16, 32}},
      {"table.builder_tables", {1, 6}},
      {"table.group", {1, 48}},
      {"buffer.instruction_words", {64, 128}},
      {"buffer.activation_words", {16, 128}},
      {"buffer.table_words", {2, 64}},
      {"buffer.weight_words", {16, 128}},
      {"buffer.parameter_words", {2, 64}},
      {"buffer.accumulator_tiles", {2, 8}},
      {"scale.outputs_per_cycle", {1, 8}},
      {"axi.max_burst_beats", {1, 32}},
      {"axi.outstanding_reads", {1, 8}},
      {"axi.outstanding_writes", {1, 8}},
      {"memory.bandwidth_gb_s", {0.05, 20}},
      {"memory.latency_ns", {0, 400}},
      {"memory.energy_pj_per_bit", {1, 8}},
  };
  return kRanges;
}

bool is_fixed(std::string_view key) { return key == "name" || key == "description" || key == "status" || key == "memory.size_gib"; }

void draw(const SchemaField& field, ArchConfig& config, Rng& random) {
  if (!field.allowed.empty()) return set_field(config, field.key, field.allowed[random() % field.allowed.size()]);
  const auto found = small().find(field.key);
  const Range range = found != small().end() ? found->second : Range{field.min, field.max};
  if (field.power_of_two) {
    const int first = static_cast<int>(std::ceil(std::log2(range.low))), last = static_cast<int>(std::log2(range.high));
    return set_number(config, field.key, std::exp2(first + static_cast<int>(random() % static_cast<std::uint64_t>(last - first + 1))));
  }
  const auto steps = static_cast<std::uint64_t>(range.high - range.low) + 1;
  const double value = range.low + static_cast<double>(random() % steps);
  set_number(config, field.key, field.kind() == ValueKind::kInteger ? value : std::min(range.high, value));
}

/// Float tables leave hardly any choice about other keys (isa/schema_rules.cpp): drawn ones would never meet it.
void settle_float(ArchConfig& config, Rng& random) {
  config.array.tables_per_lane = config.array.planes_per_cycle = config.table.builder_tables = 1;
  config.array.accumulator_bits = 32;
  config.array.combine = "shift";
  config.table.form = "plain";
  config.scale.unit = "float";
  if (config.table.storage == "rebuilt") config.table.storage = "sram";
  while (config.array.activations.rfind("int", 0) == 0) draw(*find_schema_field("array.activations"), config, random);
}

/// Whether Verilator is through with it in seconds.
bool is_small(const ArchConfig& config) {
  const Geometry g(config);
  const long long terms = 1LL * config.array.rows * config.array.columns * g.tables * config.array.planes_per_cycle;
  // Every entry of a quantised table goes through three floating-point units.
  const bool divides = g.quantised && config.table.scale == "divide";
  // So do the sums of FP32 tables through one each, and in every lane.
  const long long adders = terms + 2LL * g.entries;
  return terms * g.entries <= 1024 && (!g.floating || adders <= 48) && (!divides || g.entries * config.table.builder_tables <= 16) &&
         g.table_word_bits <= 4096 && 1LL * config.array.rows * g.tables * g.stored_table_bits <= 4096 &&
         ((config.table.storage != "flops" && config.table.storage != "latches") ||
          1LL * g.table_word_bits * config.buffer.table_words <= 16384);
}

}  // namespace

ArchConfig random_config(Rng& random) {
  for (;;) {
    ArchConfig config;
    config.name = "random";
    config.memory.size_gib = 1;
    for (const SchemaField& field : schema())
      if (!is_fixed(field.key)) draw(field, config, random);
    if (config.table.mode == "float") settle_float(config, random);
    for (int attempt = 0; attempt < 200; ++attempt) {
      const std::vector<Violation> found = violations(config);
      if (found.empty()) break;
      for (const std::string& key : found.front().keys) draw(*find_schema_field(key), config, random);
    }
    if (violations(config).empty() && is_small(config)) return config;
  }
}

}  // namespace lutra::regression
