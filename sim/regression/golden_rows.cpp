// Rounds rows of activations as docs/numerics.md says, without a line of the machine's own arithmetic.
#include "sim/regression/golden_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "gen/float/model.h"

namespace lutra::regression {

GoldenRow::GoldenRow(const ArchConfig& config, int count, std::mt19937_64& random)
    : geometry_(config),
      group_(geometry_.grouped ? config.table.group : count),
      format_(lutra::find_float_format(config.array.activations)) {
  const lutra::FloatFormat* format = format_;
  for (int k = 0; k < count; ++k) {
    auto bits = static_cast<std::uint32_t>(random()) & (geometry_.wide ? 0xFFFFU : 0xFFU);
    // Near enough to each other that most count; infinities and NaNs are rare.
    if (format != nullptr) {
      const auto exponent = static_cast<std::uint32_t>(format->bias()) - 2 + static_cast<std::uint32_t>(random() % 5);
      const std::uint32_t rest = bits & (format->sign_bit() | ((1U << format->mantissa_bits) - 1));
      if (random() % 8 != 0) bits = rest | exponent << format->mantissa_bits;
      // Only in the last group, whose scale a segment that crosses groups has: the entries of a group with one of them are arbitrary.
      const bool allowed = random() % 100 == 0 && k / group_ == (count - 1) / group_;
      if (!allowed && (bits & format->infinity()) == format->infinity()) bits &= ~(1U << format->mantissa_bits);
    }
    bits_.push_back(bits);
    integers_.push_back(geometry_.wide ? static_cast<std::int16_t>(bits) : static_cast<std::int8_t>(bits));
  }
  for (int first = 0; first < count; first += group_) {
    scales_.push_back(1);
    inverses_.push_back(0);
    if (geometry_.aligned) align(config, first, std::min(count, first + group_));
    if (geometry_.quantised) quantise(config, first, std::min(count, first + group_));
  }
}

void GoldenRow::align(const ArchConfig& config, int first, int end) {
  const lutra::FloatFormat& format = *lutra::find_float_format(config.array.activations);
  int exponent = 1 - format.bias();
  std::vector<float> values;
  for (int k = first; k < end; ++k) {
    const float value = number(k);
    values.push_back(value);
    if (!std::isfinite(value)) scales_.back() = std::numeric_limits<float>::quiet_NaN();
    if (std::isfinite(value) && value != 0) exponent = std::max(exponent, std::ilogb(value));
  }
  if (std::isnan(scales_.back())) return;  // whatever the entries are
  const int mantissa = config.table.mantissa_bits;
  const double unit = std::ldexp(1.0, exponent - mantissa + 1), limit = std::ldexp(1.0, mantissa) - 1;
  scales_.back() = static_cast<float>(unit);
  for (int k = first; k < end; ++k)
    integers_[static_cast<std::size_t>(k)] =
        std::lrint(std::clamp(std::nearbyint(values[static_cast<std::size_t>(k - first)] / unit), -limit, limit));
}

void GoldenRow::quantise(const ArchConfig& config, int first, int end) {
  const int inputs = config.array.table_inputs;
  float most = 0;
  for (int k = first; k < end; k += inputs) {
    float sum = 0;
    for (int i = k; i < k + inputs; ++i) sum += std::fabs(static_cast<float>(integer(i)));
    most = std::max(most, sum);
  }
  if (most == 0) return;
  scales_.back() = most / 127.0F;
  inverses_.back() = 127.0F / most;
  if (config.table.scale == "divide") return;
  int e = -20;
  while (std::nearbyint(std::ldexp(most, -e)) > 127.0F) ++e;
  scales_.back() = std::ldexp(1.0F, e);
  inverses_.back() = std::ldexp(1.0F, -e);
}

float GoldenRow::number(int k) const { return std::bit_cast<float>(gen::float_convert(*format_, lutra::kFp32, bits(k))); }

std::int64_t GoldenRow::stored(std::int64_t sum, int k) const {
  if (!geometry_.quantised) return sum;
  const float value = static_cast<float>(sum) * inverses_[static_cast<std::size_t>(k / group_)];
  return std::lrint(std::clamp(std::nearbyint(value), -127.0F, 127.0F));
}

std::vector<std::uint8_t> stored_output(const ArchConfig& config, std::uint32_t bits) {
  std::uint32_t value = bits;
  if (config.scale.output == "fp16") value = gen::float_convert(lutra::kFp32, lutra::kFp16, bits);
  if (config.scale.output == "bf16") value = gen::float_convert(lutra::kFp32, lutra::kBf16, bits);
  if (config.scale.output == "int8") value = static_cast<std::uint32_t>(gen::float_to_int(lutra::kFp32, 8, bits));
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < Geometry(config).output_bytes; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return bytes;
}

}  // namespace lutra::regression
