// measure_hardware: verifies and prices the designs of the catalogue in one library.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "gen/designs/catalogue.h"
#include "isa/error.h"
#include "isa/file.h"
#include "sim/hardware/measure.h"

int main(int argc, char** argv) {
  CLI::App app("Verifies and prices datapaths.");
  std::vector<std::string> liberties, designs;
  std::string type = "W2";
  double clock = 1000;
  int abits = 8;
  app.add_option("--liberty", liberties)->required();
  app.add_option("--design", designs);
  app.add_option("--weights", type);
  app.add_option("--clock-mhz", clock);
  app.add_option("--abits", abits);
  CLI11_PARSE(app, argc, argv);
  try {
    const lutra::cost::Library library = lutra::cost::read_library(liberties);
    lutra::hardware::Operands o = lutra::hardware::layer_operands(type, abits, 2, 64, 1024, 1);
    if (designs.empty()) designs = lutra::gen::integer_design_names();
    for (const std::string& name : designs) {
      try {
        const auto d = lutra::gen::make_integer_design(name);
        const auto m = lutra::hardware::measure(d, o.ternary && d.weight_class == lutra::gen::WeightClass::kUniform ? lutra::hardware::as_uniform(o) : o, library, clock);
        fmt::print("{:<26} bad {} / {}  area {:.1f} lane {:.1f}  um2/1b {:.3f}  pj/1b {:.5f}  slack {:.0f}  1b/cyc {:.0f} \n", m.design, m.mismatched_bits, m.vectors, m.area_um2, m.lane_area_um2,
                   m.area_um2 / m.one_bit_macs_per_cycle, m.pj_per_mac() / (m.one_bit_macs_per_cycle / m.macs_per_cycle), m.worst_slack_ps, m.one_bit_macs_per_cycle);
        std::fflush(stdout);
      } catch (const lutra::Error& e) {
        fmt::print("{}: {}\n", name, e.what());
      }
    }
  } catch (const lutra::Error& e) {
    std::cerr << e.what() << "\n";
    return e.exit_code();
  }
  return 0;
}
