// Strides and packing of a GEMM's tensors.
#include "workloads/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "isa/error.h"
#include "workloads/gemm_plan.h"

namespace lutra::workloads {

void put_bits(std::span<std::uint8_t> out, long long at, int count, std::uint64_t value) {
  for (int i = 0; i < count; ++i, ++at) out[static_cast<std::size_t>(at / 8)] |= static_cast<std::uint8_t>((value >> i & 1) << (at % 8));
}

namespace {

long long round_up(long long value, long long unit) { return ceil_div(value, unit) * unit; }

/// A code whose weight is 0 where the format can say so: products of padding vanish.
std::uint8_t padding_code(const WeightFormat& format) {
  switch (format.kind) {
    case WeightKind::kTernary:
      return 1;
    case WeightKind::kTwosComplement:
    case WeightKind::kZeroPoint:
      return static_cast<std::uint8_t>(1 << (format.bits - 1));  // q' = 1 = z'
    case WeightKind::kConstantZero:
      return static_cast<std::uint8_t>(format.zero < 1 << format.bits ? format.zero : 0);
    case WeightKind::kBinary:
    case WeightKind::kOddSymmetric:
    case WeightKind::kPasses:
      return 0;
  }
  return 0;
}
constexpr std::int16_t kPaddingZero = 1;

/// Inverts the low bits of every table's index whose top bit is 0; `bits` holds whole tables from its lowest bit.
std::uint64_t fold(std::uint64_t bits, std::uint64_t top_mask, int table_inputs) {
  const std::uint64_t flipped = ~bits & top_mask;
  return bits ^ (flipped - (flipped >> (table_inputs - 1)));
}

/// Byte j of `x` is the code of k = j; byte p of the result has bit j of plane p (Hacker's Delight, 7-3).
std::uint64_t transpose8(std::uint64_t x) {
  std::uint64_t t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AA;
  x ^= t ^ (t << 7);
  t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCC;
  x ^= t ^ (t << 14);
  t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0;
  return x ^ t ^ (t << 28);
}

std::uint64_t top_mask_of(int table_inputs, int bits) {
  std::uint64_t mask = 0;
  for (int bit = table_inputs - 1; bit < bits; bit += table_inputs) mask |= std::uint64_t{1} << bit;
  return mask;
}

/// Bit position of the weight bits of a table inside a tile.
long long table_place(const GemmLayout& layout, int column, int plane, long long kstep, int table) {
  const Geometry& g = layout.geometry;
  const long long lane = std::int64_t{column} * layout.planes_per_cycle + plane % layout.planes_per_cycle;
  return layout.word_offset(kstep, plane) * 8 + lane * g.weight_lane_bits + std::int64_t{table} * g.weight_table_bits;
}

/// Digit -1, 0 or 1 of a plane of a code.
int digit(const GemmLayout& layout, std::uint8_t code, int plane) {
  if (layout.native_trits) return (code & 1) + (code >> 1 & 1) - 1;
  return 2 * (code >> plane & 1) - 1;
}

/// The weight bits of a table from its digits, lowest k first: index and sign (docs/microarchitecture.md, Clock and words).
std::uint64_t table_code(const Geometry& geometry, std::span<const int> digits) {
  std::uint64_t index = 0;
  const int top = digits.back();
  if (geometry.ternary) {
    int number = 0;
    for (std::size_t i = digits.size(); i-- > 0;) number = 3 * number + digits[i];
    return static_cast<std::uint64_t>(number < 0 ? -number : number) | static_cast<std::uint64_t>(number > 0 ? 1 : 0)
                                                                           << geometry.index_bits;
  }
  for (std::size_t i = 0; i + 1 < digits.size(); ++i) index |= static_cast<std::uint64_t>(digits[i] == top ? 1 : 0) << i;
  return index | static_cast<std::uint64_t>(top > 0 ? 1 : 0) << geometry.index_bits;
}

std::uint64_t get_bits(std::span<const std::uint8_t> from, long long at, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i, ++at) value |= static_cast<std::uint64_t>(from[static_cast<std::size_t>(at / 8)] >> (at % 8) & 1) << i;
  return value;
}

/// One column, any geometry, table by table.
void pack_column(const GemmLayout& layout, const std::uint8_t* codes, int column, std::span<std::uint8_t> out) {
  const Geometry& g = layout.geometry;
  std::vector<int> digits(static_cast<std::size_t>(layout.table_inputs));
  for (int p = 0; p < layout.planes; ++p)
    for (long long s = 0; s < layout.ksteps; ++s)
      for (int t = 0; t < g.tables; ++t) {
        for (std::size_t i = 0; i < digits.size(); ++i)
          digits[i] = digit(layout, codes[s * g.kstep + std::int64_t{t} * layout.table_inputs + static_cast<std::int64_t>(i)], p);
        put_bits(out, table_place(layout, column, p, s, t), g.weight_table_bits, table_code(g, digits));
      }
}

/// One column where a k-step is a whole number of bytes and at most 64 bits: eight codes at a time.
void pack_column_fast(const GemmLayout& layout, const std::uint8_t* codes, int column, std::uint64_t top_mask, std::uint8_t* out) {
  const int kstep = layout.geometry.kstep, bytes = kstep / 8, planes = layout.planes, per_cycle = layout.planes_per_cycle;
  for (int s = 0; s < layout.ksteps; ++s) {
    std::uint64_t bits[kernels::kMaxPlanes] = {};
    for (int j = 0; j < bytes; ++j) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, codes + std::int64_t{s} * kstep + std::int64_t{j} * 8, 8);
      const std::uint64_t turned = transpose8(eight);
      for (int p = 0; p < planes; ++p) bits[p] |= ((turned >> (8 * p)) & 0xFF) << (8 * j);
    }
    for (int p = 0; p < planes; ++p) {
      const std::uint64_t folded = fold(bits[p], top_mask, layout.table_inputs);
      const long long lane = std::int64_t{column} * per_cycle + p % per_cycle;
      std::memcpy(out + layout.word_offset(s, p) + lane * bytes, &folded, static_cast<std::size_t>(bytes));
    }
  }
}

