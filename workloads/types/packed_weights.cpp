// Lowers packed tiles on demand.
#include "workloads/types/packed_weights.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "isa/error.h"
#include "isa/geometry.h"
#include "kernels/half.h"

namespace lutra::workloads {
namespace {

struct Word {
  std::uint32_t bits = 0;
  int width = 0;
};

Word word_of(const Factor& factor, std::span<const std::uint8_t> tile, int index) {
  int run_index = index;
  for (const WordRun& run : factor.words) {
    if (run_index >= run.count) {
      run_index -= run.count;
      continue;
    }
    Word word;
    for (const BitPiece& piece : run.pieces) {
      for (int bit = 0; bit < piece.bits; ++bit, ++word.width) {
        const int at = piece.at + run_index * piece.step + bit;
        word.bits |= static_cast<std::uint32_t>((tile[static_cast<std::size_t>(at / 8)] >> (at % 8)) & 1) << word.width;
      }
    }
    return word;
  }
  return {};
}

double plain_value(const Factor& factor, const Word& word) {
  switch (factor.as) {
    case ScaleCode::kFp16:
      return kernels::fp16_to_float(static_cast<std::uint16_t>(word.bits));
    case ScaleCode::kFp32:
      return std::bit_cast<float>(word.bits);
    case ScaleCode::kE8M0:
      return word.bits == 255 ? std::nan("") : std::ldexp(1.0, static_cast<int>(word.bits) - 127);
    case ScaleCode::kUnsigned:
      return static_cast<double>(word.bits) - factor.less;
    case ScaleCode::kSigned:
      return static_cast<double>(word.bits) - ((word.bits >> (word.width - 1)) != 0 ? std::ldexp(1.0, word.width) : 0);
  }
  return 0;
}

double factor_value(const Factor& factor, std::span<const std::uint8_t> tile, int index) {
  const double value = plain_value(factor, word_of(factor, tile, index));
  return factor.negated ? -value : value;
}

double product(const std::vector<Factor>& factors, const DataType& type, std::span<const std::uint8_t> tile, int group) {
  double value = 1;
  for (const Factor& factor : factors) value *= factor_value(factor, tile, group * type.group / (type.weights / factor.count));
  return value;
}

}  // namespace

TileScale tile_scale(const DataType& type, std::span<const std::uint8_t> tile, int index) {
  return {product(type.scale, type, tile, index), type.minimum.empty() ? 0 : product(type.minimum, type, tile, index)};
}

long long packed_row_bytes(const DataType& type, long long depth) { return ceil_div(depth, type.weights) * type.bytes; }

void PackedWeights::add(const std::string& name, const PackedTensor& tensor) {
  Entry entry{tensor, parse_lowering(tensor.type), {}};
  const DataType& type = entry.lowering.type;
  const auto expect = [&name, &tensor](const char* what, std::size_t given, long long wanted) {
    if (static_cast<long long>(given) != wanted)
      throw Error(fmt::format("{}: {} x {} weights of {} need {} {}, given are {}", name, tensor.outputs, tensor.depth, tensor.type, wanted,
                              what, given));
  };
  expect("bytes", tensor.bytes.size(), tensor.outputs * packed_row_bytes(type, tensor.depth));
  const long long groups = entry.lowering.group == 0 ? 1 : ceil_div(tensor.depth, entry.lowering.group);
  if (!tensor.scales.empty()) expect("scales", tensor.scales.size(), tensor.outputs * groups * format_of(entry.lowering).scales);
  if (type.kind == ValueKind::kZeroPoint) expect("zero points", tensor.zeros.size(), tensor.outputs * groups);
  entry.chain = unpacking(type);
  entry.chain.add(make_convert(entry.lowering.words, 1, "codes to planes"));
  entries_.insert_or_assign(name, std::move(entry));
}

const PackedWeights::Entry& PackedWeights::find(const Tensor& tensor) const {
  const auto found = entries_.find(tensor.name);
  if (found == entries_.end()) throw Error(fmt::format("there are no weights for '{}'", tensor.name));
  const Entry& e = found->second;
  if (e.tensor.outputs != tensor.outputs || e.tensor.depth != tensor.depth) {
    throw Error(fmt::format("the weights of '{}' are {} x {}, asked for are {} x {}", tensor.name, e.tensor.outputs, e.tensor.depth,
                            tensor.outputs, tensor.depth));
  }
  const std::string wanted = tensor.format.type.empty() ? to_string(tensor.format) : tensor.format.type;
  if (wanted != e.tensor.type) throw Error(fmt::format("the weights of '{}' are {}, asked for are {}", tensor.name, e.tensor.type, wanted));
  return e;
}

void PackedWeights::codes(const Tensor& tensor, long long begin, long long end, std::uint8_t* out) const {
  const Entry& e = find(tensor);
  const DataType& type = e.lowering.type;
  const LoweringPass& pass = e.lowering.passes.at(static_cast<std::size_t>(tensor.format.pass));
  const auto mask = (1U << pass.format.bits) - 1;
  const long long row_bytes = packed_row_bytes(type, tensor.depth);
  for (long long row = begin; row < end; ++row) {
    for (long long k = 0; k < tensor.depth; k += type.weights) {
      const auto tile = e.tensor.bytes.subspan(static_cast<std::size_t>(row * row_bytes + k / type.weights * type.bytes),
                                               static_cast<std::size_t>(type.bytes));
      const Elements words = e.chain.apply(Elements(tile.begin(), tile.end()));
      for (long long i = 0; i < std::min<long long>(type.weights, tensor.depth - k); ++i)
        *out++ = static_cast<std::uint8_t>((words[static_cast<std::size_t>(i)] >> pass.first_plane) & mask);
    }
  }
}

void PackedWeights::zeros(const Tensor& tensor, long long begin, long long end, std::int16_t* out) const {
  const Entry& e = find(tensor);
  const long long groups = group_count(tensor);
  for (long long i = begin * groups; i < end * groups; ++i)
    *out++ = static_cast<std::int16_t>(2 * e.tensor.zeros[static_cast<std::size_t>(i)] + 1 - (1 << tensor.format.bits));
}

void PackedWeights::scales(const Tensor& tensor, long long begin, long long end, float* out) const {
  const Entry& e = find(tensor);
  const DataType& type = e.lowering.type;
  const LoweringPass& pass = e.lowering.passes.at(static_cast<std::size_t>(tensor.format.pass));
  const long long groups = group_count(tensor), row_bytes = packed_row_bytes(type, tensor.depth);
  const int per_group = format_of(e.lowering).scales;
  for (long long row = begin; row < end; ++row) {
    for (long long group = 0; group < groups; ++group) {
      double scale = 1;
      if (!type.scales_beside()) {
        const long long tile = group * type.group / type.weights;
        const auto bytes =
            e.tensor.bytes.subspan(static_cast<std::size_t>(row * row_bytes + tile * type.bytes), static_cast<std::size_t>(type.bytes));
        scale = tile_scale(type, bytes, static_cast<int>(group % (type.weights / type.group))).scale;
      } else if (!e.tensor.scales.empty()) {
        scale = e.tensor.scales[static_cast<std::size_t>((row * groups + group) * per_group + pass.scale_index)];
      }
      *out++ = static_cast<float>(pass.factor * scale);
    }
  }
}

void PackedWeights::offsets(const Tensor& tensor, long long begin, long long end, float* out) const {
  const Entry& e = find(tensor);
  const DataType& type = e.lowering.type;
  const long long groups = group_count(tensor), row_bytes = packed_row_bytes(type, tensor.depth);
  for (long long row = begin; row < end; ++row) {
    for (long long group = 0; group < groups; ++group) {
      double minimum = 0;
      if (!type.minimum.empty() && tensor.format.pass == 0) {
        const long long tile = group * type.group / type.weights;
        const auto bytes =
            e.tensor.bytes.subspan(static_cast<std::size_t>(row * row_bytes + tile * type.bytes), static_cast<std::size_t>(type.bytes));
        minimum = tile_scale(type, bytes, static_cast<int>(group % (type.weights / type.group))).minimum;
      }
      *out++ = static_cast<float>(-minimum);
    }
  }
}

}  // namespace lutra::workloads
