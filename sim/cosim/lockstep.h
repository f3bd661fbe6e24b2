// Runs RTL and model of a core side by side and says at which event they part.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "isa/arch_config.h"
#include "sim/cosim/rtl_core.h"
#include "sim/memory/memory.h"
#include "sim/model/core.h"
#include "sim/model/event.h"
#include "sim/model/host.h"

namespace lutra::cosim {

/// Where two machines part for the first time.
struct Divergence {
  std::string event;       // channel, or "memory", "counters", "end"
  model::Cycle cycle = 0;  // the earlier of the two events' cycles
  std::string signal;      // what differs: "cycle", "address", ...
  std::string expected;    // RTL
  std::string got;         // model
  [[nodiscard]] std::string str() const;
};

/// The contract of anything that checks two machines against each other.
class Checker {
 public:
  virtual ~Checker() = default;
  /// Advances both sides by a bounded amount. Returns whether they agree so far and there is more to do.
  /// After false: divergence() tells whether they parted; if not, both have come to their end and are equal in everything.
  virtual bool step() = 0;
  /// The first difference found, if any.
  [[nodiscard]] virtual const std::optional<Divergence>& divergence() const = 0;
  /// Cycles compared so far.
  [[nodiscard]] virtual model::Cycle cycles() const = 0;
};

/// What to run: any configuration, memory image, host script, stall settings.
struct LockstepSetup {
  ArchConfig config;
  memory::Image image;  // both sides start from a copy
  model::HostScript script;
  memory::MemoryOptions memory;                       // stalls, seed, errors
  std::optional<memory::MemoryOptions> model_memory;  // of the model, where it is to differ: a test of the checker itself
  std::optional<ArchConfig> model_config;             // of the model and its memory, where it is to differ: for a broken model
  BuildOptions build;                                 // of the Verilated core
  /// In place of the generated core: a module with its ports, a broken one for instance.
  std::function<std::unique_ptr<VerilatedModule>()> make_module;
  model::Cycle max_cycles = 100'000'000;  // more is reported as a divergence ("end")
};

/// Compares every event (sim/model/event.h) in payload and cycle, what the host reads, and the memory image at the end.
class Lockstep : public Checker {
 public:
  explicit Lockstep(const LockstepSetup& setup);
  ~Lockstep() override;

  bool step() override;
  [[nodiscard]] const std::optional<Divergence>& divergence() const override { return divergence_; }
  [[nodiscard]] model::Cycle cycles() const override { return rtl_->now(); }

  [[nodiscard]] const model::Core& model() const { return *model_; }
  [[nodiscard]] const RtlCore& rtl() const { return *rtl_; }
  [[nodiscard]] const memory::Memory& model_memory() const { return model_memory_; }
  [[nodiscard]] const memory::Memory& rtl_memory() const { return rtl_memory_; }
  /// Events that were equal, by channel.
  [[nodiscard]] std::uint64_t compared(model::Channel channel) const { return compared_[static_cast<std::size_t>(channel)]; }

 private:
  static constexpr std::size_t kChannels = static_cast<std::size_t>(model::Channel::kCount);
  /// Keeps events by channel until the other side has its own.
  struct Recorder : model::EventSink {
    std::array<std::deque<model::Event>, kChannels> events;
    void event(const model::Event& e) override { events[static_cast<std::size_t>(e.channel)].push_back(e); }
  };

  void run_model(model::Cycle until);
  bool compare(bool at_end);
  void note(Divergence found);
  bool compare_ends();

  model::Cycle max_cycles_;
  memory::Memory model_memory_;
  memory::Memory rtl_memory_;
  Recorder from_model_, from_rtl_;
  std::unique_ptr<model::Core> model_;
  std::unique_ptr<RtlCore> rtl_;
  model::Cycle model_edge_ = 0;  // the last one the model has worked through: it logs what came before only then
  std::array<std::uint64_t, kChannels> compared_{};
  std::optional<Divergence> divergence_;
  bool ended_ = false;
};

/// Runs a checker to its end. Returns true when both sides agreed throughout.
bool run_to_end(Checker& checker);

}  // namespace lutra::cosim
