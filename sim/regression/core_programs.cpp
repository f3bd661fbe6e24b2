// Builds images and programs.
#include "sim/regression/core_programs.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "isa/geometry.h"
#include "sim/regression/golden_rows.h"

namespace lutra::regression {
namespace {

using Rng = std::mt19937_64;

// Digit p of a code: a bit of a binary number, or a trit of a ternary one as 0, 1, 2.
int digit(const Geometry& g, int code, int p) {
  for (; p > 0; --p) code /= g.ternary ? 3 : 2;
  return code % (g.ternary ? 3 : 2);
}

// What digit p of a code multiplies an activation by.
int factor_of(const Geometry& g, int code, int p) { return g.ternary ? digit(g, code, p) - 1 : 2 * digit(g, code, p) - 1; }

// What a lane reads of one table's digits: the stored entry and the sign (docs/microarchitecture.md, "Clock and words").
std::uint64_t table_code(const Geometry& g, const std::vector<int>& digits) {
  const std::size_t top = digits.size() - 1;
  if (g.ternary) {
    int number = 0;
    for (std::size_t i = digits.size(); i-- > 0;) number = 3 * number + digits[i] - 1;
    return static_cast<std::uint64_t>(std::abs(number)) | static_cast<std::uint64_t>(number > 0 ? 1 : 0) << g.index_bits;
  }
  std::uint64_t code = static_cast<std::uint64_t>(digits[top]) << top;
  for (std::size_t i = 0; i < top; ++i) code |= static_cast<std::uint64_t>(digits[i] == digits[top] ? 1 : 0) << i;
  return code;
}

void put_bits(std::vector<std::uint8_t>& bytes, std::size_t at, int count, std::uint64_t value) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    if ((value >> i & 1) != 0) bytes[(at + i) / 8] |= static_cast<std::uint8_t>(1 << ((at + i) % 8));
}

// Weight codes q[k][n] of a tile as the words that the array reads.
std::vector<std::uint8_t> weight_words(const ArchConfig& config, const std::vector<int>& codes, int ksteps, int planes, int segment) {
  const Geometry g(config);
  const int inputs = config.array.table_inputs, tables = config.array.tables_per_lane, together = config.array.planes_per_cycle;
  const int groups = static_cast<int>(ceil_div(planes, together)), columns = config.array.columns;
  const int run = segment != 0 ? segment : ksteps;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(ksteps * groups * g.weight.stride_bytes));
  for (int s = 0; s < ksteps; ++s)
    for (int p = 0; p < planes; ++p) {
      const int word = g.horner ? s / run * run * planes + (planes - 1 - p) * run + s % run : s * groups + p / together;
      for (int n = 0; n < columns; ++n)
        for (int t = 0; t < tables; ++t) {
          std::vector<int> digits;
          for (int i = 0; i < inputs; ++i)
            digits.push_back(digit(g, codes[static_cast<std::size_t>(((s * tables + t) * inputs + i) * columns + n)], p));
          const int first = ((n * together + p % together) * tables + t) * g.weight_table_bits;
          put_bits(bytes, static_cast<std::size_t>(word * g.weight.stride_bytes * 8 + first), g.weight_table_bits, table_code(g, digits));
        }
    }
  return bytes;
}

// What entry `index` multiplies each activation of a table by.
std::vector<int> factors_of(const ArchConfig& config, const Geometry& g, int index) {
  std::vector<int> factors;
  for (int i = 0, number = index + 1; i < config.array.table_inputs; ++i) {
    const int trit = (number + 1) % 3 - 1;
    number = (number - trit) / 3;
    factors.push_back(g.ternary ? trit : i == config.array.table_inputs - 1 || (index >> i & 1) != 0 ? 1 : -1);
  }
  return factors;
}

// FP32 sum of activations from `first` on times factors, rounded from left to right; a factor of 0 leaves its activation out.
float float_entry(const GoldenRow& a, int first, const std::vector<int>& factors) {
  std::optional<float> sum;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const float number = a.number(first + static_cast<int>(i));
    if (factors[i] != 0) sum = sum.has_value() ? *sum + (factors[i] > 0 ? number : -number) : (factors[i] > 0 ? number : -number);
  }
  return sum.value_or(0);
}

// One row's FP32 table of a k-step, and S, as the bits that the table buffer holds of them.
void put_float_table(const ArchConfig& config, const Geometry& g, const GoldenRow& a, int kstep, int row, std::vector<std::uint8_t>& word) {
  const auto put = [&word](int at, float value) { put_bits(word, static_cast<std::size_t>(at), 32, std::bit_cast<std::uint32_t>(value)); };
  for (int j = 0; j < g.entries; ++j) put(row * g.table_row_bits + j * 32, float_entry(a, kstep * g.kstep, factors_of(config, g, j)));
  put(config.array.rows * g.table_row_bits + row * 32,
      float_entry(a, kstep * g.kstep, std::vector<int>(static_cast<std::size_t>(config.array.table_inputs), 1)));
}

// One row's activations of a k-step as the bits that the table buffer holds of them.
void put_tables(const ArchConfig& config, const Geometry& g, const GoldenRow& a, int kstep, int row, std::vector<std::uint8_t>& word) {
  if (g.floating) return put_float_table(config, g, a, kstep, row, word);
  const int inputs = config.array.table_inputs, first = kstep * g.kstep;
  std::int64_t sum = 0;
  for (int t = 0; t < g.tables; ++t) {
    const int at = row * g.table_row_bits + t * g.stored_table_bits;
    for (int j = 0; j < g.entries; ++j) {
      std::int64_t entry = 0;
      const std::vector<int> factors = factors_of(config, g, j);
      for (int i = 0; i < inputs; ++i) entry += a.integer(first + t * inputs + i) * factors[static_cast<std::size_t>(i)];
      entry = a.stored(entry, first);
      if (j + 1 == g.entries) sum += entry;
      put_bits(word, static_cast<std::size_t>(at + j * g.entry_bits), g.entry_bits,
               static_cast<std::uint64_t>(g.parity ? entry >> 1 : entry));
      if (g.parity && j == 0)
        put_bits(word, static_cast<std::size_t>(at + g.stored_table_bits - 1), 1, static_cast<std::uint64_t>(entry & 1));
    }
  }
  put_bits(word, static_cast<std::size_t>(config.array.rows * g.table_row_bits + row * g.sum_bits), g.sum_bits,
           static_cast<std::uint64_t>(sum));
  if (g.grouped)
    put_bits(word, static_cast<std::size_t>(config.array.rows * (g.table_row_bits + g.sum_bits) + row * 32), 32,
             std::bit_cast<std::uint32_t>(a.scale(first)));
}

// Scales between 2^-8 and 2^7: s' and s' z' of every segment and column, s_a of every row.
void put_scales(const ArchConfig& config, int segments, Rng& random, memory::Image& image, std::vector<float>& scales,
                std::vector<float>& minima, std::vector<float>& token_scales) {
  const Geometry g(config);
  const auto scale = [&random] {
    const int exponent = static_cast<int>(random() % 16) - 8;  // compilers evaluate arguments in different orders
    return std::ldexp(1 + static_cast<float>(random() % 65536) / 65536, exponent);
  };
  const int columns = config.array.columns, outputs = config.scale.outputs_per_cycle;
  for (int i = 0; i < segments * columns; ++i) {
    scales.push_back(scale());
    const auto at = kScalesAt + static_cast<std::uint64_t>(i / outputs * g.parameter.stride_bytes + i % outputs * 8);
    image.write(at + 4, &scales.back(), 4);
    if (!g.real_zeros) continue;
    minima.push_back(random() % 2 != 0 ? scale() : -scale());
    image.write(at, &minima.back(), 4);
  }
  for (int m = 0; m < config.array.rows; ++m) {
    token_scales.push_back(scale());
    image.write(kTokenScalesAt + static_cast<std::uint64_t>(m * 4), &token_scales.back(), 4);
  }
}