void expect_size(const char* what, std::size_t given, long long wanted) {
  if (static_cast<long long>(given) != wanted) throw Error(fmt::format("{}: given {} bytes, the layout needs {}", what, given, wanted));
}

}  // namespace

namespace {

bool native_ternary(const ArchConfig& arch, const GemmShape& shape) {
  return arch.table.kind == "ternary" && shape.format.kind == WeightKind::kTernary && !shape.format.minimum;
}

/// What a float scale unit scales together.
int scaled_segment(const ArchConfig& arch, const GemmShape& shape) {
  const Geometry g(arch);
  const int group = shape.format.group >= shape.depth ? 0 : shape.format.group;
  if (group % g.kstep != 0) {
    throw Error(
        fmt::format("a group of {} weights with one scale is no multiple of the k-step, array.table_inputs x array.tables_per_lane = {}",
                    group, g.kstep));
  }
  const int whole = static_cast<int>(ceil_div(shape.depth, g.kstep));
  int unit = group == 0 ? whole : group / g.kstep;
  if (g.grouped) {
    const int tables = g.group_ksteps;
    if (group != 0 && unit % tables != 0 && tables % unit != 0) {
      throw Error(
          fmt::format("a group of {} weights with one scale and table.group = {}: one has to divide the other", group, arch.table.group));
    }
    unit = std::min(unit, tables);
  }
  const int planes = native_ternary(arch, shape) ? 1 : plane_type(shape.format).planes;
  const long long weights = g.weight.words / (2 * ceil_div(planes, arch.array.planes_per_cycle));
  const long long most = std::max(1LL, std::min<long long>({safe_ksteps(arch, shape), arch.buffer.table_words, weights}));
  if (unit <= most) return unit;
  if (group == 0 && !g.grouped) {
    // Equal parts; of whole beats of activations, for k may have to be cut into blocks there.
    const long long beat = g.memory || most < g.activation.words_per_line ? 1 : g.activation.words_per_line;
    return static_cast<int>(round_up(ceil_div(whole, ceil_div(whole, most - most % beat)), beat));
  }
  int part = static_cast<int>(most);
  while (unit % part != 0) --part;
  return part;
}

/// What the compiler does not write programs for, with the reason.
void check_scaled(const Geometry& geometry, const GemmShape& shape) {
  if (shape.format.minimum && !geometry.real_zeros)
    throw Error(fmt::format("{} weights have a minimum a group, which is no integer times their scale: scale.zeros has to be float",
                            to_string(shape.format)));
  if (shape.format.passes > 1)
    throw Error(
        fmt::format("scale.unit is float, but {} weights take {} multiplications, whose scaled outputs would be rounded before they "
                    "are added up",
                    to_string(shape.format), shape.format.passes));
}

}  // namespace

