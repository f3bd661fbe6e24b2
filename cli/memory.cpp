// lutra memory: what a DRAM gives under streams, strides and random addresses.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/inputs.h"
#include "isa/error.h"
#include "sim/memory/bandwidth.h"

namespace lutra::cli {
namespace {

struct Options {
  std::vector<std::string> devices;
  std::string json;
  std::uint64_t seed = 1;
};

/// A Markdown table, as docs/memory.md shows it.
std::string table(const memory::DramDevice& device, const std::vector<memory::BandwidthPoint>& points) {
  std::string text = fmt::format(
      "### {}: {:.1f} GB/s peak\n\n| pattern | request, bytes | stride, bytes | GB/s | of peak | row hits | pJ/bit |\n"
      "|---|---|---|---|---|---|---|\n",
      device.name, device.peak_gb_s());
  for (const memory::BandwidthPoint& p : points)
    text +=
        fmt::format("| {} {} | {} | {} | {:.4g} | {:.1f} % | {:.1f} % | {:.2f} |\n", p.pattern, p.write ? "write" : "read", p.block_bytes,
                    p.stride_bytes > 0 ? std::to_string(p.stride_bytes) : "–", p.gb_s, 100 * p.of_peak, 100 * p.row_hit_rate, p.pj_per_bit);
  return text + "\n";
}

int run(const Options& options) {
  std::string text;
  nlohmann::json devices = nlohmann::json::array();
  for (const std::string& name : options.devices.empty() ? memory::dram_names() : options.devices) {
    const memory::DramDevice device = memory::load_dram(name);
    const std::vector<memory::BandwidthPoint> points = memory::bandwidth_curve(device, options.seed);
    nlohmann::json curve = nlohmann::json::array();
    for (const memory::BandwidthPoint& p : points)
      curve.push_back({{"pattern", p.pattern},
                       {"write", p.write},
                       {"block_bytes", p.block_bytes},
                       {"stride_bytes", p.stride_bytes},
                       {"gb_s", p.gb_s},
                       {"of_peak", p.of_peak},
                       {"row_hit_rate", p.row_hit_rate},
                       {"pj_per_bit", p.pj_per_bit}});
    devices.push_back({{"name", device.name}, {"source", device.source}, {"peak_gb_s", device.peak_gb_s()}, {"curve", curve}});
    text += table(device, points);
  }
  emit(options.json, {{"lutra_version", LUTRA_VERSION}, {"seed", options.seed}, {"devices", devices}}, text);
  return 0;
}

}  // namespace

void add_memory(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("devices", options->devices, "DRAM devices: YAML files, or names of built-in ones; all of those when none is named");
  add_seed_option(command, options->seed);
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli
