// measure_hardware: verifies and prices the designs of the catalogue in one library, writes figures, targets and a page.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <set>

#include "isa/error.h"
#include "isa/file.h"
#include "sim/hardware/campaign.h"

namespace {

using namespace lutra::hardware;

struct Options {
  std::string library = "osu018", pdk = "../shared/pdk", out, page;
  std::vector<std::string> only, types;
  bool full_adders = false;
  std::uint64_t seed = 1;
};

void show(std::size_t done, std::size_t of, const Job& job, const Measurement* m, const std::string& error) {
  if (m == nullptr) {
    fmt::print("[{}/{}] {:<26} {}A{}: {}\n", done, of, job.design, job.weight_type, job.activation_bits, error);
  } else {
    fmt::print(
        "[{}/{}] {:<26} {}A{}: {} wrong bits in {} results, {:.0f} um2, lane {:.1f}, {:.3f} um2 and {:.3f} fJ a MAC, slack {:.0f} ps, {}\n",
        done, of, m->design, m->weight_type, job.activation_bits, m->mismatched_bits, m->vectors, m->area_um2, m->lane_area_um2,
        m->um2_per_mac(), 1000 * m->pj_per_mac(), m->worst_slack_ps, m->mapping);
  }
  std::fflush(stdout);
}

int run(const Options& o) {
  CampaignOptions campaign;
  campaign.library = choose_library(o.library, o.pdk);
  campaign.only = o.only;
  campaign.types = o.types;
  campaign.full_adder_cells = o.full_adders;
  campaign.seed = o.seed;
  campaign.progress = show;
  const std::vector<Measurement> measurements = run_campaign(campaign);
  const std::string command = "scripts/measure hardware --library " + o.library;
  long long vectors = 0, mismatched = 0;
  std::set<std::string> layers;
  nlohmann::json designs = nlohmann::json::array();
  for (const Measurement& m : measurements) {
    vectors += m.vectors;
    mismatched += m.mismatched_bits;
    layers.insert(m.layer);
    designs.push_back(to_json(m));
  }
  std::string layer_list;
  for (const std::string& l : layers) layer_list += (layer_list.empty() ? "" : ", ") + l;
  const nlohmann::json result = {{"library", o.library},
                                 {"command", command},
                                 {"lutra_version", LUTRA_VERSION},
                                 {"seed", o.seed},
                                 {"layout", "none"},
                                 {"clock_mhz", campaign.library.clock_mhz},
                                 {"float_clock_mhz", campaign.library.float_clock_mhz},
                                 {"layers", layer_list},
                                 {"vectors", vectors},
                                 {"mismatched_bits", mismatched},
                                 {"rows", target_rows(measurements, command)},
                                 {"designs", designs}};
  if (!o.out.empty()) lutra::write_file_atomically(o.out, result.dump(2) + "\n");
  if (!o.page.empty()) lutra::write_file_atomically(o.page, campaign_page(result));
  return mismatched == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Verifies and prices lookup datapaths and their rivals.\nExample: measure_hardware --library asap7 --out "
      "out/measure/hardware-asap7.json");
  Options o;
  app.add_option("--library", o.library, "osu018, sky130 or asap7");
  app.add_option("--pdk", o.pdk, "folder that holds asap7 and sky130");
  app.add_option("--only", o.only, "designs to measure");
  app.add_option("--types", o.types, "W2A8, W4A8, ternaryA8, ...");
  app.add_flag("--full-adder-cells", o.full_adders, "use the library's full-adder cells in every design");
  app.add_option("--out", o.out, "JSON");
  app.add_option("--page", o.page, "Markdown page");
  app.add_option("--seed", o.seed, "of weights and activations");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(o);
  } catch (const lutra::Error& e) {
    fmt::print(stderr, "{}\n", e.what());
    return e.exit_code();
  }
}