int segment_ksteps(const ArchConfig& arch, const GemmShape& shape) {
  if (arch.scale.unit == "float") return scaled_segment(arch, shape);
  const int kstep = arch.array.table_inputs * arch.array.tables_per_lane;
  if (shape.format.kind != WeightKind::kZeroPoint || shape.format.group == 0 || shape.format.group >= shape.depth) return 0;
  if (shape.format.group % kstep != 0) {
    throw Error(fmt::format(
        "a group of {} weights with one zero point is no multiple of the k-step, array.table_inputs x array.tables_per_lane = {}",
        shape.format.group, kstep));
  }
  return shape.format.group / kstep;
}

GemmLayout::GemmLayout(const ArchConfig& arch, const GemmShape& s, int chunk)
    : geometry(arch),
      shape(s),
      type(plane_type(s.format)),
      rows(arch.array.rows),
      columns(arch.array.columns),
      planes_per_cycle(arch.array.planes_per_cycle),
      table_inputs(arch.array.table_inputs),
      native_trits(native_ternary(arch, s)),
      planes(native_trits ? 1 : type.planes),
      chunk_ksteps(chunk) {
  if (geometry.scaled) check_scaled(geometry, s);
  if (geometry.real_zeros && s.format.minimum) type.zero_mode = kernels::ZeroMode::kPerColumn;
  if (s.tokens < 1 || s.outputs < 1 || s.depth < 1)
    throw Error(fmt::format("a GEMM of {} x {} x {} is empty", s.tokens, s.outputs, s.depth));
  segment_ksteps = workloads::segment_ksteps(arch, s);
  ksteps = static_cast<int>(ceil_div(s.depth, geometry.kstep));
  if (segment_ksteps > 0) ksteps = static_cast<int>(round_up(ksteps, segment_ksteps));
  if (chunk < 1) throw Error(fmt::format("a k-chunk of {} k-steps is empty", chunk));
  if (segment_ksteps > 0 && chunk % segment_ksteps != 0 && segment_ksteps % chunk != 0) {
    throw Error(fmt::format("a k-chunk of {} k-steps is neither a multiple nor a divisor of the segment's {}", chunk, segment_ksteps));
  }
  if (geometry.scaled && chunk % segment_ksteps != 0)
    throw Error(fmt::format("a k-chunk of {} k-steps is no multiple of the {} that are scaled together", chunk, segment_ksteps));
  chunks = static_cast<int>(ceil_div(ksteps, chunk));
  plane_groups = static_cast<int>(ceil_div(planes, planes_per_cycle));
  n_tiles = ceil_div(s.outputs, columns);
  m_tiles = ceil_div(s.tokens, rows);
  tile_rows = m_tiles == 1 ? s.tokens : rows;
  const long long bus = geometry.bus_bytes;
  weight_word_bytes = geometry.weight.stride_bytes;
  weight_chunk_bytes = padded_weight_words(chunk) * weight_word_bytes;
  weight_tile_bytes = weight_span(ksteps);
  weight_bytes = n_tiles * weight_tile_bytes;
  if (geometry.memory && geometry.table.words_per_line > 1)
    throw Error(
        fmt::format("a table word of {} bits is narrower than half a beat of axi.data_bits = {}: tables to be loaded have to fill "
                    "beats of their own",
                    geometry.table_word_bits, arch.axi.data_bits));
  tile_loads = geometry.memory ? 1 : tile_rows;
  activation_pitch = round_up(std::int64_t{ksteps} * (geometry.memory ? geometry.table : geometry.activation).stride_bytes, bus);
  activation_bytes = m_tiles * tile_loads * activation_pitch;
  output_pitch = n_tiles * geometry.output_row_bytes;
  output_bytes = m_tiles * tile_rows * output_pitch;
  chunk_parameter_words = 0;
  if (type.zero_mode == kernels::ZeroMode::kPerColumn || geometry.scaled) {
    chunk_parameter_words = geometry.accumulator_words_per_row * std::max(1, segment_ksteps > 0 ? chunk / segment_ksteps : 1);
  }
  chunk_parameter_bytes = round_up(std::int64_t{chunk_parameter_words} * geometry.parameter.stride_bytes, bus);
  parameter_bytes = n_tiles * chunks * chunk_parameter_bytes;
  token_scale_bytes = geometry.scaled ? m_tiles * geometry.token_scale.stride_bytes : 0;
}

