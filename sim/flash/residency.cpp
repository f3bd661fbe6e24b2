// The residencies.
#include "sim/flash/residency.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "isa/error.h"

namespace lutra::flash {

std::int64_t Residency::held_between(std::uint32_t, std::uint32_t) const {
  throw Error("this residency does not keep its rows compact: compute_resident asks for residency window");
}

StaticResidency::StaticResidency(std::int64_t granules, std::int64_t capacity, std::int64_t per_expert)
    : capacity_(std::min(capacity, granules)), per_expert_(per_expert) {
  const std::int64_t experts = granules / per_expert;
  kept_ = capacity_ / experts;
  held_ = kept_ * experts;
  // A stride without common divisor visits every granule once: the kept ones are spread over those used often and seldom.
  stride_ = std::max<std::int64_t>(1, per_expert_ * 618 / 1000);
  while (std::gcd(stride_, per_expert_) != 1) ++stride_;
}

bool StaticResidency::lookup(std::uint32_t granule) { return granule % per_expert_ * stride_ % per_expert_ < kept_; }

WindowResidency::WindowResidency(std::int64_t granules, std::int64_t capacity, int window)
    : capacity_(capacity), window_(window), last_(static_cast<std::size_t>(granules), -1), recent_(static_cast<std::size_t>(window) + 1) {}

void WindowResidency::use(std::uint32_t granule) {
  if (last_[granule] == token_) return;
  last_[granule] = token_;
  recent_[static_cast<std::size_t>(token_) % recent_.size()].push_back(granule);
}

bool WindowResidency::lookup(std::uint32_t granule) {
  if (last_[granule] < 0) return false;
  use(granule);
  return true;
}

void WindowResidency::insert(std::uint32_t granule) {
  if (last_[granule] >= 0) return;
  if (++held_ > capacity_)
    throw Error(
        fmt::format("a window of {} tokens holds more than the {} neurons that fit in the DRAM budget: a larger budget or a smaller "
                    "window is needed",
                    window_, capacity_));
  use(granule);
}

void WindowResidency::next_token() {
  ++token_;
  // What was used window + 1 tokens ago and not since leaves.
  auto& oldest = recent_[static_cast<std::size_t>(token_) % recent_.size()];
  for (const std::uint32_t granule : oldest) {
    if (last_[granule] != token_ - window_ - 1) continue;
    last_[granule] = -1;
    --held_;
  }
  oldest.clear();
}

std::int64_t WindowResidency::held_between(std::uint32_t begin, std::uint32_t end) const {
  return std::count_if(last_.begin() + begin, last_.begin() + end, [](std::int32_t token) { return token >= 0; });
}

LruResidency::LruResidency(std::int64_t granules, std::int64_t capacity)
    : capacity_(std::min(capacity, granules)), links_(static_cast<std::size_t>(granules)), present_(static_cast<std::size_t>(granules)) {}

void LruResidency::unlink(std::uint32_t granule) {
  const Links links = links_[granule];
  (links.before == kNone ? newest_ : links_[links.before].after) = links.after;
  (links.after == kNone ? oldest_ : links_[links.after].before) = links.before;
}

void LruResidency::push_front(std::uint32_t granule) {
  links_[granule] = {kNone, newest_};
  (newest_ == kNone ? oldest_ : links_[newest_].before) = granule;
  newest_ = granule;
}

bool LruResidency::lookup(std::uint32_t granule) {
  if (!present_[granule]) return false;
  if (granule != newest_) {
    unlink(granule);
    push_front(granule);
  }
  return true;
}

void LruResidency::insert(std::uint32_t granule) {
  if (capacity_ == 0 || present_[granule]) return;
  if (held_ == capacity_) {
    const std::uint32_t victim = oldest_;
    unlink(victim);
    present_[victim] = false;
    --held_;
  }
  present_[granule] = true;
  push_front(granule);
  ++held_;
}

}  // namespace lutra::flash
