// Tabulates the nearest code once, so that generating weights takes one look-up each.
#include "workloads/types/nearest_code.h"

#include <algorithm>
#include <cmath>

namespace lutra::workloads {
namespace {

constexpr int kHalf = 8192;  // table steps from 0 to the largest magnitude

/// The value of a code; scales of sign planes are 1, 2, 4, ...
double value_of(const Lowering& l, std::uint32_t code) {
  if (l.type.kind == ValueKind::kTable) return l.type.values[code];
  return 2.0 * code - ((1 << l.type.code_bits) - 1);
}

}  // namespace

NearestCode::NearestCode(const Lowering& l) {
  std::vector<std::pair<double, std::uint32_t>> sorted;
  for (std::uint32_t code = 0; code < l.words.size(); ++code)
    if (l.words[code] != kNoCode) sorted.emplace_back(value_of(l, code), l.words[code]);
  std::sort(sorted.begin(), sorted.end());
  top_ = std::max(-sorted.front().first, sorted.back().first);
  std::size_t at = 0;
  for (int i = -kHalf; i <= kHalf; ++i) {
    const double wanted = top_ * i / kHalf;
    while (at + 1 < sorted.size() && std::fabs(sorted[at + 1].first - wanted) <= std::fabs(sorted[at].first - wanted)) ++at;
    words_.push_back(sorted[at].second);
  }
}

std::uint32_t NearestCode::word(float share) const {
  const float at = std::min(std::max(share, -1.0F), 1.0F) * kHalf;
  return words_[static_cast<std::size_t>(std::lrint(at) + kHalf)];
}

}  // namespace lutra::workloads