long long GemmLayout::word_offset(long long kstep, int plane) const {
  const long long chunk = kstep / chunk_ksteps, inside = kstep % chunk_ksteps;
  long long word = inside * plane_groups + plane / planes_per_cycle;
  if (geometry.horner) {
    const bool segmented = segment_ksteps > 0 && chunk_ksteps % segment_ksteps == 0;
    const long long run = segmented ? segment_ksteps : std::min<long long>(chunk_ksteps, ksteps - chunk * chunk_ksteps);
    word = inside / run * run * planes + (planes - 1 - plane) * run + inside % run;
  }
  return chunk * weight_chunk_bytes + word * weight_word_bytes;
}

long long GemmLayout::padded_weight_words(long long count) const { return round_up(count * plane_groups, geometry.weight.words_per_line); }

long long GemmLayout::weight_span(long long count) const {
  return count / chunk_ksteps * weight_chunk_bytes + padded_weight_words(count % chunk_ksteps) * weight_word_bytes;
}

void pack_weight_tile(const GemmLayout& layout, std::span<const std::uint8_t> codes, std::span<std::uint8_t> out) {
  expect_size("a packed weight tile", out.size(), layout.weight_tile_bytes);
  const long long depth = layout.shape.depth, padded = std::int64_t{layout.ksteps} * layout.geometry.kstep;
  const auto columns = static_cast<int>(static_cast<long long>(codes.size()) / depth);
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  const bool fast = !layout.geometry.ternary && layout.geometry.kstep % 8 == 0 && layout.geometry.kstep <= 64;
  const std::uint64_t top_mask = fast ? top_mask_of(layout.table_inputs, layout.geometry.kstep) : 0;
  std::vector<std::uint8_t> column(static_cast<std::size_t>(padded), padding_code(layout.shape.format));
  for (int n = 0; n < layout.columns; ++n) {
    if (n < columns) {
      std::copy_n(codes.data() + n * depth, depth, column.begin());
    } else {
      std::fill(column.begin(), column.end(), padding_code(layout.shape.format));
    }
    if (fast) {
      pack_column_fast(layout, column.data(), n, top_mask, out.data());
    } else {
      pack_column(layout, column.data(), n, out);
    }
  }
}

std::vector<std::uint8_t> unpack_weight_column(const GemmLayout& layout, std::span<const std::uint8_t> tile, int column) {
  expect_size("a packed weight tile", tile.size(), layout.weight_tile_bytes);
  const Geometry& g = layout.geometry;
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(layout.shape.depth));
  for (long long k = 0; k < layout.shape.depth; ++k) {
    const auto table = static_cast<int>(k % g.kstep / layout.table_inputs), input = static_cast<int>(k % layout.table_inputs);
    for (int p = 0; p < layout.planes; ++p) {
      const std::uint64_t bits = get_bits(tile, table_place(layout, column, p, k / g.kstep, table), g.weight_table_bits);
      const std::uint64_t index = bits & ((std::uint64_t{1} << g.index_bits) - 1);
      const int sign = (bits >> g.index_bits) != 0 ? 1 : -1;
      int factor = input == layout.table_inputs - 1 || (index >> input & 1) != 0 ? 1 : -1;
      for (int i = 0, number = static_cast<int>(index); g.ternary && i <= input; ++i) {
        factor = (number + 1) % 3 - 1;
        number = (number - factor) / 3;
      }
      const int d = sign * factor;
      codes[static_cast<std::size_t>(k)] |= static_cast<std::uint8_t>(layout.native_trits ? (d < 0    ? 0
                                                                                             : d == 0 ? 1
                                                                                                      : 3)
                                                                                          : (d > 0 ? 1 : 0) << p);
    }
  }
  return codes;
}

void pack_activations(const GemmLayout& layout, std::span<const std::int16_t> activations, std::span<std::uint8_t> out) {
  expect_size("packed activations", out.size(), layout.activation_bytes);
  expect_size("activations", activations.size(), layout.shape.tokens * layout.shape.depth);
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  const long long kstep = layout.geometry.kstep, stride = layout.geometry.activation.stride_bytes;
  const long long each = layout.geometry.activation_bits / 8;
  for (long long m = 0; m < layout.shape.tokens; ++m) {
    const std::int16_t* from = activations.data() + m * layout.shape.depth;
    for (long long k = 0; k < layout.shape.depth; ++k)
      std::memcpy(out.data() + m * layout.activation_pitch + k / kstep * stride + k % kstep * each, from + k,
                  static_cast<std::size_t>(each));
  }
}

