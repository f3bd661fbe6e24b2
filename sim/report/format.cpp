// Formatting for the report.
#include "sim/report/format.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace lutra::report {

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string significant(double value) {
  if (value == 0) return "0";
  if (!std::isfinite(value)) return "–";
  // The exponent after rounding: 9.999 is 10.0, not 10.00.
  const std::string rounded = fmt::format("{:.2e}", value);
  const int digits = std::stoi(rounded.substr(rounded.find('e') + 1)) + 1;
  return digits >= 4 ? grouped(std::llround(value)) : fmt::format("{:.{}f}", value, std::max(0, 3 - digits));
}

std::string si(double value, std::string_view unit) {
  static constexpr std::array<std::string_view, 10> kPrefixes = {"p", "n", "µ", "m", "", "k", "M", "G", "T", "P"};
  int index = 4;
  double scaled = value;
  // 999.5 would print as 1000 with three digits.
  while (std::fabs(scaled) >= 999.5 && index < 9) scaled /= 1000, ++index;
  while (scaled != 0 && std::fabs(scaled) < 0.9995 && index > 0) scaled *= 1000, --index;
  const std::string_view prefix = kPrefixes[static_cast<std::size_t>(index)];
  if (prefix.empty() && unit.empty()) return significant(scaled);
  return fmt::format("{} {}{}", significant(scaled), prefix, unit);
}

std::string grouped(long long value) {
  std::string digits = fmt::format("{}", value < 0 ? -value : value);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<std::size_t>(i), "\u202f");
  return value < 0 ? "−" + digits : digits;
}

std::string percent(double part, double whole) { return whole > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : "–"; }

std::string fill(std::string_view text, const Slots& slots) {
  std::string out;
  while (true) {
    const std::size_t open = text.find("{{");
    const std::size_t close = text.find("}}", open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, open)).append(slots.at(std::string(text.substr(open + 2, close - open - 2))));
    text.remove_prefix(close + 2);
  }
}

}  // namespace lutra::report