// Sums of entries over a segment, for a column: with the column's digits, and of those in which all activations are added.
struct Sums {
  std::int64_t acc = 0, all = 0;
};
struct Part {
  int begin, end, column, planes;
};
Sums segment_sums(const ArchConfig& config, const Geometry& g, const GoldenRow& a, const std::vector<int>& codes, const Part& part) {
  const int inputs = config.array.table_inputs;
  Sums sums;
  for (int first = part.begin; first < part.end; first += inputs) {
    std::int64_t all = 0;
    for (int i = first; i < first + inputs; ++i) all += a.integer(i);
    sums.all += a.stored(all, first);
    for (int p = 0; p < part.planes; ++p) {
      std::int64_t sum = 0;
      for (int i = first; i < first + inputs; ++i)
        sum += a.integer(i) * factor_of(g, codes[static_cast<std::size_t>(i * config.array.columns + part.column)], p);
      sums.acc += a.stored(sum, first) * (std::int64_t{1} << p);
    }
  }
  return sums;
}

// The sums of a segment of FP32 tables: table by table, a table's planes one after the other; less its zero point.
struct FloatSums {
  float value = 0, all = 0;
};
FloatSums float_sums(const ArchConfig& config, const Geometry& g, const GoldenRow& a, const std::vector<int>& codes, const Part& part,
                     int zero) {
  const int inputs = config.array.table_inputs;
  float acc = 0;
  FloatSums sums;
  for (int first = part.begin; first < part.end; first += inputs) {
    sums.all = sums.all + float_entry(a, first, std::vector<int>(static_cast<std::size_t>(inputs), 1));
    for (int p = 0; p < part.planes; ++p) {
      std::vector<int> factors;
      for (int i = first; i < first + inputs; ++i)
        factors.push_back(factor_of(g, codes[static_cast<std::size_t>(i * config.array.columns + part.column)], p));
      acc = acc + std::ldexp(float_entry(a, first, factors), p);
    }
  }
  const float multiple = static_cast<float>(zero) * sums.all;
  sums.value = acc - multiple;
  return sums;
}

struct Shape {
  int tiles, ksteps, planes, zero, segment;
};

std::vector<Instruction> product_program(const ArchConfig& config, const Shape& shape, int row_beats, int tile_beats) {
  const Geometry g(config);
  const auto li = [](int rd, std::int64_t v) { return make(Opcode::kLi).set("rd", rd).set("imm", v); };
  const auto addi = [](int rd, std::int64_t v) { return make(Opcode::kAddi).set("rd", rd).set("rs", rd).set("imm", v); };
  const int rows = config.array.rows;
  const int beat_words = std::max(1, g.activation.words_per_line);
  const bool memory = g.memory;
  const int segments = shape.segment != 0 ? shape.ksteps / shape.segment : 1;
  const long long parameter_bytes = static_cast<long long>(segments) * g.accumulator_words_per_row * g.parameter.stride_bytes;
  const auto parameter_beats = static_cast<int>(ceil_div(parameter_bytes, g.bus_bytes));
  const auto scaled_load = [&](Buffer buffer, int dst, int mem, int beats) {
    if (!g.scaled) return make(Opcode::kNop);
    return make(Opcode::kLoad).set("buffer", static_cast<int>(buffer)).set("dst", dst).set("mem", mem).set("beats", beats).set("rows", 1);
  };
  const int pitch = static_cast<int>(ceil_div(shape.ksteps, beat_words)) * beat_words;
  std::uint32_t shifts = 0;
  for (int p = 0; p < shape.planes; ++p) shifts |= static_cast<std::uint32_t>(p) << (4 * p);
  const int weight_words_a_tile = tile_beats * g.bus_bytes / g.weight.stride_bytes;
  std::vector<Instruction> code = {
      make(Opcode::kSettype)
          .set("planes", shape.planes)
          .set("shifts", shifts)
          .set("zmode", shape.zero == 0 ? 0
                        : g.real_zeros  ? 2
                                        : 1)
          .set("zero", g.real_zeros ? 0 : shape.zero),
      li(1, 0),
      li(2, 0),                                                       // weight word
      li(3, 0),                                                       // tile
      make(Opcode::kPost).set("semaphores", 1 << 4).set("count", 2),  // weight space for two tiles
      make(Opcode::kLoad)
          .set("signal", 1)
          .set("buffer", static_cast<int>(memory ? Buffer::kTable : Buffer::kActivation))
          .set("dst", 1)
          .set("mem", 8)
          .set("beats", row_beats)
          .set("rows", memory ? 1 : rows)
          .set("mem_pitch", row_beats * g.bus_bytes)
          .set("dst_pitch", memory ? 0 : pitch),
      memory ? make(Opcode::kNop)
             : make(Opcode::kTbuild)
                   .set("wait", 1)
                   .set("signal", 4)
                   .set("src", 1)
                   .set("dst", 1)
                   .set("ksteps", shape.ksteps)
                   .set("rows", rows)
                   .set("src_pitch", pitch),
      li(4, static_cast<std::int64_t>(kScalesAt)),
      li(5, static_cast<std::int64_t>(kTokenScalesAt)),
      scaled_load(Buffer::kParameter, 0, 4, parameter_beats),
      make(Opcode::kBarrier),
      make(Opcode::kLoop).set("count", shape.tiles),
      scaled_load(Buffer::kTokenScale, 3, 5, g.token_scale.stride_bytes / g.bus_bytes),
      make(Opcode::kLoad)
          .set("wait", 1 << 4)
          .set("signal", 2)
          .set("buffer", 2)
          .set("dst", 2)
          .set("mem", 9)
          .set("beats", tile_beats)
          .set("rows", 1),
      make(Opcode::kLmma)
          .set("wait", 2)
          .set("signal", 8 | 1 << 4)
          .set("table", 1)
          .set("weight", 2)
          .set("ksteps", shape.ksteps)
          .set("rows", rows)
          .set("out", 3)
          .set("param", 1)
          .set("segment", shape.segment)
          .set("first", 1)
          .set("last", 1),
      make(Opcode::kStore)
          .set("wait", 8)
          .set("src", 3)
          .set("mem", 10)
          .set("cols", config.array.columns)
          .set("rows", rows)
          .set("mem_pitch", g.output_row_bytes),
      addi(9, static_cast<std::int64_t>(tile_beats) * g.bus_bytes),
      addi(10, static_cast<std::int64_t>(rows) * g.output_row_bytes),
      addi(2, weight_words_a_tile),
      addi(3, 1),
      make(Opcode::kEndloop),
      make(Opcode::kHalt),
  };
  return code;
}

}  // namespace

