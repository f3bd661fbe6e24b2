// The SystemC shell around a flash device, and a bench that reads through it.
#pragma once

#include <cstdint>
#include <deque>
#include <systemc>

#include "sim/storage/flash_device.h"

namespace lutra::storage {

/// What a storage device shows to other modules.
class StoragePort : public sc_core::sc_interface {
 public:
  /// Takes a command now; false when its queue is full.
  virtual bool submit(const ReadCommand& command) = 0;
  /// The next completed read; false when there is none.
  virtual bool take(Completion& completion) = 0;
  /// Notified whenever reads completed.
  [[nodiscard]] virtual const sc_core::sc_event& completed() const = 0;
};

/// One process that sleeps until the device's next event or the next command.
class StorageModule : public sc_core::sc_module, public StoragePort {
 public:
  SC_HAS_PROCESS(StorageModule);
  explicit StorageModule(const sc_core::sc_module_name& name);
  sc_core::sc_export<StoragePort> port;

  /// The device to run; SystemC's time is the device's, shifted to begin at 0 here.
  void bind(FlashDevice* device);
  bool submit(const ReadCommand& command) override;
  bool take(Completion& completion) override;
  [[nodiscard]] const sc_core::sc_event& completed() const override { return completed_; }

 private:
  void process();
  [[nodiscard]] Nanoseconds now() const;

  FlashDevice* device_ = nullptr;
  sc_core::sc_time origin_;
  sc_core::sc_event work_, completed_;
};

}  // namespace lutra::storage
