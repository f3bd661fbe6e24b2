// Names, planes and bounds of the weight data types.
#include "workloads/weight_format.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "isa/error.h"
#include "isa/geometry.h"

namespace lutra::workloads {
namespace {

constexpr int kMaxGroup = 1 << 16;

[[noreturn]] void refuse(const std::string& text) {
  throw Error(
      fmt::format("weight format '{}' is not known; allowed are ternary, binary, int1 to int8, odd1 to odd8 and uint1 to uint8, "
                  "each of the last three with _gN for a group of N along k (such as int4_g128)",
                  text));
}

/// Reads a decimal number off the front of `text`; false when there is none or it is out of [1, max].
bool take_number(std::string_view& text, int max, int& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || value < 1 || value > max) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

std::string to_string(const WeightFormat& format) {
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
  }
  name += std::to_string(format.bits);
  if (format.group > 0) name += fmt::format("_g{}", format.group);
  return name;
}

WeightFormat parse_weight_format(const std::string& text) {
  if (text == "ternary") return {WeightKind::kTernary, 2, 0};
  if (text == "binary") return {WeightKind::kBinary, 1, 0};
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
    refuse(text);
  }
  if (!take_number(rest, kernels::kMaxPlanes, format.bits)) refuse(text);
  if (starts("_g") && !take_number(rest, kMaxGroup, format.group)) refuse(text);
  if (!rest.empty()) refuse(text);
  return format;
}

std::vector<std::string> weight_format_examples() {
  return {"ternary", "binary", "int2", "int4", "int4_g128", "int8", "odd2", "uint4_g128"};
}

kernels::PlaneType plane_type(const WeightFormat& format) {
  kernels::PlaneType type;
  type.planes = format.bits;
  if (format.kind != WeightKind::kTernary) {
    for (int p = 0; p < format.bits; ++p) type.shifts[static_cast<std::size_t>(p)] = static_cast<std::uint8_t>(p);
  }
  if (format.kind == WeightKind::kTwosComplement) {
    type.zero_mode = kernels::ZeroMode::kConstant;
    type.zero = 1;
  } else if (format.kind == WeightKind::kZeroPoint) {
    type.zero_mode = kernels::ZeroMode::kPerColumn;
  }
  return type;
}

int storage_bits(const WeightFormat& format) { return format.bits; }

std::string scale_layout(const WeightFormat& format) {
  if (format.kind == WeightKind::kTernary) return "tensor";
  return format.group > 0 ? fmt::format("group{}", format.group) : "channel";
}

long long scale_count(const WeightFormat& format, long long outputs, long long depth) {
  if (format.kind == WeightKind::kTernary) return 1;
  return outputs * (format.group > 0 ? ceil_div(depth, format.group) : 1);
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
  }
  return largest;
}

}  // namespace lutra::workloads
