// Processes of the SystemC shells.
#include "sim/systemc/modules.h"

#include <utility>

#include "sim/systemc/start.h"

namespace lutra::systemc {

MemoryModule::MemoryModule(const sc_core::sc_module_name& name) : sc_module(name), access("access") { access.bind(*this); }

void MemoryModule::peek(std::uint64_t address, std::uint8_t* destination, std::uint64_t bytes) const {
  memory_->image().read(address, destination, bytes);
}

void MemoryModule::poke(std::uint64_t address, const std::uint8_t* source, std::uint64_t bytes) {
  memory_->image().write(address, source, bytes);
}

CoreModule::CoreModule(const sc_core::sc_module_name& name) : sc_module(name) { SC_THREAD(process); }

void CoreModule::bind(model::Core* core, sc_core::sc_time clock_period, std::function<void()> after_step) {
  core_ = core;
  period_ = clock_period;
  after_step_ = std::move(after_step);
  failure_ = nullptr;
}

void CoreModule::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void CoreModule::process() {
  while (true) {
    wait(start_);
    try {
      advance();
    } catch (const sc_core::sc_unwind_exception&) {
      throw;  // SystemC's own way to end a process
    } catch (...) {
      failure_ = std::current_exception();  // SystemC would turn it into a report
    }
    ended_.notify(sc_core::SC_ZERO_TIME);
  }
}

void CoreModule::advance() {
  model::Cycle shown = core_->now();
  bool more = true;
  while (more) {
    more = core_->step();
    if (after_step_) after_step_();
    const model::Cycle passed = core_->now() - shown;
    if (passed < kQuantum && more) continue;
    wait(static_cast<double>(passed) * period_);
    shown = core_->now();
  }
}

HostModule::HostModule(const sc_core::sc_module_name& name, CoreModule& core) : sc_module(name), memory("memory"), core_(core) {
  SC_THREAD(process);
}

void HostModule::process() {
  while (true) {
    wait(launch_);
    sc_core::sc_time begin;  // a copy: what sc_time_stamp() refers to moves on
    begin = sc_core::sc_time_stamp();
    core_.start().notify(sc_core::SC_ZERO_TIME);
    wait(core_.ended());
    duration_ = sc_core::sc_time_stamp() - begin;
  }
}

SystemModule::SystemModule(const sc_core::sc_module_name& name) : sc_module(name), memory_("memory"), core_("core"), host_("host", core_) {
  host_.memory.bind(memory_.access);
}

sc_core::sc_time SystemModule::run(model::Core& core, memory::Memory& memory, double clock_mhz, std::function<void()> after_step) {
  memory_.bind(&memory);
  core_.bind(&core, sc_core::sc_time(1e6 / clock_mhz, sc_core::SC_PS), std::move(after_step));
  if (!elaborated_) elaborate();
  elaborated_ = true;
  host_.launch().notify(sc_core::SC_ZERO_TIME);
  run_to_end();
  memory_.bind(nullptr);
  core_.rethrow();
  return host_.duration();
}

}  // namespace lutra::systemc
