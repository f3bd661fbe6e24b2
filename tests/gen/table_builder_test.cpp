// The table builder: its arithmetic and its schedule. Lockstep with the model is in array_test.cpp.
#include "gen/table_builder.h"

#include <catch2/catch.hpp>

#include "isa/timing/compute_timing.h"
#include "tests/gen/compute_bench.h"

namespace lutra::tests {
namespace {

std::string table_text(int inputs) {
  const ArchConfig config = variant("tiny", {{'K', inputs}});
  return gen::emit_table(config, Geometry(config));
}

}  // namespace

TEST_CASE("a table of K activations takes few adders") {
  CHECK(table_text(1).find("// 0 adders.") != std::string::npos);
  CHECK(table_text(2).find("// 2 adders.") != std::string::npos);
  CHECK(table_text(3).find("// 5 adders.") != std::string::npos);
  CHECK(table_text(4).find("// 11 adders.") != std::string::npos);
}

TEST_CASE("a table of trits takes an adder a sum that is not an activation itself") {
  const int adders[] = {0, 2, 10, 36};
  for (int inputs = 1; inputs <= 4; ++inputs) {
    const ArchConfig config = variant("tiny", {{'K', inputs}}, {{"table.kind", "ternary"}});
    CHECK(gen::emit_table(config, Geometry(config)).find("// " + std::to_string(adders[inputs - 1]) + " adders.") != std::string::npos);
  }
}

TEST_CASE("a build retires three cycles after its last slot") {
  const ArchConfig config = variant("tiny", {});
  BenchOptions options;
  options.grant = 100;
  ComputeBench bench(config, 1, options);
  bench.fill_random();
  bench.push(model::BuildCommand{1, 0, 3, 5, 4, 2, 8});
  bench.drain();
  REQUIRE(bench.retired().size() == 1);
  // Pushed at edge 0, at the queue's head and started at 1; four k-steps of two rows, two tables each, one a cycle.
  CHECK(bench.retired()[0].first == 1 + 16 + 3);
  CHECK(timing::build_retire_delay(config, Geometry(config), 4, 2) == 19);
}

TEST_CASE("a build wraps around the ends of both buffers") {
  const ArchConfig config = variant("tiny", {});
  const Geometry geometry(config);
  ComputeBench bench(config, 2);
  bench.fill_random();
  bench.push(model::BuildCommand{1, 0, geometry.activation.words - 1, config.buffer.table_words - 2, 6, 2, 7});
  bench.drain();
  for (int k = 0; k < 6; ++k)
    for (int i = 0; i < geometry.kstep; ++i)
      CHECK(bench.pads().table.word(config.buffer.table_words - 2 + k)[i] ==
            bench.pads().activation.word(geometry.activation.words - 1 + k)[i]);
}

}  // namespace lutra::tests
