// SystemC shells around the plain C++ model: a core, its memory, its host. Few coarse processes; idle cycles are skipped.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <systemc>

#include "sim/memory/memory.h"
#include "sim/model/core.h"

namespace lutra::systemc {

/// What a memory shows to other modules besides its AXI port: its bytes, without time.
class MemoryAccess : public sc_core::sc_interface {
 public:
  virtual void peek(std::uint64_t address, std::uint8_t* destination, std::uint64_t bytes) const = 0;
  virtual void poke(std::uint64_t address, const std::uint8_t* source, std::uint64_t bytes) = 0;
};

/// A memory. Its AXI timing is pulled by the core that was built on it, so it needs no process of its own.
class MemoryModule : public sc_core::sc_module, public MemoryAccess {
 public:
  explicit MemoryModule(const sc_core::sc_module_name& name);
  sc_core::sc_export<MemoryAccess> access;
  void bind(memory::Memory* memory) { memory_ = memory; }
  void peek(std::uint64_t address, std::uint8_t* destination, std::uint64_t bytes) const override;
  void poke(std::uint64_t address, const std::uint8_t* source, std::uint64_t bytes) override;

 private:
  memory::Memory* memory_ = nullptr;
};

/// A core: one process that advances the model from event to event and lets SystemC's time follow.
class CoreModule : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(CoreModule);
  explicit CoreModule(const sc_core::sc_module_name& name);

  /// The core to run next, its clock, and what is called after every step.
  void bind(model::Core* core, sc_core::sc_time clock_period, std::function<void()> after_step);
  sc_core::sc_event& start() { return start_; }
  [[nodiscard]] const sc_core::sc_event& ended() const { return ended_; }
  /// Rethrows what stopped the last run, if anything did.
  void rethrow();

 private:
  /// SystemC's time may lag behind the core by less than this many cycles, so that not every event costs a switch of processes.
  static constexpr model::Cycle kQuantum = 256;

  void process();
  void advance();

  model::Core* core_ = nullptr;
  sc_core::sc_time period_;
  std::function<void()> after_step_;
  sc_core::sc_event start_, ended_;
  std::exception_ptr failure_;
};

/// A host: one process that starts the core for every run and notes when it ended.
class HostModule : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(HostModule);
  HostModule(const sc_core::sc_module_name& name, CoreModule& core);
  sc_core::sc_port<MemoryAccess> memory;

  sc_core::sc_event& launch() { return launch_; }
  [[nodiscard]] sc_core::sc_time duration() const { return duration_; }

 private:
  void process();

  CoreModule& core_;
  sc_core::sc_event launch_;
  sc_core::sc_time duration_;
};

/// The three, wired. SystemC elaborates once a process: make at most one, and before any sc_start().
class SystemModule : public sc_core::sc_module {
 public:
  explicit SystemModule(const sc_core::sc_module_name& name);

  /// Runs `core` to the end of its script; may be called again and again. Returns the time that passed in SystemC.
  sc_core::sc_time run(model::Core& core, memory::Memory& memory, double clock_mhz, std::function<void()> after_step);
  [[nodiscard]] HostModule& host() { return host_; }

 private:
  MemoryModule memory_;
  CoreModule core_;
  HostModule host_;
  bool elaborated_ = false;
};

}  // namespace lutra::systemc
