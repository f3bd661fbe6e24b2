#include "sim/model/grouped_tables.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <string>

#include "sim/model/packed_bits.h"

namespace lutra::model {
namespace {

constexpr int kLargestEntry = 127;

/// value / 2^shift, rounded to nearest even.
std::int64_t rounded_shift(std::int64_t value, int shift) {
  if (shift <= 0) return value << -shift;
  if (shift > 62) return 0;
  const std::int64_t whole = value >> shift, rest = value - (whole << shift), half = std::int64_t{1} << (shift - 1);
  return whole + (rest > half || (rest == half && (whole & 1) != 0) ? 1 : 0);
}

}  // namespace

GroupedTables::GroupedTables(const ArchConfig& config, const Geometry& geometry)
    : geometry_(geometry),
      inputs_(config.array.table_inputs),
      mantissa_bits_(config.table.mantissa_bits),
      divide_(config.table.scale == "divide"),
      format_(find_float_format(config.array.activations)) {}

std::uint32_t GroupedTables::bits(const std::uint8_t* word, int index) const {
  if (!geometry_.wide) return word[index];
  return word[2 * index] | static_cast<std::uint32_t>(word[2 * index + 1]) << 8U;
}

std::int32_t GroupedTables::integer(const std::uint8_t* word, int index) const {
  const std::uint32_t value = bits(word, index);
  return geometry_.wide ? static_cast<std::int16_t>(value) : static_cast<std::int8_t>(value);
}

/// Biased; that of a subnormal number is 1.
int GroupedTables::exponent(std::uint32_t bits) const {
  const std::uint32_t field = bits >> static_cast<unsigned>(format_->mantissa_bits) & format_->top_exponent();
  return std::max(1, static_cast<int>(field));
}

void GroupedTables::look(const std::uint8_t* word, GroupLook& look) const {
  for (int t = 0; geometry_.quantised && t < geometry_.tables; ++t) {
    std::int64_t sum = 0;
    for (int i = 0; i < inputs_; ++i) sum += std::abs(integer(word, t * inputs_ + i));
    look.largest = std::max(look.largest, sum);
  }
  for (int i = 0; geometry_.aligned && i < geometry_.kstep; ++i) {
    const std::uint32_t value = bits(word, i);
    look.largest = std::max<std::int64_t>(look.largest, exponent(value));
    const std::uint32_t ones = format_->nan == NanEncoding::kAllOnes ? format_->sign_bit() - 1 : format_->infinity();
    look.special = look.special || (value & ones) == ones;
  }
}

/// e of the scale 2^e of quantised tables.
int GroupedTables::shift(const GroupLook& look) const {
  int e = -6;
  while (rounded_shift(look.largest * 64, e + 6) > kLargestEntry) ++e;
  return e;
}

std::uint32_t GroupedTables::scale(const GroupLook& look) const {
  if (geometry_.aligned) {
    if (look.special) return kFp32.canonical_nan;
    return std::bit_cast<std::uint32_t>(std::ldexp(1.0F, static_cast<int>(look.largest) - format_->bias() - mantissa_bits_ + 1));
  }
  if (look.largest == 0) return std::bit_cast<std::uint32_t>(1.0F);
  const float scale = divide_ ? static_cast<float>(look.largest) / 127.0F : std::ldexp(1.0F, shift(look));
  return std::bit_cast<std::uint32_t>(scale);
}

std::int32_t GroupedTables::aligned(std::uint32_t bits, int shared) const {
  const auto field_shift = static_cast<unsigned>(format_->mantissa_bits);
  const std::uint32_t hidden = 1U << field_shift;
  const bool normal = (bits >> field_shift & format_->top_exponent()) != 0;
  const std::int64_t significand = (bits & (hidden - 1)) | (normal ? hidden : 0U);
  const int down = shared - exponent(bits) - (mantissa_bits_ - format_->precision());
  // Only where somebody overwrites activations that have been looked at: a larger exponent than the shared one leaves nothing.
  if (shared - exponent(bits) + std::max(0, format_->precision() - mantissa_bits_) < 0) return 0;
  const std::int64_t magnitude = std::min<std::int64_t>(rounded_shift(significand, down), (std::int64_t{1} << mantissa_bits_) - 1);
  const bool negative = (bits & format_->sign_bit()) != 0;
  return static_cast<std::int32_t>(negative ? -magnitude : magnitude);
}

GroupedTables::Quantiser GroupedTables::quantiser(const GroupLook& look) const {
  if (!geometry_.quantised) return {};
  return divide_ ? Quantiser{0, 127.0F / static_cast<float>(look.largest)} : Quantiser{shift(look), 0};
}

std::int32_t GroupedTables::quantised(std::int32_t sum, const Quantiser& quantiser) const {
  if (!divide_) return static_cast<std::int32_t>(rounded_shift(std::int64_t{sum} * 64, quantiser.shift + 6));
  const float product = static_cast<float>(sum) * quantiser.inverse;
  return static_cast<std::int32_t>(std::clamp(std::nearbyint(product), -128.0F, 127.0F));
}

std::int32_t GroupedTables::put(const std::uint8_t* word, const GroupLook& look, int row, int first, int count, std::uint8_t* to) const {
  std::int32_t all = 0;
  const Quantiser rounding = quantiser(look);
  for (int t = first; t < first + count; ++t) {
    std::int64_t at = std::int64_t{row} * geometry_.table_row_bits + std::int64_t{t} * geometry_.stored_table_bits;
    std::int32_t a[6];
    for (int i = 0; i < inputs_; ++i)
      a[i] = geometry_.aligned ? aligned(bits(word, t * inputs_ + i), static_cast<int>(look.largest)) : integer(word, t * inputs_ + i);
    for (int j = 0; j < geometry_.entries; ++j, at += geometry_.entry_bits) {
      std::int32_t entry = 0;
      for (int i = 0, number = j + 1; i < inputs_; ++i) {
        const int trit = (number + 1) % 3 - 1;
        number = (number - trit) / 3;
        entry += (geometry_.ternary ? trit : i == inputs_ - 1 || (j >> i & 1) != 0 ? 1 : -1) * a[i];
      }
      if (geometry_.quantised) entry = entry == 0 ? 0 : static_cast<std::int8_t>(quantised(entry, rounding));
      put_bits(to, at, geometry_.entry_bits, static_cast<std::uint32_t>(geometry_.parity ? entry >> 1 : entry));
      if (geometry_.parity && j + 1 == geometry_.entries) put_bits(to, at + geometry_.entry_bits, 1, static_cast<std::uint32_t>(entry & 1));
      if (j + 1 == geometry_.entries) all += entry;
    }
  }
  return all;
}

}  // namespace lutra::model