std::vector<std::int16_t> unpack_activations(const GemmLayout& layout, std::span<const std::uint8_t> bytes) {
  expect_size("packed activations", bytes.size(), layout.activation_bytes);
  std::vector<std::int16_t> out(static_cast<std::size_t>(layout.shape.tokens * layout.shape.depth));
  const long long kstep = layout.geometry.kstep, stride = layout.geometry.activation.stride_bytes;
  const bool wide = layout.geometry.wide;
  for (long long m = 0; m < layout.shape.tokens; ++m) {
    for (long long k = 0; k < layout.shape.depth; ++k) {
      const auto at = static_cast<std::size_t>(m * layout.activation_pitch + k / kstep * stride + k % kstep * (wide ? 2 : 1));
      out[static_cast<std::size_t>(m * layout.shape.depth + k)] =
          static_cast<std::int16_t>(wide ? bytes[at] | bytes[at + 1] << 8 : static_cast<std::int8_t>(bytes[at]));
    }
  }
  return out;
}

void pack_parameter_tile(const GemmLayout& layout, std::span<const std::int16_t> zeros, std::span<std::uint8_t> out) {
  expect_size("packed parameters", out.size(), layout.chunks * layout.chunk_parameter_bytes);
  const long long groups = group_count({"", layout.shape.outputs, layout.shape.depth, layout.shape.format});
  const auto columns = static_cast<int>(static_cast<long long>(zeros.size()) / groups);
  const int per_word = layout.columns / layout.geometry.accumulator_words_per_row;
  const int segment = layout.segment_ksteps > 0 ? layout.segment_ksteps : layout.ksteps;
  const int sets = layout.chunk_parameter_words / layout.geometry.accumulator_words_per_row;
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  for (int chunk = 0; chunk < layout.chunks; ++chunk) {
    for (int set = 0; set < sets; ++set) {
      const long long group = std::int64_t{chunk} * layout.chunk_ksteps / segment + set;
      for (int n = 0; n < layout.columns; ++n) {
        const std::int16_t zero = n < columns && group < groups ? zeros[static_cast<std::size_t>(n * groups + group)] : kPaddingZero;
        const long long word = std::int64_t{set} * layout.geometry.accumulator_words_per_row + n / per_word;
        const long long at = chunk * layout.chunk_parameter_bytes + word * layout.geometry.parameter.stride_bytes + n % per_word * 2;
        out[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(zero & 0xFF);
        out[static_cast<std::size_t>(at + 1)] = static_cast<std::uint8_t>((zero >> 8) & 0xFF);
      }
    }
  }
}

void pack_scale_tile(const GemmLayout& layout, const TileScales& tile, std::span<std::uint8_t> out) {
  expect_size("packed parameters", out.size(), layout.chunks * layout.chunk_parameter_bytes);
  const Geometry& g = layout.geometry;
  const long long groups = group_count({"", layout.shape.outputs, layout.shape.depth, layout.shape.format});
  const auto columns = static_cast<int>(static_cast<long long>(tile.scales.size()) / groups);
  const int per_word = layout.columns / g.accumulator_words_per_row, segments = layout.ksteps / layout.segment_ksteps;
  const int sets = layout.chunk_ksteps / layout.segment_ksteps;
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  for (int segment = 0; segment < segments; ++segment) {
    const long long k = std::int64_t{segment} * layout.segment_ksteps * g.kstep;
    const long long group = groups == 1 ? 0 : k / layout.shape.format.group;
    for (int n = 0; n < columns; ++n) {
      const auto from = static_cast<std::size_t>(n * groups + group);
      const long long word = std::int64_t{segment % sets} * g.accumulator_words_per_row + n / per_word;
      const long long at = segment / sets * layout.chunk_parameter_bytes + word * g.parameter.stride_bytes + n % per_word * 8;
      // A trit is half of what two planes make of it.
      const float scale = layout.native_trits ? 2 * tile.scales[from] : tile.scales[from];
      if (!tile.zeros.empty()) std::memcpy(out.data() + at, &tile.zeros[from], sizeof tile.zeros[from]);
      if (!tile.real_zeros.empty()) std::memcpy(out.data() + at, &tile.real_zeros[from], sizeof tile.real_zeros[from]);
      std::memcpy(out.data() + at + 4, &scale, sizeof scale);
    }
  }
}

std::vector<float> real_zeros(const GemmLayout& layout, std::span<const float> scales, std::span<const std::int16_t> zeros,
                              std::span<const float> offsets) {
  std::vector<float> out(scales.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float product = scales[i] * static_cast<float>(zeros.empty() ? layout.type.zero : zeros[i]);
    out[i] = product - offsets[i];
  }
  return out;
}

void pack_token_scales(const GemmLayout& layout, std::span<const float> scales, std::span<std::uint8_t> out) {
  expect_size("packed token scales", out.size(), layout.token_scale_bytes);
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  for (long long m = 0; m < layout.shape.tokens; ++m) {
    const float scale = scales[static_cast<std::size_t>(m)];
    std::memcpy(out.data() + m / layout.rows * layout.geometry.token_scale.stride_bytes + m % layout.rows * 4, &scale, sizeof scale);
  }
}

std::vector<std::int32_t> unpack_outputs(const GemmLayout& layout, std::span<const std::uint8_t> bytes) {
  expect_size("outputs", bytes.size(), layout.output_bytes);
  std::vector<std::int32_t> out(static_cast<std::size_t>(layout.shape.tokens * layout.shape.outputs));
  const auto each = static_cast<std::size_t>(layout.geometry.output_bytes);
  for (long long m = 0; m < layout.shape.tokens; ++m) {
    const std::uint8_t* row = bytes.data() + m * layout.output_pitch;
    for (long long n = 0; n < layout.shape.outputs; ++n)
      std::memcpy(&out[static_cast<std::size_t>(m * layout.shape.outputs + n)], row + static_cast<std::size_t>(n) * each, each);
  }
  return out;
}

void pack_weights(const GemmLayout& layout, const Tensor& tensor, const WeightSource& source, const ByteSink& sink) {
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(layout.columns * layout.shape.depth));
  std::vector<std::uint8_t> packed(static_cast<std::size_t>(layout.weight_tile_bytes));
  for (long long tile = 0; tile < layout.n_tiles; ++tile) {
    const long long begin = tile * layout.columns, end = std::min(begin + layout.columns, layout.shape.outputs);
    source.codes(tensor, begin, end, codes.data());
    pack_weight_tile(layout, std::span(codes).first(static_cast<std::size_t>((end - begin) * layout.shape.depth)), packed);
    sink(tile * layout.weight_tile_bytes, packed);
  }
}

