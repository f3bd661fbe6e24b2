#include "sim/model/float_tables.h"

#include <bit>
#include <cmath>
#include <vector>

#include "isa/error.h"
#include "kernels/float_code.h"
#include "sim/model/packed_bits.h"

namespace lutra::model {
namespace {

constexpr std::uint32_t kCanonicalNan = 0x7FC00000;

std::uint32_t encoded(float value) { return std::isnan(value) ? kCanonicalNan : std::bit_cast<std::uint32_t>(value); }

}  // namespace

FloatTables::FloatTables(const ArchConfig& config, const Geometry& geometry)
    : geometry_(geometry),
      rows_(config.array.rows),
      inputs_(config.array.table_inputs),
      format_(find_float_format(config.array.activations)) {
  if (geometry.floating && format_ == nullptr)
    throw Error("float tables are made of floating-point activations, not " + config.array.activations);
}

/// From left to right, sums of the inputs so far with the highest one added: a sum in which it is subtracted is the negative of one.
void FloatTables::put(const std::uint8_t* activations, int row, std::uint8_t* word) const {
  std::vector<float> sums;
  for (int i = 0; i < inputs_; ++i) {
    const float top = kernels::decode_float(*format_, bits_of(activations, std::int64_t{i} * format_->bits(), format_->bits()));
    std::vector<float> lower;
    lower.swap(sums);
    if (geometry_.ternary) sums = lower;
    for (std::size_t j = lower.size(); j-- > 0;) sums.push_back(-lower[j] + top);
    if (geometry_.ternary || i == 0) sums.push_back(top);
    for (const float sum : lower) sums.push_back(sum + top);
  }
  std::int64_t at = std::int64_t{row} * geometry_.table_row_bits;
  for (std::size_t j = 0; j < sums.size(); ++j, at += geometry_.entry_bits) put_bits(word, at, geometry_.entry_bits, encoded(sums[j]));
  const std::int64_t all = std::int64_t{rows_} * geometry_.table_row_bits + std::int64_t{row} * geometry_.sum_bits;
  put_bits(word, all, geometry_.sum_bits, encoded(sums.back()));
}

}  // namespace lutra::model
