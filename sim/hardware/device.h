// What a design's operands are driven into: its RTL in Verilator, or its mapped netlist.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gen/designs/design.h"
#include "sim/cost/netlist_simulator.h"

namespace lutra::hardware {

/// Port values are little-endian bytes, ceil(bits / 8) of them.
class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual bool has_port(const std::string& name) const = 0;
  [[nodiscard]] virtual int bits(const std::string& name) const = 0;
  virtual void write(const std::string& port, const std::vector<std::uint8_t>& bytes) = 0;
  [[nodiscard]] virtual std::vector<std::uint8_t> read(const std::string& port) const = 0;
  /// Settles combinational logic; once a cycle.
  virtual void settle() = 0;
  /// The rising edge.
  virtual void edge() = 0;
  /// From here on the cycles count for activity.
  virtual void start_counting() {}
};

/// The emitted Verilog, compiled by Verilator.
std::unique_ptr<Device> rtl_device(const gen::IntegerDesign& design);

/// A mapped netlist, whose toggles are counted. `flat` has to outlive it.
class NetlistDevice : public Device {
 public:
  explicit NetlistDevice(const cost::FlatNetlist& flat);
  [[nodiscard]] bool has_port(const std::string& name) const override { return ports_.count(name) != 0; }
  [[nodiscard]] int bits(const std::string& name) const override;
  void write(const std::string& port, const std::vector<std::uint8_t>& bytes) override;
  [[nodiscard]] std::vector<std::uint8_t> read(const std::string& port) const override;
  void settle() override { simulator_.settle(); }
  void edge() override { simulator_.edge(); }
  void start_counting() override { simulator_.clear_counts(); }
  [[nodiscard]] cost::Activity activity() { return simulator_.activity(); }

 private:
  std::map<std::string, const cost::FlatPort*> ports_;
  cost::NetlistSimulator simulator_;
};

}  // namespace lutra::hardware
