// Packed tensors: every bit where docs/microarchitecture.md says it is, and back.
#include "workloads/layout.h"

#include <catch2/catch.hpp>
#include <random>

#include "isa/error.h"

using namespace lutra;
using namespace lutra::workloads;

namespace {

ArchConfig machine(int rows, int columns, int inputs, int tables, int planes, int data_bits) {
  ArchConfig a;
  a.array = {rows, columns, inputs, tables, planes, 24, 1};
  a.scale.outputs_per_cycle = 2;
  a.axi.data_bits = data_bits;
  return a;
}

template <typename T>
std::vector<T> random_values(std::size_t count, int low, int high, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<T> values(count);
  for (T& v : values) v = static_cast<T>(std::uniform_int_distribution<int>(low, high)(random));
  return values;
}

}  // namespace

TEST_CASE("one table of four weights is folded by its top bit") {
  // One column, one table of four, one plane: word = 4 bits; k = 3 is the sign.
  const GemmLayout layout(machine(1, 1, 4, 1, 1, 64), {1, 1, 8, parse_weight_format("binary")}, 2);
  std::vector<std::uint8_t> out(static_cast<std::size_t>(layout.weight_tile_bytes));
  pack_weight_tile(layout, std::vector<std::uint8_t>{1, 0, 1, 1, /* top 0: */ 1, 0, 1, 0}, out);
  CHECK(layout.weight_word_bytes == 1);
  CHECK(out[0] == 0b1101);
  CHECK(out[1] == 0b0010);  // low bits 101 inverted, sign 0
}

TEST_CASE("planes of one cycle lie inside a column, later ones in the next word") {
  const GemmLayout layout(machine(1, 2, 2, 1, 2, 64), {1, 2, 2, parse_weight_format("odd3")}, 1);
  CHECK(layout.plane_groups == 2);
  std::vector<std::uint8_t> out(static_cast<std::size_t>(layout.weight_tile_bytes));
  // Column 0: k0 = 0b011, k1 = 0b101. Column 1: zeros with top bits 0 fold to low bits 1.
  pack_weight_tile(layout, std::vector<std::uint8_t>{0b011, 0b101, 0, 0}, out);
  CHECK((out[0] & 0x03) == 0b11);         // plane 0: k0 1, k1 (sign) 1
  CHECK(((out[0] >> 2) & 0x03) == 0b00);  // plane 1: k0 1 folded to 0, k1 0
  CHECK((out[0] >> 4) == 0b0101);         // column 1
  CHECK((out[1] & 0x03) == 0b10);         // plane 2: k0 0, k1 1; the second plane of the last group is empty
}

TEST_CASE("weights come back from every layout") {
  unsigned seed = 0;
  for (const ArchConfig& arch : {machine(2, 4, 2, 2, 1, 64), machine(2, 16, 4, 8, 1, 512), machine(1, 8, 3, 5, 2, 128),
                                 machine(2, 4, 1, 8, 3, 256), machine(4, 2, 6, 4, 8, 64)}) {
    for (const char* format : {"ternary", "int4", "int8", "odd3"}) {
      const WeightFormat type = parse_weight_format(format);
      const long long outputs = arch.array.columns - 1, depth = 3LL * arch.array.table_inputs * arch.array.tables_per_lane + 1;
      for (const int chunk : {1, 2, 4}) {
        const GemmLayout layout(arch, {3, outputs, depth, type}, chunk);
        const auto codes = random_values<std::uint8_t>(static_cast<std::size_t>(outputs * depth), 0, (1 << type.bits) - 1, ++seed);
        std::vector<std::uint8_t> tile(static_cast<std::size_t>(layout.weight_tile_bytes));
        pack_weight_tile(layout, codes, tile);
        for (int n = 0; n < outputs; ++n) {
          const auto column = unpack_weight_column(layout, tile, n);
          CHECK(std::equal(column.begin(), column.end(), codes.begin() + n * depth));
        }
      }
    }
  }
}

TEST_CASE("chunks of weights begin at beats") {
  const GemmLayout layout(machine(2, 4, 2, 2, 1, 64), {1, 4, 40, parse_weight_format("odd3")}, 3);  // 3 words of 2 bytes a k-step
  CHECK(layout.weight_word_bytes == 2);
  CHECK(layout.weight_chunk_bytes == 24);  // 18 bytes of words
  CHECK(layout.ksteps == 10);
  CHECK(layout.weight_tile_bytes == 3 * 24 + 8);
}

TEST_CASE("activations come back, and padding rows and k are zero") {
  const ArchConfig arch = machine(2, 4, 3, 5, 1, 128);
  const GemmLayout layout(arch, {5, 4, 40, parse_weight_format("int2")}, 1);
  CHECK(layout.activation_pitch == 48);
  CHECK(layout.m_tiles * layout.tile_rows == 6);
  const auto values = random_values<std::int16_t>(200, -128, 127, 1);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(layout.activation_bytes), 0xEE);
  pack_activations(layout, values, bytes);
  CHECK((unpack_activations(layout, bytes) == values));
  CHECK(std::all_of(bytes.begin() + 5 * 48, bytes.end(), [](std::uint8_t b) { return b == 0; }));
  CHECK(bytes[15] == 0);  // a k-step of 15 values in 16 bytes
}

TEST_CASE("one tile of tokens is not padded") {
  const GemmLayout layout(machine(4, 4, 2, 2, 1, 64), {3, 4, 8, parse_weight_format("int2")}, 1);
  CHECK(layout.tile_rows == 3);
  CHECK(layout.activation_bytes == 3 * 8);
}

TEST_CASE("zero points lie by chunk, segment and column") {
  ArchConfig arch = machine(2, 4, 2, 2, 1, 64);  // k-step 4, two z' a word of 4 bytes
  const GemmLayout layout(arch, {1, 6, 24, parse_weight_format("uint2_g8")}, 4);
  CHECK(layout.segment_ksteps == 2);
  CHECK(layout.chunks == 2);
  CHECK(layout.chunk_parameter_bytes == 16);
  const auto zeros = random_values<std::int16_t>(2 * 3, -3, 3, 2);
  std::vector<std::uint8_t> bytes(32);
  pack_parameter_tile(layout, zeros, bytes);
  const auto at = [&bytes](int chunk, int segment, int column) {
    const auto byte = static_cast<std::size_t>(chunk * 16 + segment * 8 + column * 2);
    return static_cast<std::int16_t>(bytes[byte] | bytes[byte + 1] << 8);
  };
  CHECK(at(0, 0, 0) == zeros[0]);
  CHECK(at(0, 1, 1) == zeros[4]);
  CHECK(at(1, 0, 1) == zeros[5]);
  CHECK(at(0, 0, 2) == 1);  // a column that is not there
}

TEST_CASE("segments that do not fit k-steps or chunks are refused") {
  const ArchConfig arch = machine(2, 4, 3, 5, 1, 128);
  CHECK_THROWS_WITH(segment_ksteps(arch, {1, 4, 256, parse_weight_format("uint4_g128")}), Catch::Contains("15"));
  CHECK(segment_ksteps(arch, {1, 4, 100, parse_weight_format("uint4_g128")}) == 0);
  CHECK_THROWS_AS(GemmLayout(arch, {1, 4, 300, parse_weight_format("uint4_g60")}, 3), Error);
  CHECK_THROWS_AS(GemmLayout(arch, {0, 4, 300, parse_weight_format("int4")}, 1), Error);
}
