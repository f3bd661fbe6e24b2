// From power-on in four states: what a core does not reset never shows at its ports.
#include <catch2/catch.hpp>

#include "gen/generator.h"
#include "isa/file.h"
#include "isa/geometry.h"
#include "isa/schema.h"
#include "sim/process/process.h"
#include "tests/gen/power_on/power_on_bench.h"
#include "tests/isa/temporary_directory.h"
#include "tests/shipped_config.h"

namespace lutra::test {

using namespace regression;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// What the bench prints of three tiles on the smallest core with these fields; `from` is replaced by `to` in its files.
std::string run_bench(const Fields& fields = {}, const std::string& from = "", const std::string& to = "") {
  ArchConfig config = test::shipped_config("tiny");
  for (const auto& [key, value] : fields) set_field(config, key, value);
  validate(config);
  const Product product = matrix_product(config, 3, 8, 2, 1, Geometry(config).scaled ? 4 : 0, 1);
  const gen::Design design = gen::generate(config);
  const TemporaryDirectory folder;
  // With SYNTHESIS defined an SRAM is not cleared before the first clock: it powers up unknown, like a macro.
  std::vector<std::string> compile = {"iverilog", "-g2005", "-Wall", "-Wno-timescale", "-DSYNTHESIS",
                                      "-s",       "bench",  "-o",    "bench.vvp",      "bench.v"};
  for (const gen::EmittedFile& f : design.files) {
    std::string text = f.text;
    if (const std::size_t at = from.empty() ? std::string::npos : text.find(from); at != std::string::npos)
      text.replace(at, from.size(), to);
    write_file_atomically(folder.file(f.name), text);
    compile.push_back(f.name);
  }
  write_file_atomically(folder.file("bench.v"), power_on_bench(config, product));
  write_file_atomically(folder.file("memory.hex"), memory_text(config, product));
  const std::string warnings = run_checked("compiling the bench", compile, folder.file("."));
  CHECK(warnings.empty());
  return run_checked("running the bench", {"vvp", "-n", "bench.vvp"}, folder.file("."));
}

}  // namespace

TEST_CASE("from power-on a program runs to its right end and nothing unknown leaves the core") {
  const std::string output = run_bench();
  CHECK(output == "bench: done, 0 unknown, 12 beats written\n");
}

TEST_CASE("cores with scales and with other kinds of tables power up as well") {
  const std::pair<std::string, std::string> scaled{"scale.unit", "float"}, group{"table.group", "16"};
  for (const Fields& fields : {Fields{scaled, group, {"table.mode", "quantised"}, {"scale.zeros", "float"}, {"scale.registers", "1"}},
                               Fields{scaled,
                                      group,
                                      {"table.mode", "aligned"},
                                      {"array.activations", "fp8_e4m3"},
                                      {"array.accumulator_bits", "26"},
                                      {"table.form", "parity"},
                                      {"table.storage", "latches"}},
                               Fields{scaled,
                                      group,
                                      {"table.mode", "quantised"},
                                      {"table.scale", "power_of_two"},
                                      {"table.kind", "ternary"},
                                      {"table.storage", "flops"},
                                      {"array.combine", "horner"}},
                               Fields{scaled,
                                      {"table.mode", "float"},
                                      {"array.activations", "fp8_e5m2"},
                                      {"array.tables_per_lane", "1"},
                                      {"table.builder_tables", "1"},
                                      {"array.accumulator_bits", "32"},
                                      {"scale.zeros", "float"}}}) {
    std::string text;
    for (const auto& [key, value] : fields) text += key + "=" + value + " ";
    INFO(text);
    CHECK(run_bench(fields) == "bench: done, 0 unknown, 12 beats written\n");
  }
}

TEST_CASE("the bench sees a register that is never set, and a wrong output") {
  CHECK_THAT(run_bench({}, "assign s_axil_rvalid_o = r_q;", "reg forgotten_q;\n  assign s_axil_rvalid_o = r_q | forgotten_q;"),
             Catch::Contains("unknown handshake"));
  CHECK_THAT(run_bench({}, "negate[g] = ~weight", "negate[g] = weight"), Catch::Contains("output 0 is"));
}

}  // namespace lutra::test
