// Geometries on which the data movers are tested: words narrower and wider than the bus, 64 to 512 bits.
#pragma once

#include <vector>

#include "isa/arch_config.h"
#include "tests/shipped_config.h"

namespace lutra::test {

inline ArchConfig tiny_config() { return test::shipped_config("tiny"); }
inline ArchConfig edge_config() { return test::shipped_config("edge_w2a8"); }

inline std::vector<ArchConfig> dma_configs() {
  ArchConfig wide_words = tiny_config();  // a weight word of 12 bytes or 2 beats, an output row of 8 beats, tiles of 3 rows
  wide_words.name = "wide words";
  wide_words.array.rows = 3;
  wide_words.array.columns = 16;
  wide_words.array.tables_per_lane = 3;
  wide_words.axi.max_burst_beats = 3;
  ArchConfig odd_beats = tiny_config();  // a weight word of 3 beats
  odd_beats.name = "odd beats";
  odd_beats.array.columns = 32;
  odd_beats.array.tables_per_lane = 3;
  odd_beats.axi.max_burst_beats = 256;
  odd_beats.axi.outstanding_reads = 5;
  odd_beats.scale.outputs_per_cycle = 1;
  ArchConfig middle = tiny_config();  // an output row as wide as a beat and an accumulator word
  middle.name = "128 bits";
  middle.axi.data_bits = 128;
  middle.scale.outputs_per_cycle = 4;
  middle.axi.outstanding_reads = 1;
  middle.axi.outstanding_writes = 1;
  middle.buffer.accumulator_tiles = 1;
  middle.control.queue_depth = 1;
  ArchConfig wide_bus = edge_config();
  wide_bus.name = "256 bits";
  wide_bus.axi.data_bits = 256;
  wide_bus.memory.latency_ns = 10;
  return {tiny_config(), edge_config(), wide_words, odd_beats, middle, wide_bus};
}

}  // namespace lutra::test
