// The buffers: what the table builder writes, by groups and rows, is what the array reads; old data on a collision.
#include "gen/buffers.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <vector>

#include "gen/rtl_files.h"
#include "sim/cosim/verilated_module.h"
#include "tests/gen/dma_configs.h"

namespace {

using lutra::ArchConfig;
using lutra::Geometry;
using lutra::cosim::PortRef;
using lutra::cosim::VerilatedModule;

std::unique_ptr<VerilatedModule> build_buffers(const ArchConfig& config, const Geometry& geometry) {
  std::vector<lutra::gen::EmittedFile> files = {{"lutra_buffers.v", lutra::gen::emit_buffers(config, geometry)}};
  for (const auto& file : lutra::gen::rtl_files()) {
    if (file.name == "lutra_sram.v") files.push_back(file);
  }
  return VerilatedModule::build(files, "lutra_buffers");
}

bool bit(const std::uint8_t* bytes, int i) { return (bytes[i / 8] >> (i % 8)) & 1; }

std::vector<bool> random_bits(std::mt19937& random, PortRef port) {
  std::vector<bool> bits(static_cast<std::size_t>(port.bits()));
  std::memset(port.bytes(), 0, static_cast<std::size_t>(port.byte_count()));
  for (std::size_t i = 0; i < bits.size(); ++i) {
    bits[i] = random() & 1U;
    port.bytes()[i / 8] |= static_cast<std::uint8_t>(bits[i] << (i % 8));
  }
  return bits;
}

}  // namespace

TEST_CASE("table words hold groups and sums where the contract says, and a read sees what was there before a write at its edge") {
  for (const ArchConfig& config : lutra::test::dma_configs()) {
    const Geometry geometry(config);
    INFO(config.name);
    auto module = build_buffers(config, geometry);
    module->port("rst_ni").set(1);
    const int rows = config.array.rows;
    const int groups = config.array.tables_per_lane / config.table.builder_tables;
    const int group_bits = geometry.table_row_bits / groups;
    std::vector<std::vector<bool>> words(static_cast<std::size_t>(config.buffer.table_words),
                                         std::vector<bool>(static_cast<std::size_t>(geometry.table_word_bits)));
    std::mt19937 random(4);
    std::vector<bool> shown(static_cast<std::size_t>(geometry.table_word_bits));
    int wrong = 0;
    for (int cycle = 0; cycle < 2000; ++cycle) {
      const std::size_t write = random() % 8;
      const std::size_t read = random() % 8;
      const bool read_now = random() % 4 != 0;
      const auto enables = random_bits(random, module->port("twr_en_i"));
      const auto sum_enables = random_bits(random, module->port("twr_sen_i"));
      const auto tables = random_bits(random, module->port("twr_tables_i"));
      const auto sum = random_bits(random, module->port("twr_sum_i"));
      module->port("twr_addr_i").set(write);
      module->port("trd_addr_i").set(read);
      module->port("trd_en_i").set(read_now);
      module->tick();
      if (read_now) shown = words[read];
      for (int g = 0; g < rows * groups; ++g) {
        for (int i = 0; enables[static_cast<std::size_t>(g)] && i < group_bits; ++i)
          words[write][static_cast<std::size_t>(g * group_bits + i)] = tables[static_cast<std::size_t>(i)];
      }
      for (int r = 0; r < rows; ++r) {
        const int at = rows * groups * group_bits + r * geometry.sum_bits;
        for (int i = 0; sum_enables[static_cast<std::size_t>(r)] && i < geometry.sum_bits; ++i)
          words[write][static_cast<std::size_t>(at + i)] = sum[static_cast<std::size_t>(i)];
      }
      for (int i = 0; i < geometry.table_word_bits; ++i)
        wrong += bit(module->port("trd_data_o").bytes(), i) != shown[static_cast<std::size_t>(i)];
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("the store unit's read waits while the scale unit reads") {
  const ArchConfig config = lutra::test::tiny_config();
  auto module = build_buffers(config, Geometry(config));
  module->port("osr_en_i").set(1);
  module->port("ocr_en_i").set(1);
  module->eval();
  CHECK(module->port("osr_gnt_o").get() == 0);
  module->port("ocr_en_i").set(0);
  module->eval();
  CHECK(module->port("osr_gnt_o").get() == 1);
}
