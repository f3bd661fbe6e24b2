#include "sim/sweep/price_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gen/generator.h"
#include "isa/geometry.h"
#include "isa/schema.h"
#include "sim/cost/flat_netlist.h"
#include "sim/cost/power.h"
#include "sim/cost/ppa.h"
#include "sim/cost/sta.h"
#include "sim/cost/synth.h"
#include "sim/sweep/random.h"

namespace lutra::sweep {
namespace {

constexpr std::uint64_t kSeed = 2024;

std::string kind_name(PointKind kind) { return kind == PointKind::kFit ? "fit" : "hold_out"; }

/// Files without their first line, which names the configuration: equal Verilog is then equal to the cache.
std::vector<gen::EmittedFile> without_titles(std::vector<gen::EmittedFile> files) {
  for (gen::EmittedFile& file : files)
    if (file.text.rfind("// lutra ", 0) == 0) file.text.erase(0, file.text.find('\n') + 1);
  return files;
}

std::string block_of(const std::string& instance) { return instance.rfind("u_", 0) == 0 ? instance.substr(2) : "glue"; }

}  // namespace

const std::vector<PriceAxis>& price_axes() {
  static const std::vector<PriceAxis> axes = {
      {"array.rows", {"1", "2", "3", "4", "6", "8"}},
      {"array.columns", {"4", "8", "16", "32", "64"}},
      {"array.table_inputs", {"2", "3", "4", "5"}},
      {"array.tables_per_lane", {"1", "2", "3", "4", "6", "8", "12", "16"}},
      {"array.planes_per_cycle", {"1", "2"}},
      {"array.accumulator_bits", {"24", "26", "28", "32"}},
      {"array.pipeline_registers", {"0", "1", "2"}},
      {"array.decoder", {"column", "lane"}},
      {"array.adder", {"carry_save", "ripple"}},
      {"table.kind", {"planes", "ternary"}},
      {"table.form", {"plain", "parity"}},
      {"table.builder_tables", {"1", "2", "4", "8"}},
      {"buffer.instruction_words", {"64", "256", "1024"}},
      {"buffer.activation_words", {"128", "512", "2048"}},
      {"buffer.table_words", {"128", "512", "2048"}},
      {"buffer.weight_words", {"128", "512", "2048"}},
      {"buffer.parameter_words", {"64", "256"}},
      {"buffer.accumulator_tiles", {"4", "16", "64"}},
      {"scale.outputs_per_cycle", {"1", "2", "4", "8"}},
      {"control.queue_depth", {"2", "4", "8"}},
      {"control.loop_depth", {"2", "4", "6"}},
      {"axi.data_bits", {"64", "128", "256", "512"}},
      {"axi.outstanding_reads", {"2", "4", "8", "16"}},
      {"axi.outstanding_writes", {"2", "4", "8"}},
  };
  return axes;
}

ArchConfig price_base() {
  ArchConfig config;
  config.name = "priced";
  config.clock_mhz = 100;
  config.memory.size_gib = 4;
  config.axi.max_burst_beats = 64;
  return config;
}

double lane_bits(const ArchConfig& config) {
  const Geometry g(config);
  return static_cast<double>(g.tables) * config.array.planes_per_cycle * g.entries * g.entry_bits;
}

double array_bits(const ArchConfig& config) { return lane_bits(config) * config.array.rows * config.array.columns; }

std::string outside_price_range(const ArchConfig& config) {
  static const ArchConfig base = price_base();
  for (const SchemaField& field : schema()) {
    const std::string_view section = field.key.substr(0, field.key.find('.'));
    if (section == field.key || section == "memory") continue;
    const auto axis = std::find_if(price_axes().begin(), price_axes().end(), [&](const PriceAxis& a) { return a.key == field.key; });
    if (axis == price_axes().end()) {
      if (field_text(field, config) != field_text(field, base))
        return fmt::format("{}: given {}, but prices were measured with {} only", field.key, field_text(field, config),
                           field_text(field, base));
    } else if (field.kind() == ValueKind::kText) {
      if (std::find(axis->values.begin(), axis->values.end(), field_text(field, config)) == axis->values.end())
        return fmt::format("{}: given {}, but prices were measured with {}", field.key, field_text(field, config),
                           fmt::join(axis->values, ", "));
    } else {
      const double value = get_number(config, field.key);
      const double low = std::stod(std::string(axis->values.front())), high = std::stod(std::string(axis->values.back()));
      if (value < low || value > high)
        return fmt::format("{}: given {}, but prices were measured over {}..{}", field.key, value, low, high);
    }
  }
  if (lane_bits(config) > kMaxLaneBits)
    return fmt::format("array.tables_per_lane: a lane selects among {} table bits, but prices were measured up to {}", lane_bits(config),
                       kMaxLaneBits);
  if (array_bits(config) > kMaxArrayBits)
    return fmt::format("array.columns: the array selects among {} table bits, but prices were measured up to {}", array_bits(config),
                       kMaxArrayBits);
  return "";
}

ArchConfig draw_price_point(PointKind kind, int index) {
  Random random(kSeed, 2 * static_cast<std::uint64_t>(index) + (kind == PointKind::kHoldOut ? 1 : 0));
  while (true) {
    ArchConfig config = price_base();
    for (const PriceAxis& axis : price_axes()) set_field(config, axis.key, axis.values[random.below(axis.values.size())]);
    if (violations(config).empty() && outside_price_range(config).empty()) return config;
  }
}

const std::vector<std::string>& price_blocks() {
  static const std::vector<std::string> blocks = {"array",      "table_builder", "scale_unit", "buffers", "control",
                                                  "semaphores", "load_unit",     "store_unit", "csr",     "glue"};
  return blocks;
}

PricePoint measure_price(const ArchConfig& config, const cost::Library& library, double clock_mhz) {
  const gen::Design design = gen::generate(config);
  const cost::SynthResult synth = cost::synthesise(
      {without_titles(design.files), design.top, clock_mhz, {"lutra_control", "lutra_semaphores"}, false, {}, ""}, library);
  const cost::FlatNetlist flat = cost::flatten(synth.netlist);
  const std::map<std::string, cost::Power> power =
      cost::cell_power(flat, library, cost::assumed_activity(flat, cost::kAssumedToggles), clock_mhz);
  PricePoint point;
  point.delay_ps = 1e6 / cost::analyse_timing(synth.netlist, synth.verilog, library, {clock_mhz, library.rules.node_nm, ""}).best_clock_mhz;
  const cost::AreaNode tree = cost::area_tree(synth.netlist);
  double inside = 0;
  for (const cost::AreaNode& child : tree.children) {
    point.area_um2[block_of(child.instance)] += child.area_um2;
    inside += child.area_um2;
  }
  point.area_um2["glue"] += tree.area_um2 - inside;
  for (const auto& [path, p] : power) point.energy_pj[block_of(path.substr(0, path.find('/')))] += p.total_mw() / clock_mhz * 1000;
  return point;
}

PricePoint measure_price_point(PointKind kind, int index, const cost::Library& library, double clock_mhz) {
  PricePoint point = measure_price(draw_price_point(kind, index), library, clock_mhz);
  point.kind = kind;
  point.index = index;
  return point;
}

std::string to_json(const PriceData& data) {
  std::string text = fmt::format(
      "{{\"lutra_version\": \"{}\", \"library\": \"{}\", \"title\": \"{}\", \"library_hash\": \"{}\", \"clock_mhz\": {}, \"points\": [",
      data.lutra_version, data.library, data.title, data.library_hash, data.clock_mhz);
  for (std::size_t i = 0; i < data.points.size(); ++i) {
    const PricePoint& p = data.points[i];
    nlohmann::ordered_json areas, energies;
    for (const std::string& block : price_blocks()) {
      areas.push_back(std::round(p.area_um2.at(block) * 1000) / 1000);
      energies.push_back(std::round(p.energy_pj.at(block) * 1e6) / 1e6);
    }
    text += fmt::format("{}\n{{\"kind\": \"{}\", \"index\": {}, \"delay_ps\": {:.1f}, \"area_um2\": {}, \"energy_pj\": {}}}", i == 0 ? "" : ",",
                        kind_name(p.kind), p.index, p.delay_ps, areas.dump(), energies.dump());
  }
  return text + "\n]}\n";
}

PriceData parse_price_data(const std::string& json, const std::string& file) {
  PriceData data;
  try {
    const nlohmann::json document = nlohmann::json::parse(json);
    data.library = document.at("library");
    data.title = document.at("title");
    data.library_hash = document.at("library_hash");
    data.lutra_version = document.at("lutra_version");
    data.clock_mhz = document.at("clock_mhz");
    for (const nlohmann::json& row : document.at("points")) {
      PricePoint point;
      point.kind = row.at("kind") == "fit" ? PointKind::kFit : PointKind::kHoldOut;
      point.index = row.at("index");
      point.delay_ps = row.at("delay_ps");
      for (std::size_t i = 0; i < price_blocks().size(); ++i) {
        point.area_um2[price_blocks()[i]] = row.at("area_um2").at(i);
        point.energy_pj[price_blocks()[i]] = row.at("energy_pj").at(i);
      }
      data.points.push_back(std::move(point));
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("not a file of synthesised points: {}", error.what()), {file});
  }
  return data;
}

}  // namespace lutra::sweep