model::Launch place_program(memory::Image& image, const std::vector<Encoded>& program) {
  std::vector<std::uint8_t> bytes;
  for (const Encoded& e : program)
    for (std::size_t i = 0; i < 16; ++i) bytes.push_back(static_cast<std::uint8_t>(e.word[i / 8] >> (8 * (i % 8))));
  image.write(kProgramAt, bytes.data(), bytes.size());
  model::Launch launch;
  launch.program_address = kProgramAt;
  launch.program_length = static_cast<std::uint32_t>(program.size());
  launch.window_hi = kWindowEnd;
  return launch;
}

model::Launch place_with_operands(memory::Image& image, const std::vector<Encoded>& program) {
  model::Launch launch = place_program(image, program);
  launch.args = {kActivationsAt, kWeightsAt, kOutputsAt};
  return launch;
}

Product matrix_product(const ArchConfig& config, int tiles, int ksteps, int planes, int zero, int segment, std::uint64_t seed) {
  const Geometry g(config);
  Rng random(seed);
  Product product;
  const int rows = config.array.rows, columns = config.array.columns, k = ksteps * g.kstep;
  const long long word_bytes = g.memory ? g.table.stride_bytes : g.activation.stride_bytes;
  const int row_bytes = static_cast<int>(ceil_div(static_cast<long long>(ksteps) * word_bytes, g.bus_bytes)) * g.bus_bytes;
  std::vector<GoldenRow> activations;
  for (int m = 0; m < rows; ++m) activations.emplace_back(config, k, random);
  for (int s = 0; s < ksteps; ++s) {
    std::vector<std::uint8_t> tables(static_cast<std::size_t>(g.table.stride_bytes));
    for (int m = 0; m < rows; ++m) {
      const GoldenRow& from = activations[static_cast<std::size_t>(m)];
      if (g.memory) put_tables(config, g, from, s, m, tables);
      for (int i = 0; !g.memory && i < g.kstep; ++i) {
        const std::uint32_t bits = from.bits(s * g.kstep + i);
        product.image.write(
            kActivationsAt + static_cast<std::uint64_t>(m * row_bytes + s * g.activation.stride_bytes + i * g.activation_bits / 8), &bits,
            static_cast<std::size_t>(g.activation_bits / 8));
      }
    }
    if (g.memory) product.image.write(kActivationsAt + static_cast<std::uint64_t>(s * g.table.stride_bytes), tables.data(), tables.size());
  }
  const int run = segment != 0 ? segment * g.kstep : k;
  std::vector<float> scales, minima, token_scales;
  if (g.scaled) put_scales(config, k / run, random, product.image, scales, minima, token_scales);
  int tile_bytes = 0;
  for (int t = 0; t < tiles; ++t) {
    std::vector<int> codes(static_cast<std::size_t>(k * columns));
    int digits = 1;
    for (int p = 0; p < planes; ++p) digits *= g.ternary ? 3 : 2;
    for (int& q : codes) q = static_cast<int>(random() % static_cast<std::uint64_t>(digits));
    std::vector<std::uint8_t> words = weight_words(config, codes, ksteps, planes, segment);
    words.resize(static_cast<std::size_t>(ceil_div(static_cast<long long>(words.size()), g.bus_bytes) * g.bus_bytes));
    tile_bytes = static_cast<int>(words.size());
    product.image.write(kWeightsAt + static_cast<std::uint64_t>(t * tile_bytes), words.data(), words.size());
    for (int m = 0; m < rows; ++m)
      for (int n = 0; n < columns; ++n) {
        const GoldenRow& a = activations[static_cast<std::size_t>(m)];
        std::int64_t integers = 0;
        float out = 0;
        for (int segment_begin = 0; segment_begin < k; segment_begin += run) {
          const Part part{segment_begin, segment_begin + run, n, planes};
          const int whole_zero = g.real_zeros ? 0 : zero;
          FloatSums numbers;
          if (g.floating) {
            numbers = float_sums(config, g, a, codes, part, whole_zero);
          } else {
            const Sums sums = segment_sums(config, g, a, codes, part);
            const std::int64_t value = sums.acc - whole_zero * sums.all;
            integers += value;
            numbers = {static_cast<float>(static_cast<std::int32_t>(value)), static_cast<float>(sums.all)};
          }
          if (!g.scaled) continue;
          const auto column = static_cast<std::size_t>(segment_begin / run * columns + n);
          const float s_table = a.scale(segment_begin + run - 1), s_a = token_scales[static_cast<std::size_t>(m)];
          out = out + numbers.value * ((scales[column] * s_table) * s_a);
          if (g.real_zeros && zero != 0) out = out - numbers.all * ((minima[column] * s_table) * s_a);
        }
        const std::uint32_t bits = !g.scaled         ? static_cast<std::uint32_t>(integers)
                                   : std::isnan(out) ? 0x7FC00000U
                                                     : std::bit_cast<std::uint32_t>(out);
        for (const std::uint8_t byte : stored_output(config, bits)) product.expected.push_back(byte);
      }
  }
  for (const Instruction& i :
       product_program(config, {tiles, ksteps, planes, zero, segment}, row_bytes / g.bus_bytes, tile_bytes / g.bus_bytes))
    product.program.push_back(encode(i));
  product.launch = place_with_operands(product.image, product.program);
  return product;
}

