// measure_hardware: verifies and prices the designs of the catalogue in one library, writes figures, targets and a page.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <set>

#include "isa/error.h"
#include "isa/file.h"
#include "sim/hardware/campaign.h"

namespace {

using namespace lutra::hardware;

struct Options {
  std::string library = "osu018", pdk = "../shared/pdk", out, page;
  std::vector<std::string> only, types, adders;
  std::uint64_t seed = 1;
};

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

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

std::vector<Measurement> measured(const Options& o, const LibraryChoice& library) {
  std::vector<Measurement> all;
  for (const bool cells : {true, false}) {
    if (std::find(o.adders.begin(), o.adders.end(), cells ? "cells" : "logic") == o.adders.end()) continue;
    CampaignOptions campaign{library, o.only, o.types, cells, o.seed, show};
    fmt::print("{} full-adder cells:\n", cells ? "with" : "without");
    const std::vector<Measurement> part = run_campaign(campaign);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

int run(const Options& o) {
  const LibraryChoice library = choose_library(o.library, o.pdk);
  const std::vector<Measurement> measurements = measured(o, library);
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
  const nlohmann::json result = {{"library", o.library},
                                 {"command", command},
                                 {"date", today()},
                                 {"lutra_version", LUTRA_VERSION},
                                 {"seed", o.seed},
                                 {"layout", "none"},
                                 {"clock_mhz", library.clock_mhz},
                                 {"float_clock_mhz", library.float_clock_mhz},
                                 {"layers", fmt::format("{}", fmt::join(layers, ", "))},
                                 {"vectors", vectors},
                                 {"mismatched_bits", mismatched},
                                 {"rows", target_rows(measurements, true, command)},
                                 {"rows_without_full_adder_cells", target_rows(measurements, false, command)},
                                 {"designs", designs}};
  if (!o.out.empty()) lutra::write_file_atomically(o.out, result.dump(2) + "\n");
  if (!o.page.empty()) {
    const std::filesystem::path page(o.page);
    lutra::write_file_atomically((page.parent_path() / fmt::format("hardware-{}.svg", o.library)).string(), bar_chart(result));
    lutra::write_file_atomically(o.page, with_section(lutra::read_file(o.page), o.library, library_section(result)));
  }
  return 0;
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
  o.adders = {"cells", "logic"};
  app.add_option("--adders", o.adders, "cells: the library's full-adder cells in every design; logic: none; both")
      ->check(CLI::IsMember({"cells", "logic"}));
  app.add_option("--out", o.out, "JSON");
  app.add_option("--page", o.page, "Markdown page whose part about the library is rewritten; the chart is written beside it");
  app.add_option("--seed", o.seed, "of weights and activations");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(o);
  } catch (const lutra::Error& e) {
    fmt::print(stderr, "{}\n", e.what());
    return e.exit_code();
  }
}
