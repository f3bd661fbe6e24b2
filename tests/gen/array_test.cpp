// The array with builder and scale unit: Verilog and model agree at every edge; results are plain dot products.
#include "gen/array.h"

#include <catch2/catch.hpp>
#include <random>

#include "sim/model/lane_kernels.h"
#include "tests/gen/compute_bench.h"

namespace lutra::tests {
namespace {

void lockstep(const ArchConfig& config, std::uint64_t seed, const BenchOptions& options, int cycles) {
  ComputeBench bench(config, seed, options);
  bench.fill_random();
  bench.run(cycles);
  bench.drain();
}

BenchOptions calm() { return {}; }
BenchOptions racing() {
  BenchOptions o;
  o.write = 10;
  o.read_tile = 10;
  o.race = true;
  return o;
}
BenchOptions stopping() {
  BenchOptions o = racing();
  o.stop_every = 97;
  return o;
}
BenchOptions dense() {
  BenchOptions o;
  o.command = 100;
  o.grant = 100;
  o.max_ksteps = 4;
  return o;
}

}  // namespace

TEST_CASE("array, builder and scale unit agree with their models on every configuration") {
  const std::vector<std::pair<std::string, std::map<char, int>>> variants = {
      {"tiny", {}},
      {"tiny", {{'R', 0}, {'K', 1}, {'G', 3}, {'O', 4}, {'B', 3}}},
      {"tiny", {{'R', 2}, {'K', 3}, {'G', 3}, {'P', 2}, {'M', 4}, {'O', 1}, {'B', 3}}},
      {"tiny", {{'R', 1}, {'K', 4}, {'G', 1}, {'P', 3}, {'M', 1}, {'O', 4}}},
      {"tiny", {{'R', 2}, {'K', 5}, {'G', 2}, {'N', 2}, {'B', 2}, {'M', 3}, {'A', 32}}},
      {"tiny", {{'R', 0}, {'K', 6}, {'G', 5}, {'N', 2}, {'B', 1}, {'P', 2}, {'A', 21}}},
  };
  for (const auto& [file, changes] : variants) {
    std::string name = file;
    for (const auto& [key, value] : changes) name += std::string(" ") + key + std::to_string(value);
    DYNAMIC_SECTION(name) {
      const ArchConfig config = variant(file, changes);
      lockstep(config, 1, calm(), 3000);
      lockstep(config, 2, racing(), 6000);
      lockstep(config, 3, stopping(), 6000);
      lockstep(config, 4, dense(), 3000);
    }
  }
}

TEST_CASE("every option of array and tables agrees with the model") {
  struct Variant {
    std::map<char, int> sizes;
    std::map<std::string, std::string> fields;
  };
  const std::vector<Variant> variants = {
      {{{'K', 4}, {'G', 3}, {'B', 3}}, {{"table.form", "parity"}}},
      {{{'K', 3}, {'G', 2}, {'P', 3}, {'R', 2}, {'M', 3}}, {{"table.form", "parity"}, {"array.adder", "ripple"}}},
      {{{'K', 1}, {'G', 4}, {'R', 0}, {'N', 2}}, {{"table.form", "parity"}, {"array.decoder", "lane"}}},
      {{{'K', 5}, {'G', 1}, {'R', 1}, {'P', 2}}, {{"array.adder", "ripple"}, {"array.decoder", "lane"}}},
      {{{'K', 3}, {'G', 2}, {'R', 0}}, {{"array.combine", "horner"}}},
      {{{'K', 4}, {'G', 4}, {'R', 2}, {'B', 2}}, {{"array.combine", "horner"}, {"table.form", "parity"}, {"table.storage", "rebuilt"}}},
      {{{'K', 2}, {'G', 3}, {'R', 1}, {'M', 3}}, {{"table.storage", "rebuilt"}}},
      {{{'K', 2}, {'G', 2}, {'R', 1}, {'A', 27}}, {{"array.activations", "int16"}}},
      {{{'K', 4}, {'G', 2}, {'R', 2}, {'A', 32}, {'P', 2}}, {{"array.activations", "int16"}, {"table.form", "parity"}}},
      {{{'K', 2}, {'G', 2}, {'R', 1}, {'M', 3}}, {{"scale.unit", "float"}, {"scale.registers", "1"}}},
      {{{'K', 2}, {'G', 1}, {'R', 0}, {'O', 4}, {'M', 1}}, {{"scale.unit", "float"}, {"scale.registers", "3"}, {"axi.data_bits", "128"}}},
      {{{'K', 1}, {'G', 5}}, {{"table.kind", "ternary"}}},
      {{{'K', 2}, {'G', 4}, {'P', 2}, {'R', 2}}, {{"table.kind", "ternary"}, {"array.decoder", "lane"}}},
      {{{'K', 3}, {'G', 2}, {'B', 2}, {'R', 0}}, {{"table.kind", "ternary"}, {"array.combine", "horner"}}},
      {{{'K', 4}, {'G', 1}, {'N', 2}, {'A', 30}},
       {{"table.kind", "ternary"}, {"array.activations", "int16"}, {"table.storage", "rebuilt"}}},
      {{{'K', 4}, {'G', 2}, {'B', 2}, {'R', 1}}, {{"table.mode", "quantised"}, {"table.group", "16"}, {"scale.unit", "float"}}},
      {{{'K', 2}, {'G', 3}, {'B', 1}, {'R', 2}, {'M', 3}, {'A', 28}},
       {{"table.mode", "quantised"},
        {"table.group", "6"},
        {"table.scale", "power_of_two"},
        {"scale.unit", "float"},
        {"array.combine", "horner"},
        {"array.activations", "int16"}}},
      {{{'K', 3}, {'G', 2}, {'B', 1}, {'R', 0}, {'M', 1}},
       {{"table.mode", "quantised"}, {"table.group", "12"}, {"table.kind", "ternary"}, {"scale.unit", "float"}, {"scale.registers", "1"}}},
      {{{'K', 1}, {'G', 2}, {'B', 2}, {'M', 3}},
       {{"table.mode", "quantised"}, {"table.group", "8"}, {"scale.unit", "float"}, {"scale.registers", "3"}}},
      {{{'K', 4}, {'G', 2}, {'B', 1}, {'R', 1}, {'A', 32}},
       {{"table.mode", "aligned"},
        {"table.group", "32"},
        {"array.activations", "fp16"},
        {"table.form", "parity"},
        {"scale.unit", "float"}}},
      {{{'K', 2}, {'G', 2}, {'B', 2}, {'R', 2}, {'M', 3}, {'A', 32}},
       {{"table.mode", "aligned"},
        {"table.group", "4"},
        {"table.mantissa_bits", "14"},
        {"array.activations", "bf16"},
        {"scale.unit", "float"},
        {"scale.zeros", "float"},
        {"scale.registers", "2"}}},
      {{{'K', 3}, {'G', 1}, {'B', 1}, {'R', 0}, {'M', 1}, {'A', 32}},
       {{"table.mode", "aligned"},
        {"table.group", "6"},
        {"table.mantissa_bits", "5"},
        {"array.activations", "fp8_e4m3"},
        {"scale.unit", "float"}}},
      {{{'K', 2}, {'G', 2}, {'B', 2}, {'A', 32}},
       {{"table.mode", "aligned"},
        {"table.group", "8"},
        {"table.mantissa_bits", "4"},
        {"array.activations", "fp8_e5m2"},
        {"scale.unit", "float"},
        {"table.kind", "ternary"}}},
      {{{'K', 2}, {'G', 2}, {'R', 1}, {'M', 3}}, {{"scale.unit", "float"}, {"scale.registers", "2"}, {"scale.zeros", "float"}}},
      {{{'K', 4}, {'G', 1}, {'B', 1}, {'R', 1}, {'N', 4}, {'A', 32}},
       {{"table.mode", "float"}, {"array.activations", "fp16"}, {"scale.unit", "float"}, {"scale.registers", "2"}}},
      {{{'K', 1}, {'G', 1}, {'B', 1}, {'R', 0}, {'N', 4}, {'M', 3}, {'A', 32}},
       {{"table.mode", "float"},
        {"array.activations", "fp8_e4m3"},
        {"scale.unit", "float"},
        {"scale.registers", "1"},
        {"scale.zeros", "float"}}},
      {{{'K', 3}, {'G', 1}, {'B', 1}, {'R', 2}, {'N', 2}, {'O', 2}, {'M', 1}, {'A', 32}},
       {{"table.mode", "float"},
        {"array.activations", "bf16"},
        {"scale.unit", "float"},
        {"scale.registers", "3"},
        {"array.decoder", "lane"}}},
      {{{'K', 3}, {'G', 1}, {'B', 1}, {'R', 2}, {'N', 2}, {'O', 2}, {'A', 32}},
       {{"table.mode", "float"},
        {"table.kind", "ternary"},
        {"array.activations", "fp8_e5m2"},
        {"scale.unit", "float"},
        {"scale.registers", "1"},
        {"scale.zeros", "float"}}},
  };
  for (const auto& [sizes, fields] : variants) {
    std::string name;
    for (const auto& [key, value] : sizes) name += std::string(" ") + key + std::to_string(value);
    for (const auto& [key, value] : fields) name += " " + value;
    DYNAMIC_SECTION(name) {
      const ArchConfig config = variant("tiny", sizes, fields);
      lockstep(config, 1, calm(), 2000);
      lockstep(config, 2, racing(), 4000);
      lockstep(config, 3, stopping(), 3000);
      lockstep(config, 4, dense(), 1500);
    }
  }
}

TEST_CASE("array, builder and scale unit of the edge configuration agree with their models") {
  const ArchConfig config = variant("edge_w2a8", {});
  lockstep(config, 5, calm(), 1500);
  lockstep(config, 6, racing(), 2000);
  lockstep(config, 7, stopping(), 1000);
}

TEST_CASE("a tile is the product of activations and weights, with zero points taken off") {
  const ArchConfig config = variant("edge_w2a8", {});
  const Geometry geometry(config);
  ComputeBench bench(config, 11);
  std::mt19937 random(5);
  const int rows = 2, ksteps = 6, segment = 2, planes = 3, columns = config.array.columns, depth = ksteps * geometry.kstep;
  std::vector<std::vector<int>> a(rows, std::vector<int>(static_cast<std::size_t>(depth))), q(static_cast<std::size_t>(columns), a[0]);
  for (auto& row : a)
    for (int& v : row) v = static_cast<int>(random() % 256) - 128;
  for (auto& column : q)
    for (int& v : column) v = static_cast<int>(random() % 8);
  for (int r = 0; r < rows; ++r) {
    for (int k = 0; k < ksteps; ++k) {
      std::vector<std::int8_t> word;
      for (int i = 0; i < geometry.kstep; ++i)
        word.push_back(static_cast<std::int8_t>(a[static_cast<std::size_t>(r)][static_cast<std::size_t>(k * geometry.kstep + i)]));
      bench.set_activation(r * 20 + k, word);
    }
  }
  const int inputs = config.array.table_inputs;
  for (int k = 0; k < ksteps; ++k) {
    for (int p = 0; p < planes; ++p) {
      Bits word(static_cast<std::size_t>(geometry.weight.word_bits / 8));
      for (int n = 0; n < columns; ++n) {
        for (int i = 0; i < geometry.kstep; ++i) {
          const auto digit = [&](int j) {
            return (q[static_cast<std::size_t>(n)][static_cast<std::size_t>(k * geometry.kstep + j)] >> p) & 1;
          };
          const int top = i / inputs * inputs + inputs - 1;
          const int bit = i == top || digit(top) == 1 ? digit(i) : 1 - digit(i);  // folded
          const int at = n * geometry.kstep + i;
          word[static_cast<std::size_t>(at / 8)] = static_cast<std::uint8_t>(word[static_cast<std::size_t>(at / 8)] | (bit << (at % 8)));
        }
      }
      bench.set_weight(k * planes + p, word);
    }
  }
  std::vector<std::vector<int>> zero(3, std::vector<int>(static_cast<std::size_t>(columns)));
  const int outputs = config.scale.outputs_per_cycle;
  for (int s = 0; s < 3; ++s) {
    for (int n = 0; n < columns; ++n) {
      zero[static_cast<std::size_t>(s)][static_cast<std::size_t>(n)] = static_cast<int>(random() % 15) - 7;
      bench.set_parameter(s * columns / outputs + n / outputs, n % outputs, zero[static_cast<std::size_t>(s)][static_cast<std::size_t>(n)]);
    }
  }
  bench.push(model::BuildCommand{1, 0, 0, 0, ksteps, rows, 20});
  bench.drain();
  bench.push(model::ArrayCommand{1, 0, 0, 0, ksteps, rows, 1, 0, segment, true, true, false, planes, 0x210, 2, 0});
  bench.drain();
  for (int m = 0; m < rows; ++m) {
    for (int n = 0; n < columns; ++n) {
      std::int64_t expected = 0;
      for (int i = 0; i < depth; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const int reinterpreted = 2 * q[static_cast<std::size_t>(n)][at] - 7;
        expected += a[static_cast<std::size_t>(m)][at] *
                    (reinterpreted - zero[at / static_cast<std::size_t>(segment * geometry.kstep)][static_cast<std::size_t>(n)]);
      }
      INFO("row " << m << " column " << n);
      CHECK(bench.output(1, m, n) == expected);
    }
  }
}

TEST_CASE("the inner loops of the values give the same numbers on every CPU") {
  const model::LaneKernels &fast = model::lane_kernels(), &portable = model::portable_lane_kernels();
  std::mt19937 random(3);
  std::vector<model::Digits> digits(256);
  for (unsigned byte = 0; byte < 256; ++byte)
    for (unsigned bit = 0; bit < 8; ++bit) digits[byte].value[bit] = static_cast<std::int16_t>((byte >> bit) & 1U);
  for (const int planes : {1, 2, 3, 8}) {
    for (const int bytes : {1, 3, 4, 17}) {
      std::vector<std::vector<std::uint8_t>> words(static_cast<std::size_t>(planes),
                                                   std::vector<std::uint8_t>(static_cast<std::size_t>(bytes)));
      std::vector<const std::uint8_t*> from;
      std::vector<std::int16_t> factor, a(static_cast<std::size_t>(8 * bytes)), b = a, activations = a;
      for (auto& word : words) {
        for (std::uint8_t& byte : word) byte = static_cast<std::uint8_t>(random());
        from.push_back(word.data());
        factor.push_back(static_cast<std::int16_t>(1 << factor.size()));
      }
      for (std::int16_t& v : activations) v = static_cast<std::int8_t>(random());
      fast.expand(digits.data(), from.data(), factor.data(), planes, bytes, a.data());
      portable.expand(digits.data(), from.data(), factor.data(), planes, bytes, b.data());
      CHECK(a == b);
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * activations[i];
      CHECK(fast.dot(a.data(), activations.data(), static_cast<std::int64_t>(a.size())) == sum);
      CHECK(portable.dot(a.data(), activations.data(), static_cast<std::int64_t>(a.size())) == sum);
    }
  }
}

}  // namespace lutra::tests
