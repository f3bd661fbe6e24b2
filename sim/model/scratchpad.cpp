#include "sim/model/scratchpad.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace lutra::model {

Scratchpad::Scratchpad(int words, int word_bytes, bool values)
    : words_(words), word_bytes_(word_bytes), bytes_(values ? static_cast<std::size_t>(words) * static_cast<std::size_t>(word_bytes) : 0) {}

void Scratchpad::write_bytes(std::int64_t first, const std::uint8_t* source, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(bytes_.size());
  if (size == 0) return;
  first %= size;
  while (count > 0) {
    const std::int64_t run = std::min(count, size - first);
    std::memcpy(bytes_.data() + first, source, static_cast<std::size_t>(run));
    source += run;
    count -= run;
    first = 0;
  }
}

void Scratchpad::read_bytes(std::int64_t first, std::uint8_t* destination, std::int64_t count) const {
  const auto size = static_cast<std::int64_t>(bytes_.size());
  first %= size;
  while (count > 0) {
    const std::int64_t run = std::min(count, size - first);
    std::memcpy(destination, bytes_.data() + first, static_cast<std::size_t>(run));
    destination += run;
    count -= run;
    first = 0;
  }
}

int Scratchpad::overlaps(const Window& window) const {
  int found = 0;
  for (const Window& other : windows_) {
    if (!other.used || other.access == window.access || &other == &window) continue;
    // Two arcs of a ring meet when either one's start lies in the other.
    const std::int64_t ahead = wrap(other.first - window.first);
    const std::int64_t behind = wrap(window.first - other.first);
    if (ahead < window.count || behind < other.count) ++found;
  }
  return found;
}

int Scratchpad::open(Access access, std::int64_t first, std::int64_t count) {
  const auto free = std::find_if(windows_.begin(), windows_.end(), [](const Window& w) { return !w.used; });
  const auto handle = static_cast<std::size_t>(free - windows_.begin());
  if (free == windows_.end()) windows_.emplace_back();
  windows_[handle] = {count > 0, access, wrap(first), count};
  if (count > 0) conflicts_ += overlaps(windows_[handle]);
  return static_cast<int>(handle);
}

void Scratchpad::close(int handle) {
  Window& window = windows_[static_cast<std::size_t>(handle)];
  if (!window.used) return;
  conflicts_ -= overlaps(window);
  window.used = false;
}

void Scratchpad::reserve_read(Cycle now, Cycle first, Cycle count) {
  if (count <= 0) return;
  while (next_reservation_ < reservations_.size() && reservations_[next_reservation_].end <= now) ++next_reservation_;
  if (next_reservation_ == reservations_.size()) {
    reservations_.clear();
    next_reservation_ = 0;
  }
  reservations_.push_back({first, first + count});
}

bool Scratchpad::read_reserved(Cycle now) {
  while (next_reservation_ < reservations_.size() && reservations_[next_reservation_].end <= now) ++next_reservation_;
  if (next_reservation_ == reservations_.size()) return false;
  return reservations_[next_reservation_].first <= now;
}

void Scratchpad::drop_reservations(Cycle now) {
  // What is left empty goes too: it would stand before reservations made later for earlier edges.
  while (reservations_.size() > next_reservation_ && reservations_.back().first >= now) reservations_.pop_back();
  if (reservations_.size() > next_reservation_) reservations_.back().end = std::min(reservations_.back().end, now);
}

namespace {
int table_word_bytes(const ArchConfig& config, const Geometry& geometry) {
  if (geometry.looked_up) return geometry.table.stride_bytes;
  return config.array.rows * (geometry.kstep * geometry.activation_bits / 8 + static_cast<int>(sizeof(std::int32_t)));
}
}  // namespace

Scratchpads::Scratchpads(const ArchConfig& config, const Geometry& geometry, bool values)
    : instruction(geometry.instruction.words, geometry.instruction.stride_bytes, true),
      activation(geometry.activation.words, geometry.activation.stride_bytes, values),
      weight(geometry.weight.words, geometry.weight.stride_bytes, values),
      parameter(geometry.parameter.words, geometry.parameter.stride_bytes, values),
      token_scale(geometry.token_scale.words, geometry.token_scale.stride_bytes, values && geometry.scaled),
      table(config.buffer.table_words, table_word_bytes(config, geometry), values),
      accumulator(geometry.accumulator_words, geometry.accumulator_word_bits / 8, values) {}

Scratchpad& Scratchpads::loadable(int buffer) {
  switch (static_cast<Buffer>(buffer)) {
    case Buffer::kInstruction:
      return instruction;
    case Buffer::kActivation:
      return activation;
    case Buffer::kWeight:
      return weight;
    case Buffer::kTable:
      return table;
    case Buffer::kTokenScale:
      return token_scale;
    case Buffer::kParameter:
      return parameter;
    default:
      throw std::logic_error("a load cannot name buffer " + std::to_string(buffer));
  }
}

const WordLayout& loadable_layout(const Geometry& geometry, int buffer) {
  switch (static_cast<Buffer>(buffer)) {
    case Buffer::kInstruction:
      return geometry.instruction;
    case Buffer::kActivation:
      return geometry.activation;
    case Buffer::kWeight:
      return geometry.weight;
    case Buffer::kTable:
      return geometry.table;
    case Buffer::kTokenScale:
      return geometry.token_scale;
    case Buffer::kParameter:
      return geometry.parameter;
    default:
      throw std::logic_error("a load cannot name buffer " + std::to_string(buffer));
  }
}

}  // namespace lutra::model
