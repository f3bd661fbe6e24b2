// How many of some were reached.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lutra::trust {

struct Share {
  std::int64_t hit = 0, all = 0;
  [[nodiscard]] double percent() const { return all == 0 ? 100 : 100.0 * static_cast<double>(hit) / static_cast<double>(all); }
  void add(bool reached) { ++all, hit += reached ? 1 : 0; }
};

inline Share sum(const std::map<std::string, Share>& parts) {
  Share whole;
  for (const auto& [name, share] : parts) whole.hit += share.hit, whole.all += share.all;
  return whole;
}

}  // namespace lutra::trust
