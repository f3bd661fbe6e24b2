// measure_price: synthesises the points of a library that are not in its data file yet, one after the other, saving each.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "isa/file.h"
#include "sim/hardware/campaign.h"
#include "sim/sweep/price_data.h"

namespace {

using namespace lutra;
using sweep::PointKind;

bool has(const sweep::PriceData& data, PointKind kind, int index) {
  return std::any_of(data.points.begin(), data.points.end(),
                     [&](const sweep::PricePoint& p) { return p.kind == kind && p.index == index; });
}

int run(const std::string& name, const std::string& pdk, const std::string& out, int fit, int hold_out) {
  const hardware::LibraryChoice choice = hardware::choose_library(name, pdk);
  const cost::Library library = cost::read_library(choice.files);
  sweep::PriceData data{name, library.rules.title, library.content_hash, LUTRA_VERSION, choice.clock_mhz, {}};
  if (std::filesystem::exists(out)) {
    sweep::PriceData known = sweep::parse_price_data(read_file(out), out);
    if (known.library_hash == data.library_hash && known.clock_mhz == data.clock_mhz) data.points = std::move(known.points);
  }
  const int most = std::max(fit, hold_out);
  for (int i = 0; i < most; ++i)
    for (const PointKind kind : {PointKind::kFit, PointKind::kHoldOut}) {
      if (i >= (kind == PointKind::kFit ? fit : hold_out) || has(data, kind, i)) continue;
      try {
        data.points.push_back(sweep::measure_price_point(kind, i, library, choice.clock_mhz));
      } catch (const Error& error) {
        fmt::print(stderr, "{} {}: {}\n", kind == PointKind::kFit ? "fit" : "hold-out", i, error.what());
        continue;
      }
      write_file_atomically(out, sweep::to_json(data));
      fmt::print("{} {} of {}\n", kind == PointKind::kFit ? "fit" : "hold-out", i + 1, kind == PointKind::kFit ? fit : hold_out);
      std::fflush(stdout);
    }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Synthesises the points that the price model of a library is fitted to and judged by", "measure_price");
  std::string library = "osu018", pdk = "../shared/pdk", out;
  int fit = 60, hold_out = 40;
  app.add_option("--library", library, "osu018, sky130 or asap7")->capture_default_str();
  app.add_option("--pdk", pdk, "Folder that holds sky130 and asap7")->capture_default_str();
  app.add_option("--fit", fit, "Points to fit to")->capture_default_str();
  app.add_option("--hold-out", hold_out, "Points to judge by")->capture_default_str();
  app.add_option("--out", out, "Data file, extended by the points it lacks")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    return run(library, pdk, out, fit, hold_out);
  } catch (const Error& error) {
    fmt::print(stderr, "measure_price: {}\n", error.what());
    return error.exit_code();
  }
}
