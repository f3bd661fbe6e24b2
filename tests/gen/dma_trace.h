// What the lockstep bench of the data movers records of the Verilog, edge by edge.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/geometry.h"
#include "sim/memory/memory.h"
#include "sim/model/event.h"
#include "sim/model/unit.h"
#include "tests/gen/dma_bench.h"

namespace lutra::test {

inline constexpr std::uint64_t kWindowLo = 0x1000;
inline constexpr std::uint64_t kWindowHi = 0x20000;

struct DmaEdge {
  // Stimulus.
  bool stop = false;
  bool load_push = false, store_push = false, fetch = false;
  model::LoadCommand load{};
  model::StoreCommand store{};
  std::uint64_t fetch_address = 0;
  int fetch_beats = 0;
  bool load_start = false, store_start = false;
  int read_buffer = -1;  // 0 instruction ... as loads number them
  int read_word = 0;
  bool ocr = false, ocw = false;
  int ocr_word = 0, ocw_word = 0;
  std::vector<std::uint8_t> ocw_data;
  // Answers as sampled at this edge; data of reads as they stand after it.
  bool load_ready = false, store_ready = false, load_req = false, store_req = false;
  std::uint8_t load_mask = 0, store_mask = 0;
  bool load_idle = false, store_idle = false, fetch_ready = false;
  bool rd_beat = false, wr_beat = false;
  std::vector<std::uint8_t> read_data, ocr_data;
};

struct DmaEnd {  // a retirement, trap or end of a fetch
  model::Cycle cycle;
  char kind;  // 'r', 't', 'f'
  int unit;
  std::uint64_t value, address;
  bool operator==(const DmaEnd&) const = default;
};

struct DmaTrace {
  std::vector<DmaEdge> edges;
  std::array<std::vector<model::Event>, static_cast<std::size_t>(model::Channel::kCount)> events;
  std::vector<DmaEnd> ends;
};

memory::MemoryOptions memory_options(const DmaScenario& scenario);
void fill_memory(memory::Image& image, std::uint64_t seed);

/// Runs the Verilog. `memory` ends with what it wrote.
DmaTrace record_dma(const DmaScenario& scenario, memory::Memory& memory);
/// Runs the model over the trace and returns the first difference, or "". Lazily: visits only edges with stimulus and named ones.
std::string replay_dma(const DmaScenario& scenario, const DmaTrace& trace, const memory::Memory& expected, bool lazy, DmaReport& report);

}  // namespace lutra::test
