// Builds tables of activation sums and quantises them (docs/numerics.md, Tables).
#include "kernels/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "isa/error.h"
#include "kernels/half.h"

namespace lutra::kernels {
namespace {

std::size_t size_of(int n) { return static_cast<std::size_t>(n); }

/// Table sizes of a plan whose tables hold `k` activations.
struct TableShape {
  TableShape(const PlanData& plan, int k)
      : k(size_of(k)), entries(std::size_t{1} << k), per_segment((size_of(plan.padded_segment) + this->k - 1) / this->k) {}
  std::size_t k, entries, per_segment;
};

/// Activation `i` of a segment; zero beyond the segment and beyond the row.
template <typename T>
T activation_at(const PlanData& plan, std::span<const T> row, int segment, std::size_t i) {
  const std::size_t k = size_of(segment) * size_of(plan.segment) + i;
  return i < size_of(plan.segment) && k < row.size() ? row[k] : T{0};
}

template <typename Entry, typename T>
NumberTables<Entry> build_tables(const PlanData& plan, std::span<const T> row) {
  const TableShape shape(plan, plan.options.table_k);
  NumberTables<Entry> tables;
  tables.entries.reserve(size_of(plan.segments) * shape.per_segment * shape.entries);
  for (int s = 0; s < plan.segments; ++s) {
    Entry sum = 0;
    for (std::size_t t = 0; t < shape.per_segment; ++t) {
      for (std::size_t x = 0; x < shape.entries; ++x) {
        Entry entry = 0;
        for (std::size_t i = 0; i < shape.k; ++i) {
          const auto a = static_cast<Entry>(activation_at(plan, row, s, t * shape.k + i));
          const Entry term = (x >> i & 1) != 0 ? a : -a;
          entry = i == 0 ? term : entry + term;
        }
        tables.entries.push_back(entry);
      }
      sum += tables.entries.back();
    }
    tables.sums.push_back(sum);
    tables.scales.push_back(1);
  }
  return tables;
}

struct TableScale {
  float scale = 1;
  float inverse = 0;
};

/// s_table and what entries are multiplied by, for entries of magnitude up to m.
TableScale table_scale(float m, bool pow2) {
  if (m == 0) return {};
  if (!pow2) return {m / 127.0F, 127.0F / m};
  int exponent = std::ilogb(m) - 7;
  while (std::nearbyint(std::ldexp(m, -exponent)) > 127.0F) ++exponent;
  exponent = std::max(exponent, -126);  // the scale is a normal FP32 number, and so is its inverse
  return {std::ldexp(1.0F, exponent), std::ldexp(1.0F, -exponent)};
}

template <typename Entry>
NumberTables<std::int32_t> quantise(const PlanData& plan, const NumberTables<Entry>& exact) {
  const TableShape shape(plan, plan.options.table_k);
  const std::size_t per_segment = shape.per_segment * shape.entries;
  const int table_group = plan.options.table_group == 0 ? plan.depth : plan.options.table_group;
  const auto group_segments = size_of((table_group + plan.segment - 1) / plan.segment);
  NumberTables<std::int32_t> tables;
  tables.entries.resize(exact.entries.size());
  for (std::size_t first = 0; first < size_of(plan.segments); first += group_segments) {
    const std::size_t last = std::min(first + group_segments, size_of(plan.segments));
    float m = 0;
    for (std::size_t i = first * per_segment; i < last * per_segment; ++i) m = std::max(m, std::fabs(static_cast<float>(exact.entries[i])));
    const TableScale scale = table_scale(m, plan.options.pow2);
    for (std::size_t i = first * per_segment; i < last * per_segment; ++i) {
      const auto entry = static_cast<float>(exact.entries[i]);
      // A subnormal m has an infinite inverse; 0 * inf is no entry.
      const float code = entry == 0 ? 0.0F : std::nearbyint(entry * scale.inverse);
      tables.entries[i] = static_cast<std::int32_t>(std::clamp(code, -127.0F, 127.0F));
    }
    for (std::size_t s = first; s < last; ++s) {
      std::int32_t sum = 0;
      for (std::size_t t = 0; t < shape.per_segment; ++t) sum += tables.entries[s * per_segment + (t + 1) * shape.entries - 1];
      tables.sums.push_back(sum);
      tables.scales.push_back(scale.scale);
    }
  }
  return tables;
}

float to_float(ValueType type, const std::uint8_t* at) {
  std::uint16_t half = 0;
  float value = 0;
  if (type == ValueType::kFp32) {
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
  std::memcpy(&half, at, sizeof(half));
  return type == ValueType::kFp16 ? fp16_to_float(half) : bf16_to_float(half);
}

std::size_t bytes_of(ValueType type) {
  switch (type) {
    case ValueType::kInt8:
      return 1;
    case ValueType::kFp16:
    case ValueType::kBf16:
      return 2;
    default:
      return 4;
  }
}

ByteTables exact_byte_tables(const PlanData& plan, std::span<const std::int8_t> row, int k) {
  const TableShape shape(plan, k);
  ByteTables tables;
  tables.bytes = AlignedBytes(size_of(plan.segments) * lookup_table_bytes(plan));
  const KernelSet& kernels = kernel_set(plan.target);
  std::vector<std::int8_t> segment(shape.per_segment * shape.k, 0);
  std::uint8_t* to = tables.bytes.data();
  for (int s = 0; s < plan.segments; ++s, to += lookup_table_bytes(plan)) {
    const std::size_t begin = size_of(s) * size_of(plan.segment), count = std::min(size_of(plan.segment), row.size() - begin);
    std::copy_n(row.begin() + static_cast<std::ptrdiff_t>(begin), count, segment.begin());
    std::fill(segment.begin() + static_cast<std::ptrdiff_t>(count), segment.end(), std::int8_t{0});
    std::int32_t sum = 0, smallest = 0;
    for (const int a : segment) {
      sum += a;
      smallest += std::min(a, 0);
    }
    kernels.exact_tables(k, segment.data(), shape.per_segment, to);
    tables.sums.push_back(sum);
    tables.corrections.push_back(plan.max_value * smallest);
    tables.scales.push_back(1);
  }
  return tables;
}

std::span<const std::int8_t> code_row(const ResolvedActivations& a, int token) {
  return std::span(a.codes).subspan(size_of(token) * size_of(a.depth), size_of(a.depth));
}

std::span<const float> value_row(const ResolvedActivations& a, int token) {
  return std::span(a.values).subspan(size_of(token) * size_of(a.depth), size_of(a.depth));
}

}  // namespace

std::size_t lookup_table_bytes(const PlanData& plan) {
  const auto padded = size_of(plan.padded_segment);
  if (plan.options.mode == TableMode::kQuantised) return padded / 4 * 16;
  return plan.layout == Layout::kSixBit ? padded / 6 * 128 : padded / 4 * 32;
}

ResolvedActivations resolve(const PlanData& plan, const Activations& a) {
  if (a.tokens < 1 || a.data == nullptr)
    throw Error(fmt::format("mpgemm: {} tokens of activations at {}", a.tokens, a.data == nullptr ? "no address" : "an address"));
  if (a.type == ValueType::kInt32) throw Error("mpgemm: activations are INT8, FP16, BF16 or FP32");
  if (!a.scales.empty() && (a.type != ValueType::kInt8 || a.scales.size() != size_of(a.tokens))) {
    throw Error(
        fmt::format("mpgemm: {} activation scales for {} tokens; INT8 activations have none or one a token", a.scales.size(), a.tokens));
  }
  const std::ptrdiff_t stride = a.stride == 0 ? plan.depth : a.stride;
  if (stride < plan.depth) throw Error(fmt::format("mpgemm: rows of activations are {} apart, a row has {}", stride, plan.depth));
  ResolvedActivations out;
  out.tokens = a.tokens;
  out.depth = plan.depth;
  out.scales.assign(size_of(a.tokens), 1.0F);
  const bool exact = plan.options.mode == TableMode::kExact;
  std::vector<float> row(size_of(plan.depth));
  for (int token = 0; token < a.tokens; ++token) {
    const auto* from = static_cast<const std::uint8_t*>(a.data) + token * stride * static_cast<std::ptrdiff_t>(bytes_of(a.type));
    if (a.type == ValueType::kInt8) {
      const auto* codes = reinterpret_cast<const std::int8_t*>(from);
      out.codes.insert(out.codes.end(), codes, codes + plan.depth);
      if (!a.scales.empty()) out.scales[size_of(token)] = a.scales[size_of(token)];
      continue;
    }
    for (std::size_t k = 0; k < row.size(); ++k) row[k] = to_float(a.type, from + k * bytes_of(a.type));
    if (exact) {
      const QuantisedToken quantised = quantise_token(row);
      out.codes.insert(out.codes.end(), quantised.codes.begin(), quantised.codes.end());
      out.scales[size_of(token)] = quantised.scale;
      continue;
    }
    if (plan.options.mode == TableMode::kQuantised && !std::all_of(row.begin(), row.end(), [](float v) { return std::isfinite(v); })) {
      throw Error(fmt::format("mpgemm: token {} has an activation that is infinite or not a number", token));
    }
    out.values.insert(out.values.end(), row.begin(), row.end());
  }
  return out;
}

PaddedRows pad_rows(const PlanData& plan, const ResolvedActivations& a, bool tiles) {
  PaddedRows rows;
  const auto padded = size_of(plan.padded_segment), segments = size_of(plan.segments), tokens = size_of(a.tokens);
  const std::size_t row_bytes = padded * segments;
  rows.row_bytes = static_cast<std::ptrdiff_t>(row_bytes);
  rows.codes.assign(tokens * row_bytes, 0);
  rows.sums.reserve(tokens * segments);
  for (std::size_t token = 0; token < tokens; ++token) {
    const std::span<const std::int8_t> row = code_row(a, static_cast<int>(token));
    for (std::size_t s = 0; s < segments; ++s) {
      const std::size_t begin = s * size_of(plan.segment), count = std::min(size_of(plan.segment), row.size() - begin);
      std::memcpy(rows.codes.data() + token * row_bytes + s * padded, row.data() + begin, count);
      std::int32_t sum = 0;
      for (std::size_t k = begin; k < begin + count; ++k) sum += row[k];
      rows.sums.push_back(sum);
    }
  }
  if (!tiles) return rows;
  rows.tiles.assign((tokens + kPanelTokens - 1) / kPanelTokens * kPanelTokens * row_bytes, 0);
  for (std::size_t token = 0; token < tokens; ++token) {
    std::int8_t* to = rows.tiles.data() + token / kPanelTokens * kPanelTokens * row_bytes + token % kPanelTokens * 4;
    for (std::size_t k = 0; k < row_bytes; k += 4) std::memcpy(to + k * kPanelTokens, rows.codes.data() + token * row_bytes + k, 4);
  }
  return rows;
}

NumberTables<std::int32_t> build_integer_tables(const PlanData& plan, const ResolvedActivations& a, int token) {
  return build_tables<std::int32_t>(plan, code_row(a, token));
}

NumberTables<float> build_float_tables(const PlanData& plan, const ResolvedActivations& a, int token) {
  if (a.codes.empty()) return build_tables<float>(plan, value_row(a, token));
  return build_tables<float>(plan, code_row(a, token));
}

NumberTables<std::int32_t> build_quantised_tables(const PlanData& plan, const ResolvedActivations& a, int token) {
  return a.codes.empty() ? quantise(plan, build_float_tables(plan, a, token)) : quantise(plan, build_integer_tables(plan, a, token));
}

ByteTables build_byte_tables(const PlanData& plan, const ResolvedActivations& a, int token) {
  if (plan.options.mode == TableMode::kExact) {
    return exact_byte_tables(plan, code_row(a, token), plan.layout == Layout::kSixBit ? 6 : 4);
  }
  NumberTables<std::int32_t> numbers = build_quantised_tables(plan, a, token);
  ByteTables tables;
  tables.bytes = AlignedBytes(numbers.entries.size());
  std::transform(numbers.entries.begin(), numbers.entries.end(), tables.bytes.data(),
                 [](std::int32_t e) { return static_cast<std::uint8_t>(e + 127); });
  tables.corrections.assign(size_of(plan.segments), -127 * plan.max_value * (plan.padded_segment / 4));
  tables.sums = std::move(numbers.sums);
  tables.scales = std::move(numbers.scales);
  return tables;
}

}  // namespace lutra::kernels
