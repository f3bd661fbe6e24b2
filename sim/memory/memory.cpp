// Finds the timing by name, draws stalls, and keeps the queues of both channels.
#include "sim/memory/memory.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "isa/error.h"
#include "isa/splitmix.h"
#include "sim/memory/dram_timing.h"
#include "sim/memory/simple.h"

namespace lutra::memory {
namespace {

constexpr MemoryKind kKinds[] = {
    {"simple", make_simple_timing}, {"lpddr5x", make_dram_timing}, {"ddr5", make_dram_timing},
    {"hbm2e", make_dram_timing},    {"hbm3", make_dram_timing},
};

}  // namespace

std::span<const MemoryKind> memory_kinds() { return kKinds; }

std::unique_ptr<MemoryTiming> make_memory_timing(const ArchConfig& config) {
  std::vector<std::string> names;
  for (const MemoryKind& kind : kKinds) {
    if (kind.name == config.memory.kind) return kind.make(config);
    names.emplace_back(kind.name);
  }
  std::string message = "memory.kind '" + config.memory.kind + "' is not one of:";
  for (const std::string& name : names) message += " " + name;
  const std::string near = nearest(config.memory.kind, names);
  if (!near.empty()) message += " (did you mean '" + near + "'?)";
  throw Error(message);
}

Memory::Memory(const ArchConfig& config, MemoryOptions options)
    : bus_bytes_(config.axi.data_bits / 8),
      size_(static_cast<std::uint64_t>(config.memory.size_gib * 1024 * 1024 * 1024)),
      options_(std::move(options)),
      stall_threshold_(static_cast<std::uint64_t>(options_.stall_probability * 4294967296.0)),
      timing_(options_.make_timing ? options_.make_timing(config) : make_memory_timing(config)) {
  if (!(options_.stall_probability >= 0 && options_.stall_probability <= 0.95)) {
    throw Error("memory stall probability " + std::to_string(options_.stall_probability) + " is outside 0 to 0.95");
  }
  if (options_.read_queue < 1 || options_.write_queue < 1) throw Error("the memory's queues must hold at least one burst");
}

bool Memory::stalled(AxiChannel channel, Cycle now) const {
  if (stall_threshold_ == 0) return false;
  const std::uint64_t hash = splitmix(splitmix(options_.seed * 8 + static_cast<std::uint64_t>(channel)) ^ static_cast<std::uint64_t>(now));
  return (hash >> 32U) < stall_threshold_;
}

Cycle Memory::unstalled(AxiChannel channel, Cycle from) const {
  while (stalled(channel, from)) ++from;
  return from;
}

Response Memory::response(std::uint64_t address, std::uint64_t bytes) const {
  if (address >= size_ || bytes > size_ - address) return Response::kDecerr;
  for (const MemoryOptions::Range& range : options_.slverr) {
    if (address < range.first + range.bytes && range.first < address + bytes) return Response::kSlverr;
  }
  return Response::kOkay;
}

Cycle Memory::ar_ready_from(Cycle from) const {
  if (reads_.size() >= static_cast<std::size_t>(options_.read_queue)) return kNever;
  return unstalled(AxiChannel::kAr, std::max(from, read_room_from_));
}

void Memory::accept_read(Cycle now, std::uint64_t address, int beats) {
  reads_.push_back({address, beats, timing_->read_accepted(now, address, beats)});
}

Cycle Memory::next_read(Cycle until) const {
  if (reads_.empty()) return kNever;
  Cycle t = std::max(last_read_ + 1, reads_.front().earliest);
  if (t > until) return kNever;
  t = timing_->next_read(t);
  while (t <= until && stalled(AxiChannel::kR, t)) ++t;
  return t <= until ? t : kNever;
}

Memory::ReadBeat Memory::take_read(Cycle now) {
  ReadBurst& burst = reads_.front();
  const ReadBeat beat{burst.address, response(burst.address, static_cast<std::uint64_t>(bus_bytes_)), burst.left == 1};
  timing_->take_read(now);
  last_read_ = now;
  burst.address += static_cast<std::uint64_t>(bus_bytes_);
  if (--burst.left == 0) {
    // The register that arready comes from shows room one edge later.
    if (reads_.size() == static_cast<std::size_t>(options_.read_queue)) read_room_from_ = now + 1;
    reads_.pop_front();
  }
  return beat;
}

Cycle Memory::earliest_read(Cycle now, std::int64_t n) const {
  const Cycle from = reads_.empty() ? now + 1 : std::max(now + 1, reads_.front().earliest);
  return timing_->earliest_read(from, n);
}

void Memory::read_data(std::uint64_t address, std::uint8_t* destination, std::int64_t bytes) const {
  if (!options_.contents) {
    std::memset(destination, 0, static_cast<std::size_t>(bytes));
    return;
  }
  image_.read(address, destination, static_cast<std::uint64_t>(bytes));
  if (response(address, static_cast<std::uint64_t>(bytes)) == Response::kOkay) return;
  for (std::int64_t i = 0; i < bytes; i += bus_bytes_) {
    if (response(address + static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(bus_bytes_)) != Response::kOkay) {
      std::memset(destination + i, 0, static_cast<std::size_t>(bus_bytes_));
    }
  }
}

bool Memory::append_state(Cycle now, std::vector<std::int64_t>& words) const {
  if (stall_threshold_ != 0 || !options_.slverr.empty()) return false;
  const auto edge = [now](Cycle when) { return when == kNever ? kNever : std::max<Cycle>(0, when - now); };
  words.push_back(static_cast<std::int64_t>(reads_.size()));
  for (const ReadBurst& burst : reads_) words.insert(words.end(), {burst.left, edge(burst.earliest)});
  words.push_back(edge(read_room_from_));
  words.push_back(static_cast<std::int64_t>(writes_.size()));
  words.push_back(static_cast<std::int64_t>(w_burst_));
  for (const WriteBurst& burst : writes_) words.insert(words.end(), {burst.left, edge(burst.respond)});
  return timing_->append_state(now, words);
}

bool Memory::aw_ready(Cycle now) const {
  const std::size_t held = writes_.size() + (last_b_ == now ? 1 : 0);
  return held < static_cast<std::size_t>(options_.write_queue) && !stalled(AxiChannel::kAw, now);
}

void Memory::accept_write(Cycle now, std::uint64_t address, int beats) {
  writes_.push_back({address, beats, beats, now, kNever, Response::kOkay});
}

bool Memory::w_ready(Cycle now) const {
  return w_burst_ < writes_.size() && writes_[w_burst_].accepted < now && timing_->may_write(now) && !stalled(AxiChannel::kW, now);
}

void Memory::take_write(Cycle now, const std::uint8_t* data, const std::uint8_t* strobe, bool last) {
  WriteBurst& burst = writes_[w_burst_];
  const auto bytes = static_cast<std::uint64_t>(bus_bytes_);
  const Response answer = response(burst.address, bytes);
  burst.response = std::max(burst.response, answer);
  if (options_.contents && data && strobe && answer == Response::kOkay) image_.write_masked(burst.address, data, strobe, bytes);
  timing_->take_write(now);
  burst.address += bytes;
  if (last != (--burst.left == 0)) throw std::logic_error("wlast does not fit the length of its burst");
  if (last) {
    burst.respond = timing_->write_finished(now, burst.address - bytes * static_cast<std::uint64_t>(burst.beats), burst.beats);
    ++w_burst_;
  }
}

Cycle Memory::next_b(Cycle from) const {
  if (w_burst_ == 0) return kNever;
  return unstalled(AxiChannel::kB, std::max({from, writes_.front().respond, last_b_ + 1}));
}

Response Memory::take_b(Cycle now) {
  const Response answer = writes_.front().response;
  writes_.pop_front();
  --w_burst_;
  last_b_ = now;
  return answer;
}

}  // namespace lutra::memory
