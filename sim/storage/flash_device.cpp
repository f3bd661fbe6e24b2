// Service of commands.
#include "sim/storage/flash_device.h"

#include <fmt/format.h>

#include <cmath>

#include "isa/error.h"

namespace lutra::storage {
namespace {

double host_time(const StorageConfig& config, const std::string& core) {
  if (const auto found = config.host_us.find(core); found != config.host_us.end()) return found->second * 1e3;
  std::vector<std::string> names;
  for (const auto& [name, time] : config.host_us) names.push_back(name);
  throw Error(fmt::format("storage {} has no driver time for the core '{}', allowed {}{}", config.name, core, listed(names),
                          did_you_mean(core, names)));
}

}  // namespace

FlashDevice::FlashDevice(const StorageConfig& config, const std::string& io_core, int submitters)
    : config_(config),
      host_ns_(host_time(config, io_core)),
      slowdown_(submitters > config.queues ? 1 / (1 - config.contention_loss) : 1),
      latency_(std::llround(config.latency_us * 1e3)),
      waiting_(static_cast<std::size_t>(config.queues)),
      in_flight_(static_cast<std::size_t>(config.queues)) {}

Nanoseconds FlashDevice::service_time(const ReadCommand& command) const {
  const double medium = command.bytes / config_.gb_s(command.pattern, command.bytes, static_cast<double>(command.range_bytes));
  return std::max<Nanoseconds>(1, std::llround(std::max(medium, host_ns_) * slowdown_));
}

void FlashDevice::submit(Nanoseconds now, const ReadCommand& command) {
  if (!can_submit(command.queue))
    throw Error(fmt::format("storage {}: command {} submitted to a full queue", config_.name, command.id), {}, Error::Kind::kCheckFailed);
  waiting_[static_cast<std::size_t>(command.queue)].push_back({command, now});
  ++in_flight_[static_cast<std::size_t>(command.queue)];
  ++counters_.submitted;
}

int FlashDevice::next_queue(Nanoseconds& start) const {
  int best = -1;
  for (int i = 1; i <= config_.queues; ++i) {
    const int queue = (last_queue_ + i) % config_.queues;
    const auto& waiting = waiting_[static_cast<std::size_t>(queue)];
    if (waiting.empty()) continue;
    const Nanoseconds earliest = std::max(free_at_, waiting.front().since);
    if (best < 0 || earliest < start) {
      best = queue;
      start = earliest;
    }
  }
  return best;
}

bool FlashDevice::operate(Nanoseconds now) {
  bool progress = false;
  Nanoseconds start = 0;
  for (int queue = next_queue(start); queue >= 0 && start <= now; queue = next_queue(start)) {
    auto& waiting = waiting_[static_cast<std::size_t>(queue)];
    const ReadCommand command = waiting.front().command;
    waiting.pop_front();
    const Nanoseconds service = service_time(command);
    free_at_ = start + service;
    last_queue_ = queue;
    served_.push_back({command.id, free_at_ + latency_, queue});
    counters_.busy += service;
    counters_.bytes += command.bytes;
    counters_.energy_pj += command.bytes * config_.energy_pj_per_byte + config_.energy_nj_per_command * 1e3;
  }
  while (!served_.empty() && served_.front().at <= now) {
    completions_.push_back({served_.front().id, served_.front().at});
    --in_flight_[static_cast<std::size_t>(served_.front().queue)];
    ++counters_.completed;
    served_.pop_front();
    progress = true;
  }
  return progress;
}

Nanoseconds FlashDevice::next_event(Nanoseconds now) const {
  Nanoseconds next = served_.empty() ? model::kNever : served_.front().at;
  Nanoseconds start = 0;
  if (next_queue(start) >= 0) next = std::min(next, start);
  return next == model::kNever ? next : std::max(next, now + 1);
}

Completion FlashDevice::take_completion() {
  const Completion completion = completions_.front();
  completions_.pop_front();
  return completion;
}

void FlashDevice::describe(std::ostream& out) const {
  out << fmt::format("storage {}: {} submitted, {} completed, medium free at {} ns\n", config_.name, counters_.submitted,
                     counters_.completed, free_at_);
  for (std::size_t q = 0; q < waiting_.size(); ++q)
    out << fmt::format("  queue {}: {} in flight, {} not served\n", q, in_flight_[q], waiting_[q].size());
}

}  // namespace lutra::storage
