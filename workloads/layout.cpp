// Strides and packing of a GEMM's tensors.
#include "workloads/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "isa/error.h"

namespace lutra::workloads {
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

/// Byte offset inside a tile of the first weight word of a k-step.
long long kstep_offset(const GemmLayout& layout, long long kstep) {
  const long long chunk = kstep / layout.chunk_ksteps, inside = kstep % layout.chunk_ksteps;
  return chunk * layout.weight_chunk_bytes + inside * layout.plane_groups * layout.weight_word_bytes;
}

/// Bit position of (column, plane, k) inside a tile, and whether it is there at all.
struct BitPlace {
  const GemmLayout& layout;
  [[nodiscard]] long long operator()(int column, int plane, long long k) const {
    const long long kstep = k / layout.geometry.kstep, inside = k % layout.geometry.kstep;
    const long long word = kstep_offset(layout, kstep) + plane / layout.planes_per_cycle * layout.weight_word_bytes;
    const long long lane = std::int64_t{column} * layout.planes_per_cycle + plane % layout.planes_per_cycle;
    return word * 8 + lane * layout.geometry.kstep + inside;
  }
};

/// One column, any geometry, bit by bit.
void pack_column(const GemmLayout& layout, const std::uint8_t* codes, int column, std::span<std::uint8_t> out) {
  const BitPlace place{layout};
  const int inputs = layout.table_inputs;
  const long long depth = std::int64_t{layout.ksteps} * layout.geometry.kstep;
  for (int p = 0; p < layout.type.planes; ++p) {
    for (long long k = 0; k < depth; k += inputs) {
      const int top = (codes[k + inputs - 1] >> p) & 1;
      for (int i = 0; i < inputs; ++i) {
        const int bit = (codes[k + i] >> p) & 1;
        const int stored = i == inputs - 1 || top == 1 ? bit : bit ^ 1;
        const long long at = place(column, p, k + i);
        out[static_cast<std::size_t>(at / 8)] |= static_cast<std::uint8_t>(stored << (at % 8));
      }
    }
  }
}

/// One column where a k-step is a whole number of bytes and at most 64 bits: eight codes at a time.
void pack_column_fast(const GemmLayout& layout, const std::uint8_t* codes, int column, std::uint64_t top_mask, std::uint8_t* out) {
  const int kstep = layout.geometry.kstep, bytes = kstep / 8, planes = layout.type.planes, per_cycle = layout.planes_per_cycle;
  for (int s = 0; s < layout.ksteps; ++s) {
    std::uint64_t bits[kernels::kMaxPlanes] = {};
    for (int j = 0; j < bytes; ++j) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, codes + std::int64_t{s} * kstep + std::int64_t{j} * 8, 8);
      const std::uint64_t turned = transpose8(eight);
      for (int p = 0; p < planes; ++p) bits[p] |= ((turned >> (8 * p)) & 0xFF) << (8 * j);
    }
    const long long base = kstep_offset(layout, s);
    for (int p = 0; p < planes; ++p) {
      const std::uint64_t folded = fold(bits[p], top_mask, layout.table_inputs);
      const long long lane = std::int64_t{column} * per_cycle + p % per_cycle;
      std::memcpy(out + base + p / per_cycle * layout.weight_word_bytes + lane * bytes, &folded, static_cast<std::size_t>(bytes));
    }
  }
}

void expect_size(const char* what, std::size_t given, long long wanted) {
  if (static_cast<long long>(given) != wanted) throw Error(fmt::format("{}: given {} bytes, the layout needs {}", what, given, wanted));
}

}  // namespace

