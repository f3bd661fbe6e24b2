// Arbitration and counting, edge by edge.
#include "sim/model/semaphores.h"

namespace lutra::model {

std::uint8_t Semaphores::arbitrate(Cycle now, const std::array<Unit*, kUnits>& units) {
  std::uint8_t available = 0;
  for (int s = 0; s < kCounters; ++s)
    if (counts_[static_cast<std::size_t>(s)] > 0) available = static_cast<std::uint8_t>(available | 1 << s);
  std::uint8_t started = 0;
  for (std::size_t i = 0; i < units.size(); ++i) {
    Unit* unit = units[i];
    if (!unit->wants_start(now)) continue;
    const std::uint8_t mask = unit->wait_mask();
    // What a unit of higher priority takes at this edge is not there for the others, whatever the count.
    if ((mask & ~available) != 0) continue;
    unit->start(now);
    available = static_cast<std::uint8_t>(available & ~mask);
    taken_ = static_cast<std::uint8_t>(taken_ | mask);
    started = static_cast<std::uint8_t>(started | 1U << i);
  }
  return started;
}

bool Semaphores::finish(Cycle now) {
  const bool clear = clear_at_ == now;
  overflowed_ = false;
  if (taken_ == 0 && pending_.empty() && !clear) return false;
  bool changed = clear || taken_ != 0;
  for (int s = 0; s < kCounters; ++s)
    if (((taken_ >> s) & 1) != 0) --counts_[static_cast<std::size_t>(s)];
  taken_ = 0;
  std::size_t kept = 0;
  for (const Increment& i : pending_) {
    if (i.edge > now) {
      pending_[kept++] = i;
      continue;
    }
    changed = true;
    for (int s = 0; s < kCounters; ++s)
      if (((i.mask >> s) & 1) != 0) counts_[static_cast<std::size_t>(s)] += i.count;
  }
  pending_.resize(kept);
  for (int& count : counts_) {
    if (clear) count = 0;
    if (count > 255) {
      overflowed_ = true;
      count = 255;
    }
  }
  return changed;
}

Cycle Semaphores::next_event(Cycle now) const {
  Cycle next = kNever;
  for (const Increment& i : pending_) next = std::min(next, i.edge);
  return next == kNever ? kNever : std::max(next, now + 1);
}

void Semaphores::describe(std::ostream& out) const {
  out << "semaphores:";
  for (const int count : counts_) out << ' ' << count;
  out << '\n';
}

}  // namespace lutra::model
