// lutra types: every data type of weights, what its lowering loses and costs.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "isa/error.h"
#include "isa/file.h"
#include "workloads/types/lowering_cost.h"

namespace lutra::cli {
namespace {

using namespace workloads;

struct Options {
  std::string name, file, arch, json;
  bool chain = false;
  long long outputs = 4096, depth = 4096;
};

struct Row {
  Lowering lowering;
  LoweringCost cost;
};

std::string scale_text(const DataType& type) {
  if (type.scales_beside())
    return type.kind == ValueKind::kZeroPoint ? "beside, zero point" : type.kind == ValueKind::kPlanes ? "beside, a plane" : "beside";
  return fmt::format("{} weights{}", type.group, type.minimum.empty() ? "" : ", minimum");
}

std::string planes_text(const Lowering& l) {
  std::string text;
  for (const LoweringPass& pass : l.passes) text += fmt::format("{}{}", text.empty() ? "" : "+", pass.format.bits);
  return text;
}

std::string loss_text(const Lowering& l) {
  return l.exact ? "none" : fmt::format("max {:.3g} %, mean {:.3g} %", 100 * l.max_error, 100 * l.mean_error);
}

nlohmann::json to_json(const Row& row) {
  const Lowering& l = row.lowering;
  nlohmann::json passes = nlohmann::json::array(), steps = nlohmann::json::array();
  for (const LoweringPass& pass : l.passes) passes.push_back(pass.format.bits);
  for (const StepCost& s : row.cost.steps) {
    steps.push_back({{"kind", s.kind},
                     {"text", s.text},
                     {"bytes_in", s.bytes_in},
                     {"bytes_out", s.bytes_out},
                     {"invertible", s.invertible},
                     {"cycles", s.cycles}});
  }
  return {{"name", l.text},
          {"title", l.type.title},
          {"tile_weights", l.type.weights},
          {"tile_bytes", l.type.bytes},
          {"bits_per_weight", l.type.bits_per_weight()},
          {"scale", scale_text(l.type)},
          {"planes", passes},
          {"exact", l.exact},
          {"max_error", l.max_error},
          {"mean_error", l.mean_error},
          {"stored_bytes", row.cost.stored_bytes},
          {"core_bytes", row.cost.core_bytes},
          {"cycles", row.cost.cycles},
          {"steps", steps}};
}

std::string table_text(const std::vector<Row>& rows, const Options& options, const ArchConfig& arch) {
  std::string text = fmt::format("{:<19} {:>6} {:>6} {:<19} {:>7} {:<26} {:>9} {:>9}  {}\n", "type", "tile", "bits", "scale for", "planes",
                                 "loss", "MB", "cycles", "");
  for (const Row& row : rows) {
    const Lowering& l = row.lowering;
    text += fmt::format("{:<19} {:>6} {:>6.4g} {:<19} {:>7} {:<26} {:>9.4g} {:>9.0f}  {}\n", l.text, l.type.weights,
                        l.type.bits_per_weight(), scale_text(l.type), planes_text(l), loss_text(l),
                        static_cast<double>(row.cost.core_bytes) / 1e6, row.cost.cycles, l.type.title);
  }
  return text + fmt::format(
                    "tile: weights packed together; bits: of a weight, as packed; MB and cycles: planes read and estimated cycles of one "
                    "token times {} x {} weights on {}\n",
                    options.outputs, options.depth, arch.name);
}

std::string chain_text(const Row& row, const ArchConfig& arch) {
  const Lowering& l = row.lowering;
  std::string text = fmt::format("{}: {}; planes {}, loss {}\n", l.text, l.type.title, planes_text(l), loss_text(l));
  text += fmt::format("  {:<9} {:>11} {:>11} {:>9}  {:<8} {}\n", "step", "bytes in", "bytes out", "cycles", "inverse", "");
  for (const StepCost& s : row.cost.steps) {
    text += fmt::format("  {:<9} {:>11} {:>11} {:>9}  {:<8} {}\n", s.kind, s.bytes_in, s.bytes_out,
                        s.cycles == 0 ? "-" : fmt::format("{:.0f}", s.cycles), s.invertible ? "yes" : "partly", s.text);
  }
  return text + fmt::format(
                    "  cycles on {}: load and multiply run side by side; the kernel takes {:.0f}. Steps without cycles are done once, "
                    "by the compiler.\n",
                    arch.name, row.cost.cycles);
}

int run(const Options& options) {
  const ArchConfig arch = load_arch(options.arch);
  std::vector<std::string> names;
  if (!options.name.empty()) {
    names.push_back(options.file.empty() ? options.name : options.file + ":" + options.name);
  } else if (options.file.empty()) {
    for (const DataType& type : builtin_types()) names.push_back(type.name);
  } else {
    for (const DataType& type : parse_types(read_file(options.file), options.file)) names.push_back(options.file + ":" + type.name);
  }
  std::vector<Row> rows;
  nlohmann::json document = {
      {"arch", arch.name}, {"lutra_version", LUTRA_VERSION}, {"config_hash", config_hash(arch)}, {"types", nlohmann::json::array()}};
  std::string chains;
  for (const std::string& name : names) {
    Row row{parse_lowering(name, true), {}};
    row.cost = lowering_cost(row.lowering, arch, options.outputs, options.depth);
    document["types"].push_back(to_json(row));
    if (options.chain) chains += chain_text(row, arch);
    rows.push_back(std::move(row));
  }
  emit(options.json, document, options.chain ? chains : table_text(rows, options, arch));
  return 0;
}

}  // namespace

void add_types(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("name", options->name, "Type, with _gN for a group and ~P for the nearest P planes; default: all");
  command.add_option("--file", options->file, "YAML file of your own types (docs/types.md)");
  command.add_flag("--chain", options->chain, "Print every step of the lowering with what it costs");
  command.add_option("--outputs", options->outputs, "Rows of the tensor that is priced")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command.add_option("--depth", options->depth, "Columns of that tensor")->check(CLI::Range(1, 1 << 20))->capture_default_str();
  add_arch_option(command, options->arch);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
