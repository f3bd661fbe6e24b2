// The scale unit: zero points, the drain schedule, and the lanes' overflow assertion. Lockstep with the model is in array_test.cpp.
#include "gen/scale_unit.h"

#include <catch2/catch.hpp>
#include <random>

#include "gen/array_lane.h"
#include "isa/timing/compute_timing.h"
#include "tests/gen/compute_bench.h"

namespace lutra::tests {

TEST_CASE("the zero point is acc - z' S modulo 2^32 for every z'") {
  const ArchConfig config = variant("tiny", {});
  const std::string shell =
      "module zero_point_shell (input wire clk_i, input wire [23:0] acc_i, input wire [31:0] sum_i, input wire [9:0] zero_i,\n"
      "  output reg [31:0] value_o);\n  wire [31:0] value;\n"
      "  lutra_zero_point i_zero_point (.acc_i(acc_i), .sum_i(sum_i), .zero_i(zero_i), .value_o(value));\n"
      "  always @(posedge clk_i) value_o <= value;\nendmodule\n";
  const auto module = cosim::VerilatedModule::build(
      {{"zero_point_shell.v", shell}, {"lutra_zero_point.v", gen::emit_zero_point(config, Geometry(config))}}, "zero_point_shell");
  std::mt19937 random(1);
  for (int zero = -512; zero < 512; ++zero) {
    for (int i = 0; i < 8; ++i) {
      const std::uint32_t sum = i == 0 ? 0x80000000U : i == 1 ? 0xFFFFFFFFU : static_cast<std::uint32_t>(random());
      const std::uint32_t acc = static_cast<std::uint32_t>(random()) & 0xFFFFFFU;
      module->port("acc_i").set(acc);
      module->port("sum_i").set(sum);
      module->port("zero_i").set(static_cast<std::uint32_t>(zero) & 0x3FFU);
      module->tick();
      const std::uint32_t extended = (acc & 0x800000U) != 0 ? acc | 0xFF000000U : acc;
      REQUIRE(module->port("value_o").get() == static_cast<std::uint32_t>(extended - static_cast<std::uint32_t>(zero) * sum));
    }
  }
}

TEST_CASE("short segments wait for the drain credit") {
  const ArchConfig config = variant("edge_w2a8", {});
  const Geometry geometry(config);
  BenchOptions options;
  options.grant = 100;
  ComputeBench bench(config, 1, options);
  bench.fill_random();
  // Five segments of one step: each but the first waits until the one before it is drained. Two rows of 16 are eight words.
  bench.push(model::ArrayCommand{1, 0, 0, 0, 5, 2, 0, 0, 1, true, true, false, 1, 0, 0, 0});
  bench.drain();
  const int period = timing::credit_delay(config, 8);
  CHECK(period == 11);
  REQUIRE(bench.retired().size() == 1);
  CHECK(bench.retired()[0].first == 2 + 4 * period + timing::array_retire_delay(config, 8));
}

TEST_CASE("an accumulator that overflows is reported in simulation") {
  const ArchConfig config = variant("tiny", {});
  cosim::BuildOptions options;
  options.defines = {"LUTRA_ASSERT"};
  const auto lane =
      cosim::VerilatedModule::build({{"lutra_array_lane.v", gen::emit_array_lane(config, Geometry(config))}}, "lutra_array_lane", options);
  lane->port("table_i").set(0xFF | (0xFFULL << 18));  // entry 0 of both tables: 255
  lane->port("select_i").set(0x5);
  lane->port("negate_i").set(0);
  lane->port("shift_i").set(13);
  lane->port("capture_i").set(1);
  lane->tick();
  lane->port("step_i").set(1);
  lane->port("clear_i").set(1);
  lane->tick();  // 510 * 2^13 fits 24 bits
  CHECK(lane->port("result_o").get() == 510 << 13);
  lane->port("clear_i").set(0);
  lane->tick();  // so does twice as much
  CHECK(lane->port("result_o").get() == 1020 << 13);
  CHECK_THROWS(lane->tick());  // three times do not
}

}  // namespace lutra::tests
