// Names, planes and bounds of the weight data types.
#include "workloads/weight_format.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "isa/error.h"
#include "isa/geometry.h"
#include "workloads/types/lowering.h"

namespace lutra::workloads {
namespace {

constexpr int kMaxGroup = 1 << 16;

/// Reads a decimal number off the front of `text`; false when there is none or it is out of [1, max].
bool take_number(std::string_view& text, int max, int& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || value < 1 || value > max) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

std::string to_string(const WeightFormat& format) {
  if (!format.type.empty()) {
    const bool one_of_several = format.passes > 1 && format.kind != WeightKind::kPasses;
    return one_of_several ? fmt::format("{}#{}", format.type, format.pass) : format.type;
  }
  std::string name;
  switch (format.kind) {
    case WeightKind::kTernary:
      return "ternary";
    case WeightKind::kBinary:
      return "binary";
    case WeightKind::kTwosComplement:
      name = "int";
      break;
    case WeightKind::kOddSymmetric:
      name = "odd";
      break;
    case WeightKind::kZeroPoint:
      name = "uint";
      break;
    case WeightKind::kConstantZero:
    case WeightKind::kPasses:
      throw Error("these planes have no name of their own, only that of the type they are lowered from");
  }
  name += std::to_string(format.bits);
  if (format.group > 0) name += fmt::format("_g{}", format.group);
  return name;
}

namespace {

/// The kinds that need no table of types; none when `text` is not one of theirs.
std::optional<WeightFormat> parse_plain(const std::string& text) {
  if (text == "ternary") return WeightFormat{WeightKind::kTernary, 2, 0};
  if (text == "binary") return WeightFormat{WeightKind::kBinary, 1, 0};
  std::string_view rest = text;
  WeightFormat format;
  const auto starts = [&rest](std::string_view prefix) {
    if (rest.substr(0, prefix.size()) != prefix) return false;
    rest.remove_prefix(prefix.size());
    return true;
  };
  if (starts("int")) {
    format.kind = WeightKind::kTwosComplement;
  } else if (starts("odd")) {
    format.kind = WeightKind::kOddSymmetric;
  } else if (starts("uint")) {
    format.kind = WeightKind::kZeroPoint;
  } else {
    return std::nullopt;
  }
  if (!take_number(rest, kernels::kMaxPlanes, format.bits)) return std::nullopt;
  if (starts("_g") && !take_number(rest, kMaxGroup, format.group)) return std::nullopt;
  if (!rest.empty()) return std::nullopt;
  return format;
}

}  // namespace

WeightFormat parse_weight_format(const std::string& text, bool allow_loss) {
  if (const auto plain = parse_plain(text)) return *plain;
  const std::size_t hash = text.rfind('#');
  const Lowering lowering = parse_lowering(text.substr(0, hash), allow_loss);
  if (hash == std::string::npos) return format_of(lowering);
  std::string_view rest = std::string_view(text).substr(hash + 1);
  int pass = 0;
  if (rest == "0") return format_of(lowering, 0);
  if (!take_number(rest, static_cast<int>(lowering.passes.size()) - 1, pass) || !rest.empty())
    throw Error(fmt::format("'{}': allowed behind # is a pass, 0 to {}", text, lowering.passes.size() - 1));
  return format_of(lowering, pass);
}

std::vector<WeightFormat> passes_of(const WeightFormat& format) {
  if (format.kind != WeightKind::kPasses) return {format};
  const Lowering lowering = parse_lowering(format.type);
  std::vector<WeightFormat> formats;
  for (int pass = 0; pass < format.passes; ++pass) formats.push_back(format_of(lowering, pass));
  return formats;
}

std::vector<std::string> weight_format_examples() {
  return {"ternary", "binary", "int2", "int4", "int4_g128", "int8", "odd2", "uint4_g128", "mxfp4", "q4_k", "nf4_g64~8"};
}

kernels::PlaneType plane_type(const WeightFormat& format) {
  if (format.kind == WeightKind::kPasses) throw Error(fmt::format("{} is {} multiplications, not one", to_string(format), format.passes));
  kernels::PlaneType type;
  type.planes = format.bits;
  if (format.kind != WeightKind::kTernary) {
    for (int p = 0; p < format.bits; ++p) type.shifts[static_cast<std::size_t>(p)] = static_cast<std::uint8_t>(p);
  }
  if (format.kind == WeightKind::kTwosComplement) {
    type.zero_mode = kernels::ZeroMode::kConstant;
    type.zero = 1;
  } else if (format.kind == WeightKind::kConstantZero) {
    type.zero_mode = kernels::ZeroMode::kConstant;
    type.zero = 2 * format.zero + 1 - (1 << format.bits);
  } else if (format.kind == WeightKind::kZeroPoint) {
    type.zero_mode = kernels::ZeroMode::kPerColumn;
  }
  return type;
}

int storage_bits(const WeightFormat& format) { return format.bits; }

std::string scale_layout(const WeightFormat& format) {
  if (format.kind == WeightKind::kTernary && format.group == 0) return "tensor";
  return format.group > 0 ? fmt::format("group{}", format.group) : "channel";
}

long long scale_count(const WeightFormat& format, long long outputs, long long depth) {
  if (format.kind == WeightKind::kTernary && format.group == 0) return 1;
  return outputs * format.scales * (format.group > 0 ? ceil_div(depth, format.group) : 1);
}

int max_magnitude(const WeightFormat& format) {
  const int largest = kernels::max_plane_value(plane_type(format));
  switch (format.kind) {
    case WeightKind::kTernary:
    case WeightKind::kBinary:
    case WeightKind::kOddSymmetric:
      return largest;
    case WeightKind::kTwosComplement:
      return largest + 1;
    case WeightKind::kZeroPoint:
      return 2 * largest;
    case WeightKind::kConstantZero:
      return largest + std::abs(plane_type(format).zero);
    case WeightKind::kPasses:
      break;
  }
  return largest;
}

}  // namespace lutra::workloads
