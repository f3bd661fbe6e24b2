// Matches the events of RTL and model channel by channel.
#include "sim/cosim/lockstep.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/register_map.h"

namespace lutra::cosim {
namespace {

using model::Channel;
using model::Cycle;
using model::Event;

// What the payload words of an event are, for messages.
std::string payload_name(Channel channel, int word) {
  switch (channel) {
    case Channel::kIssue:
      return word == 0 ? "pc" : "opcode";
    case Channel::kRetire:
      return word == 0 ? "unit" : "signal";
    case Channel::kAr:
    case Channel::kAw:
      return word == 0 ? "address" : "len";
    case Channel::kR:
      return word == 0 ? "data" : "resp and last";
    case Channel::kW:
      return word == 0 ? "data" : "strobes and last";
    case Channel::kB:
      return "resp";
    case Channel::kLite:
      return word == 0 ? "address" : word == 1 ? "data" : "write";
    case Channel::kTrap:
      return word == 0 ? "cause" : "address";
    default:
      return "payload";
  }
}

Divergence difference(const Event& rtl, const Event& model) {
  Divergence d{std::string(model::channel_name(rtl.channel)), std::min(rtl.cycle, model.cycle), "", "", ""};
  const auto say = [&](const std::string& signal, std::uint64_t expected, std::uint64_t got) {
    d.signal = signal;
    d.expected = fmt::format("{:#x}", expected);
    d.got = fmt::format("{:#x}", got);
  };
  if (rtl.cycle != model.cycle) {
    d.signal = "cycle";
    d.expected = fmt::format("{}", rtl.cycle);
    d.got = fmt::format("{}", model.cycle);
  } else if (rtl.a != model.a) {
    say(payload_name(rtl.channel, 0), rtl.a, model.a);
  } else if (rtl.b != model.b) {
    say(payload_name(rtl.channel, 1), rtl.b, model.b);
  } else {
    say(payload_name(rtl.channel, 2), rtl.c, model.c);
  }
  return d;
}

constexpr Cycle kStepCycles = 1024;
// An event that only one side has shown counts as missing on the other once that has come this far beyond it.
constexpr Cycle kPatience = 4 * kStepCycles;

}  // namespace

std::string Divergence::str() const {
  return fmt::format("first divergence: event {}, cycle {}, signal {}: expected (RTL) {}, got (model) {}", event, cycle, signal, expected,
                     got);
}

Lockstep::Lockstep(const LockstepSetup& setup)
    : max_cycles_(setup.max_cycles),
      model_memory_(setup.model_config.value_or(setup.config), setup.model_memory.value_or(setup.memory)),
      rtl_memory_(setup.config, setup.memory) {
  model_memory_.image() = setup.image;
  rtl_memory_.image() = setup.image;
  model_ = std::make_unique<model::Core>(setup.model_config.value_or(setup.config), model_memory_, setup.script,
                                         model::CoreOptions{&from_model_, true});
  rtl_ = setup.make_module ? std::make_unique<RtlCore>(setup.config, setup.make_module(), rtl_memory_, setup.script, &from_rtl_)
                           : std::make_unique<RtlCore>(setup.config, rtl_memory_, setup.script, &from_rtl_, setup.build);
}

Lockstep::~Lockstep() = default;

void Lockstep::note(Divergence found) {
  if (!divergence_ || found.cycle < divergence_->cycle) divergence_ = std::move(found);
}

bool Lockstep::compare(bool at_end) {
  for (std::size_t c = 0; c < kChannels; ++c) {
    auto& expected = from_rtl_.events[c];
    auto& got = from_model_.events[c];
    while (!expected.empty() && !got.empty()) {
      if (!(expected.front() == got.front())) {
        note(difference(expected.front(), got.front()));
        break;
      }
      expected.pop_front();
      got.pop_front();
      ++compared_[c];
    }
    if (!expected.empty() && got.empty() && (at_end || expected.front().cycle + kPatience < model_edge_))
      note({std::string(model::channel_name(expected.front().channel)), expected.front().cycle, "valid", "an event", "none"});
    if (expected.empty() && !got.empty() && (at_end || got.front().cycle + kPatience < rtl_->now()))
      note({std::string(model::channel_name(got.front().channel)), got.front().cycle, "valid", "none", "an event"});
  }
  return !divergence_;
}

void Lockstep::run_model(Cycle until) {
  while (model_->now() < until) {
    model_edge_ = model_->now();
    if (!model_->step()) break;
  }
}

bool Lockstep::step() {
  if (ended_ || divergence_) return false;
  const Cycle until = rtl_->now() + kStepCycles;
  while (rtl_->now() < until && !rtl_->finished()) rtl_->step();
  run_model(rtl_->now());
  const bool both = rtl_->finished() && model_->finished();
  if (!both && (rtl_->finished() || model_->finished())) {
    // One host has come to its end: give the other the patience a missing event gets.
    for (Cycle i = 0; i < kPatience && !rtl_->finished(); ++i) rtl_->step();
    run_model(rtl_->now() + kPatience);
    if (!compare(true)) return false;
    if (rtl_->finished() != model_->finished()) {
      note({"end", std::min(rtl_->now(), model_->now()), "host script", rtl_->finished() ? "finished" : "running",
            model_->finished() ? "finished" : "running"});
      return false;
    }
  }
  if (!compare(both)) return false;
  if (rtl_->now() > max_cycles_) {
    note({"end", rtl_->now(), "cycle", fmt::format("at most {}", max_cycles_), "still running"});
    return false;
  }
  if (!rtl_->finished()) return true;
  ended_ = true;
  compare_ends();
  return false;
}

bool Lockstep::compare_ends() {
  const auto& expected = rtl_->host().read_values();
  const auto& got = model_->host().read_values();
  if (expected != got)
    note({"lite", rtl_->now(), "read values", fmt::format("{} of them", expected.size()),
          fmt::format("{} of them, or other values", got.size())});
  if (const auto at = rtl_memory_.image().first_difference(model_memory_.image())) {
    std::uint8_t want = 0, have = 0;
    rtl_memory_.image().read(*at, &want, 1);
    model_memory_.image().read(*at, &have, 1);
    note({"memory", rtl_->now(), fmt::format("byte {:#x}", *at), fmt::format("{:#04x}", want), fmt::format("{:#04x}", have)});
  }
  return !divergence_;
}

bool run_to_end(Checker& checker) {
  while (checker.step()) {
  }
  return !checker.divergence();
}

}  // namespace lutra::cosim