namespace {

// A unit command with addresses that are mostly allowed.
Instruction random_command(const ArchConfig& config, Rng& random) {
  const Geometry g(config);
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  const auto mask = [&] { return static_cast<std::int64_t>(random() % 3 != 0 ? 0 : std::uint64_t{1} << random() % 4); };
  const auto signal = [&] { return static_cast<std::int64_t>(random() % 2 != 0 ? 0 : std::uint64_t{1} << random() % 4); };
  Instruction i;
  switch (random() % 4) {
    case 0:
      i = make(Opcode::kLoad);
      i.set("buffer", random() % 5 == 0               ? 4
                      : g.scaled && random() % 4 == 0 ? 5
                      : random() % 2 == 0             ? 2
                      : g.memory                      ? 3
                                                      : 1)
          .set("dst", 1 + below(3))
          .set("mem", 8 + below(2))
          .set("beats", 1 + below(20));
      i.set("rows", 1 + below(3))
          .set("mem_pitch", below(200) * g.bus_bytes)
          .set("dst_pitch", below(4) * g.weight.words_per_line * (g.memory ? g.table : g.activation).words_per_line);
      break;
    case 1:
      i = make(Opcode::kStore);
      i.set("src", 1 + below(3)).set("mem", 10 + below(2)).set("cols", 1 + below(static_cast<std::uint64_t>(config.array.columns)));
      i.set("rows", 1 + below(static_cast<std::uint64_t>(config.array.rows)))
          .set("mem_pitch", (1 + below(30)) * std::max(g.output_row_bytes, g.bus_bytes));
      break;
    case 2:
      if (g.memory && random() % 16 != 0) return random_command(config, random);
      i = make(Opcode::kTbuild);
      i.set("src", 1 + below(3))
          .set("dst", 1 + below(3))
          .set("ksteps", 1 + below(12))
          .set("rows", 1 + below(static_cast<std::uint64_t>(config.array.rows)));
      i.set("src_pitch", below(32));
      break;
    default:
      i = make(Opcode::kLmma);
      i.set("table", 1 + below(3)).set("weight", 1 + below(3)).set("out", 1 + below(3)).set("param", 1 + below(3));
      i.set("rows", 1 + below(static_cast<std::uint64_t>(config.array.rows))).set("accumulate", below(2));
      if (random() % 2 == 0) {
        const std::int64_t segment = 1 + below(5);
        i.set("segment", segment).set("ksteps", segment * (1 + below(5))).set("first", 1).set("last", 1);
      } else {
        i.set("ksteps", 1 + below(12)).set("first", below(2)).set("last", below(2));
      }
  }
  return i.set("wait", mask()).set("signal", signal());
}

Instruction random_control(Rng& random) {
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  switch (random() % 5) {
    case 0:
      return make(Opcode::kLi).set("rd", 1 + below(3)).set("imm", below(4096));
    case 1:
      return make(Opcode::kAddi).set("rd", 1 + below(3)).set("rs", 1 + below(3)).set("imm", below(64));
    case 2:
      return make(Opcode::kPost).set("semaphores", below(16)).set("count", 1 + below(3));
    case 3: {
      Instruction i = make(Opcode::kSettype);
      const std::int64_t planes = 1 + below(8);
      return i.set("planes", planes)
          .set("shifts", below(std::uint64_t{1} << 32) & 0x33333333)
          .set("zmode", below(3))
          .set("zero", below(512) - 256);
    }
    default:
      return make(random() % 4 == 0 ? Opcode::kBarrier : Opcode::kNop);
  }
}

}  // namespace