int segment_ksteps(const ArchConfig& arch, const GemmShape& shape) {
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
      chunk_ksteps(chunk) {
  if (s.tokens < 1 || s.outputs < 1 || s.depth < 1)
    throw Error(fmt::format("a GEMM of {} x {} x {} is empty", s.tokens, s.outputs, s.depth));
  segment_ksteps = workloads::segment_ksteps(arch, s);
  ksteps = static_cast<int>(ceil_div(s.depth, geometry.kstep));
  if (segment_ksteps > 0) ksteps = static_cast<int>(round_up(ksteps, segment_ksteps));
  if (chunk < 1) throw Error(fmt::format("a k-chunk of {} k-steps is empty", chunk));
  if (segment_ksteps > 0 && chunk % segment_ksteps != 0 && segment_ksteps % chunk != 0) {
    throw Error(fmt::format("a k-chunk of {} k-steps is neither a multiple nor a divisor of the segment's {}", chunk, segment_ksteps));
  }
  chunks = static_cast<int>(ceil_div(ksteps, chunk));
  plane_groups = static_cast<int>(ceil_div(type.planes, planes_per_cycle));
  n_tiles = ceil_div(s.outputs, columns);
  m_tiles = ceil_div(s.tokens, rows);
  tile_rows = m_tiles == 1 ? s.tokens : rows;
  const long long bus = geometry.bus_bytes;
  weight_word_bytes = geometry.weight.stride_bytes;
  weight_chunk_bytes = padded_weight_words(chunk) * weight_word_bytes;
  weight_tile_bytes = weight_span(ksteps);
  weight_bytes = n_tiles * weight_tile_bytes;
  activation_pitch = round_up(std::int64_t{ksteps} * geometry.activation.stride_bytes, bus);
  activation_bytes = m_tiles * tile_rows * activation_pitch;
  output_pitch = n_tiles * columns * 4;
  output_bytes = m_tiles * tile_rows * output_pitch;
  chunk_parameter_words = 0;
  if (type.zero_mode == kernels::ZeroMode::kPerColumn) {
    chunk_parameter_words = geometry.accumulator_words_per_row * std::max(1, segment_ksteps > 0 ? chunk / segment_ksteps : 1);
  }
  chunk_parameter_bytes = round_up(std::int64_t{chunk_parameter_words} * geometry.parameter.stride_bytes, bus);
  parameter_bytes = n_tiles * chunks * chunk_parameter_bytes;
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
  const bool fast = layout.geometry.kstep % 8 == 0 && layout.geometry.kstep <= 64;
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
  const BitPlace place{layout};
  const int inputs = layout.table_inputs;
  const auto stored = [&tile, &place, column](int plane, long long k) {
    const long long at = place(column, plane, k);
    return (tile[static_cast<std::size_t>(at / 8)] >> (at % 8)) & 1;
  };
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(layout.shape.depth));
  for (long long k = 0; k < layout.shape.depth; ++k) {
    const long long top = k / inputs * inputs + inputs - 1;
    for (int p = 0; p < layout.type.planes; ++p) {
      const int bit = k == top || stored(p, top) == 1 ? stored(p, k) : stored(p, k) ^ 1;
      codes[static_cast<std::size_t>(k)] |= static_cast<std::uint8_t>(bit << p);
    }
  }
  return codes;
}

void pack_activations(const GemmLayout& layout, std::span<const std::int8_t> activations, std::span<std::uint8_t> out) {
  expect_size("packed activations", out.size(), layout.activation_bytes);
  expect_size("activations", activations.size(), layout.shape.tokens * layout.shape.depth);
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  const long long kstep = layout.geometry.kstep, stride = layout.geometry.activation.stride_bytes;
  for (long long m = 0; m < layout.shape.tokens; ++m) {
    for (long long k = 0; k < layout.shape.depth; k += kstep) {
      const auto count = static_cast<std::size_t>(std::min(kstep, layout.shape.depth - k));
      std::memcpy(out.data() + m * layout.activation_pitch + k / kstep * stride, activations.data() + m * layout.shape.depth + k, count);
    }
  }
}

std::vector<std::int8_t> unpack_activations(const GemmLayout& layout, std::span<const std::uint8_t> bytes) {
  expect_size("packed activations", bytes.size(), layout.activation_bytes);
  std::vector<std::int8_t> out(static_cast<std::size_t>(layout.shape.tokens * layout.shape.depth));
  const long long kstep = layout.geometry.kstep, stride = layout.geometry.activation.stride_bytes;
  for (long long m = 0; m < layout.shape.tokens; ++m) {
    for (long long k = 0; k < layout.shape.depth; ++k) {
      out[static_cast<std::size_t>(m * layout.shape.depth + k)] =
          static_cast<std::int8_t>(bytes[static_cast<std::size_t>(m * layout.activation_pitch + k / kstep * stride + k % kstep)]);
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

std::vector<std::int32_t> unpack_outputs(const GemmLayout& layout, std::span<const std::uint8_t> bytes) {
  expect_size("outputs", bytes.size(), layout.output_bytes);
  std::vector<std::int32_t> out(static_cast<std::size_t>(layout.shape.tokens * layout.shape.outputs));
  for (long long m = 0; m < layout.shape.tokens; ++m) {
    std::memcpy(out.data() + m * layout.shape.outputs, bytes.data() + m * layout.output_pitch,
                static_cast<std::size_t>(layout.shape.outputs) * 4);
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
  std::vector<std::int16_t> zeros(static_cast<std::size_t>(layout.columns * groups));
  std::vector<std::uint8_t> packed(static_cast<std::size_t>(tile_bytes));
  for (long long tile = 0; tile < layout.n_tiles; ++tile) {
    const long long begin = tile * layout.columns, end = std::min(begin + layout.columns, layout.shape.outputs);
    source.zeros(tensor, begin, end, zeros.data());
    pack_parameter_tile(layout, std::span(zeros).first(static_cast<std::size_t>((end - begin) * groups)), packed);
    sink(tile * tile_bytes, packed);
  }
}

}  // namespace lutra::workloads