void pack_parameters(const GemmLayout& layout, const Tensor& tensor, const WeightSource& source, const ByteSink& sink) {
  if (!layout.has_parameters()) return;
  const long long groups = group_count(tensor), tile_bytes = layout.chunks * layout.chunk_parameter_bytes;
  const bool per_column = layout.type.zero_mode == kernels::ZeroMode::kPerColumn;
  const bool has_zeros = plane_type(layout.shape.format).zero_mode == kernels::ZeroMode::kPerColumn;
  const bool real = per_column && layout.geometry.real_zeros;
  std::vector<std::int16_t> zeros(static_cast<std::size_t>(has_zeros ? layout.columns * groups : 0));
  std::vector<float> scales(static_cast<std::size_t>(layout.geometry.scaled ? layout.columns * groups : 0)), offsets(scales.size());
  std::vector<std::uint8_t> packed(static_cast<std::size_t>(tile_bytes));
  for (long long tile = 0; tile < layout.n_tiles; ++tile) {
    const long long begin = tile * layout.columns, end = std::min(begin + layout.columns, layout.shape.outputs);
    const auto count = static_cast<std::size_t>((end - begin) * groups);
    if (has_zeros) source.zeros(tensor, begin, end, zeros.data());
    const std::span<const std::int16_t> tile_zeros = std::span<const std::int16_t>(zeros).first(has_zeros ? count : 0);
    if (layout.geometry.scaled) {
      source.scales(tensor, begin, end, scales.data());
      source.offsets(tensor, begin, end, offsets.data());
      const std::span<const float> tile_scales = std::span<const float>(scales).first(count);
      const std::vector<float> products =
          real ? real_zeros(layout, tile_scales, tile_zeros, std::span<const float>(offsets).first(count)) : std::vector<float>();
      pack_scale_tile(layout, {tile_scales, real ? std::span<const std::int16_t>() : tile_zeros, products}, packed);
    } else {
      pack_parameter_tile(layout, tile_zeros, packed);
    }
    sink(tile * tile_bytes, packed);
  }
}

}  // namespace lutra::workloads