std::vector<Encoded> random_program(const ArchConfig& config, Rng& random) {
  std::vector<Instruction> code;
  const auto length = static_cast<std::size_t>(8 + random() % 40);
  int open = 0;
  code.push_back(make(Opcode::kPost).set("semaphores", 15).set("count", 1 + static_cast<std::int64_t>(random() % 12)));
  while (code.size() < length) {
    if (random() % 10 == 0 && open < config.control.loop_depth) {
      code.push_back(make(Opcode::kLoop).set("count", 1 + static_cast<std::int64_t>(random() % 3)));
      ++open;
    } else if (random() % 10 == 0 && open > 0) {
      code.push_back(make(Opcode::kEndloop));
      --open;
    } else {
      code.push_back(random() % 3 == 0 ? random_control(random) : random_command(config, random));
    }
  }
  for (; open > 0; --open) code.push_back(make(Opcode::kEndloop));
  code.push_back(make(Opcode::kHalt));
  std::vector<Encoded> encoded;
  for (const Instruction& i : code) encoded.push_back(encode(i));
  return encoded;
}

void fill_random(memory::Image& image, Rng& random) {
  std::vector<std::uint64_t> words((kWindowEnd - kActivationsAt) / 8);
  for (std::uint64_t& w : words) w = random();
  image.write(kActivationsAt, words.data(), words.size() * 8);
}

}  // namespace lutra::regression
